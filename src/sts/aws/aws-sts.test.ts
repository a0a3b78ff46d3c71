import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Answer,
  account,
  credentialsIn,
  deploySession,
  formRequest,
  roleArn,
  tokenOf,
  trustSide,
  webIdentity,
} from '../../../test/trust-side.ts'
import { accountOfKeyId } from '../../wire/aws-ids.ts'
import { signQuery } from '../../wire/sigv4.ts'

const arn = 'arn:aws:sts::123456789012:assumed-role/deploy/job-7'

/** An error of AWS, byte for byte. */
function assertError(answer: Answer, status: number, code: string, message: string): void {
  const id = answer.headers.get('x-amzn-requestid')
  assert.match(id ?? '', /^[0-9a-f-]{36}$/)
  const escaped = message.replaceAll('&', '&amp;').replaceAll("'", '&apos;').replaceAll('<', '&lt;')
  const told = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped}</Message></Error>`
  const xml = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${told}<RequestId>${id}</RequestId></ErrorResponse>`
  assert.equal(answer.text, xml)
  assert.equal(answer.status, status)
  assert.equal(answer.headers.get('content-type'), 'text/xml')
}

test('a trusted token becomes a session, in the members and the order of AWS', async () => {
  const side = trustSide()
  const answer = await side.form('/', webIdentity(tokenOf(side)))
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/xml')
  const id = answer.headers.get('x-amzn-requestid')
  const [keyId, secret, token, roleId] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'AssumedRoleId',
  ].map(answer.xml)
  assert.equal(
    answer.text,
    '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>' +
      `<Credentials><AccessKeyId>${keyId}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>2026-11-22T01:00:00Z</Expiration></Credentials>` +
      '<SubjectFromWebIdentityToken>project_path:acme/shop:ref_type:branch:ref:main</SubjectFromWebIdentityToken>' +
      `<AssumedRoleUser><AssumedRoleId>${roleId}</AssumedRoleId><Arn>${arn}</Arn></AssumedRoleUser>` +
      '<Provider>arn:aws:iam::123456789012:oidc-provider/gitlab.com</Provider><Audience>https://user-audience.test</Audience>' +
      `</AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`,
  )
  assert.match(keyId!, /^ASIA[A-Z2-7]{16}$/)
  assert.equal(accountOfKeyId(keyId!), account)
  assert.match(secret!, /^[A-Za-z0-9+/]{40}$/)
  assert.match(roleId!, /^AROA[A-Z2-7]{17}:job-7$/)
})

interface WebIdentityJson {
  readonly AssumeRoleWithWebIdentityResponse: {
    readonly AssumeRoleWithWebIdentityResult: {
      readonly AssumedRoleUser: { readonly Arn: string }
      readonly Credentials: { readonly Expiration: number }
    }
  }
}

interface CallerIdentityJson {
  readonly GetCallerIdentityResponse: { readonly GetCallerIdentityResult: { readonly Arn: string } }
}

test('Accept: application/json is answered in JSON, errors too', async () => {
  const side = trustSide()
  const json = { Accept: 'application/json' }
  const answer = await side.form('/', webIdentity(tokenOf(side)), json)
  const { AssumeRoleWithWebIdentityResult: good } =
    answer.json<WebIdentityJson>().AssumeRoleWithWebIdentityResponse
  assert.equal(good.AssumedRoleUser.Arn, arn)
  assert.equal(good.Credentials.Expiration, side.seconds() + 3600)
  const refused = await side.form('/', webIdentity(tokenOf(side, { sub: 'x' })), json)
  assert.deepEqual(refused.json(), {
    Error: {
      Code: 'AccessDenied',
      Message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      Type: 'Sender',
    },
    RequestId: refused.headers.get('x-amzn-requestid'),
  })
})

test('a query by GET and parameters in any order are taken; credentials beside a token are ignored', async () => {
  const side = trustSide()
  const fields = Object.entries(webIdentity(tokenOf(side))).toReversed()
  const { body } = formRequest('/', Object.fromEntries(fields))
  const headers = [['Authorization', 'AWS4-HMAC-SHA256 Credential=nonsense']] as const
  const answer = await side.send({ method: 'GET', path: '/', query: body as string, headers, body: '' })
  assert.equal(answer.xml('Arn'), arn)
})

test('the duration that was asked for is given, up to the maximum of the role', async () => {
  const side = trustSide()
  const ask = (seconds: number) => side.form('/', webIdentity(tokenOf(side), { DurationSeconds: seconds }))
  assert.equal((await ask(900)).xml('Expiration'), '2026-11-22T00:15:00Z')
  assert.equal((await ask(7200)).xml('Expiration'), '2026-11-22T02:00:00Z')
  assertError(
    await ask(7201),
    400,
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  )
})

const member = 'failed to satisfy constraint: Member must'

for (const [what, fields, message] of [
  [
    'no role',
    { RoleArn: undefined },
    `1 validation error detected: Value at 'roleArn' ${member} not be null`,
  ],
  [
    'a short role',
    { RoleArn: 'deploy' },
    `1 validation error detected: Value 'deploy' at 'roleArn' ${member} have length greater than or equal to 20`,
  ],
  [
    'an empty role',
    { RoleArn: '' },
    `2 validation errors detected: Value '' at 'roleArn' ${member} satisfy regular expression pattern: ` +
      "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+; Value '' at 'roleArn' " +
      `${member} have length greater than or equal to 20`,
  ],
  ['a role that is no ARN', { RoleArn: 'deploy-deploy-deploy-deploy' }, 'Request ARN is invalid'],
  [
    "a provider's ARN",
    { RoleArn: 'arn:aws:iam::123456789012:oidc-provider/gitlab.com' },
    'Request ARN is invalid',
  ],
  [
    'a blank in the name',
    { RoleSessionName: 'job 7' },
    `1 validation error detected: Value 'job 7' at 'roleSessionName' ${member} satisfy regular expression pattern: [\\w+=,.@-]*`,
  ],
  [
    'a short session',
    { DurationSeconds: 100 },
    `1 validation error detected: Value '100' at 'durationSeconds' ${member} have value greater than or equal to 900`,
  ],
  [
    'a long session',
    { DurationSeconds: 43201 },
    `1 validation error detected: Value '43201' at 'durationSeconds' ${member} have value less than or equal to 43200`,
  ],
  [
    'no token',
    { WebIdentityToken: undefined },
    `1 validation error detected: Value at 'webIdentityToken' ${member} not be null`,
  ],
  [
    'several',
    { RoleArn: undefined, RoleSessionName: 'x' },
    `2 validation errors detected: Value at 'roleArn' ${member} not be null; Value 'x' at 'roleSessionName' ${member} have length greater than or equal to 2`,
  ],
] as const)
  test(`${what} is a ValidationError in the words of AWS`, async () => {
    const side = trustSide()
    assertError(await side.form('/', webIdentity(tokenOf(side), fields)), 400, 'ValidationError', message)
  })

test('a token that is too long is not repeated in its error', async () => {
  const side = trustSide()
  const answer = await side.form('/', webIdentity('t'.repeat(20_001)))
  assertError(
    answer,
    400,
    'ValidationError',
    `1 validation error detected: Value at 'webIdentityToken' ${member} have length less than or equal to 20000`,
  )
})

test('an unknown operation is InvalidAction, in the namespace of AWS faults', async () => {
  const side = trustSide()
  const answer = await side.form('/', { Action: 'AssumeNobody', Version: '2011-06-15' })
  assert.equal(answer.status, 400)
  assert.equal(
    answer.text,
    '<ErrorResponse xmlns="http://webservices.amazon.com/AWSFault/2005-15-09"><Error><Type>Sender</Type><Code>InvalidAction</Code>' +
      '<Message>Could not find operation AssumeNobody for version 2011-06-15</Message></Error>' +
      `<RequestId>${answer.headers.get('x-amzn-requestid')}</RequestId></ErrorResponse>`,
  )
  const old = await side.form('/', { Action: 'AssumeRole', Version: '2010-05-08' })
  assert.equal(old.xml('Message'), 'Could not find operation AssumeRole for version 2010-05-08')
})

test('an operation that AWS has and Mayfly has not is refused by name', async () => {
  for (const Action of [
    'AssumeRoleWithSAML',
    'AssumeRoot',
    'GetDelegatedAccessToken',
    'GetScopedCredentials',
  ]) {
    const answer = await trustSide().form('/', { Action, Version: '2011-06-15' })
    assert.deepEqual(
      [answer.status, answer.xml('Message')],
      [400, `Mayfly does not support the operation ${Action}.`],
    )
  }
})

test('a parameter that would mark the session by another way than this operation has is refused, not left out', async () => {
  const side = trustSide()
  for (const name of ['ProviderId', 'Tags.member.1.Key', 'SourceIdentity', 'TransitiveTagKeys.member.1']) {
    const answer = await side.form('/', webIdentity(tokenOf(side), { [name]: 'x' }))
    assert.equal(answer.status, 400)
    assert.match(answer.xml('Message') ?? '', /does not support/)
  }
})

test('a context assertion is none of ours', async () => {
  const side = trustSide()
  const fields = { Action: 'AssumeRole', RoleArn: roleArn('named'), RoleSessionName: 'job-7' }
  const context = 'ProvidedContexts.member.1'
  const given = {
    [`${context}.ProviderArn`]: roleArn('anything'),
    [`${context}.ContextAssertion`]: 'a'.repeat(3072),
  }
  const answer = await side.signed({ ...fields, ...given }, await deploySession(side))
  assertError(answer, 400, 'InvalidContextAssertion', 'The context assertion that was provided is invalid.')
})

test('a parameter that is there twice means nothing', async () => {
  const side = trustSide()
  const { body } = formRequest('/', webIdentity(tokenOf(side)))
  const twice = { ...formRequest('/?RoleArn=arn', {}), body: body as string }
  assert.equal((await side.send(twice)).xml('Code'), 'ValidationError')
})

// ── refusals of the stories ────────────────────────────────────────────────────────────────────────────

test('an audience that the provider does not list is refused as AWS does', async () => {
  const side = trustSide()
  const answer = await side.form('/', webIdentity(tokenOf(side, { aud: 'https://other.test' })))
  assertError(answer, 400, 'InvalidIdentityToken', 'Incorrect token audience')
})

test('another branch, another repository and a missing role are one and the same AccessDenied', async () => {
  const side = trustSide()
  const branch = webIdentity(tokenOf(side, { sub: 'project_path:acme/shop:ref_type:branch:ref:dev' }))
  const repository = webIdentity(tokenOf(side, { sub: 'project_path:evil/shop:ref_type:branch:ref:main' }))
  const nobody = webIdentity(tokenOf(side), { RoleArn: roleArn('nobody') })
  for (const fields of [branch, repository, nobody])
    assertError(
      await side.form('/', fields),
      403,
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    )
  assert.deepEqual(
    side.records.map((each) => each.code),
    ['TRUST_DENIED', 'TRUST_DENIED', 'TRUST_ROLE'],
  )
})

test('an issuer without a provider is refused with its URL', async () => {
  const side = trustSide()
  const answer = await side.form('/', webIdentity(tokenOf(side, { iss: 'https://gitlab.com/' })))
  assertError(
    answer,
    400,
    'InvalidIdentityToken',
    'No OpenIDConnect provider found in your account for https://gitlab.com/',
  )
})

test('an account that has no provider of this issuer is no help', async () => {
  const side = trustSide()
  const answer = await side.form(
    '/',
    webIdentity(tokenOf(side), { RoleArn: roleArn('deploy', '999999999999') }),
  )
  assert.equal(
    answer.xml('Message'),
    'No OpenIDConnect provider found in your account for https://gitlab.com',
  )
})

test('an expired token is told both times, five minutes after it expired', async () => {
  const side = trustSide()
  const expiry = side.seconds() + 60
  const fields = webIdentity(tokenOf(side, { exp: expiry }))
  side.clock.jump(359_000)
  assert.equal((await side.form('/', fields)).status, 200)
  side.clock.jump(1_000)
  assertError(
    await side.form('/', fields),
    400,
    'ExpiredTokenException',
    `Token expired: current date/time ${side.seconds()} must be before the expiration date/time ${expiry}`,
  )
})

for (const claim of ['iss', 'sub', 'aud', 'iat', 'exp'])
  test(`a token without ${claim} is told so`, async () => {
    const side = trustSide()
    assertError(
      await side.form('/', webIdentity(tokenOf(side, { [claim]: undefined }))),
      400,
      'InvalidIdentityToken',
      `Missing a required claim: ${claim}`,
    )
  })

test('an access token in place of an ID token is told so', async () => {
  const side = trustSide()
  assertError(
    await side.form('/', webIdentity('ya29.not-a-jwt')),
    400,
    'InvalidIdentityToken',
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
  )
})

// ── signed calls ───────────────────────────────────────────────────────────────────────────────────────

test('GetCallerIdentity tells a session who it is, in XML and in JSON', async () => {
  const side = trustSide()
  const credentials = await deploySession(side)
  const answer = await side.signed({ Action: 'GetCallerIdentity' }, credentials)
  const userId = answer.xml('UserId')
  assert.match(userId ?? '', /^AROA[A-Z2-7]{17}:job-7$/)
  assert.equal(
    answer.text,
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><UserId>${userId}</UserId><Account>123456789012</Account><Arn>${arn}</Arn></GetCallerIdentityResult>` +
      `<ResponseMetadata><RequestId>${answer.headers.get('x-amzn-requestid')}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  )
})

test('a presigned GetCallerIdentity is answered for fifteen minutes, whatever its X-Amz-Expires', async () => {
  const side = trustSide()
  const credentials = await deploySession(side)
  const request = {
    method: 'GET',
    path: '/',
    query: 'Action=GetCallerIdentity&Version=2011-06-15',
    headers: [['host', 'sts.eu-west-1.amazonaws.com']],
    body: '',
  } as const
  const options = {
    credentials,
    region: 'eu-west-1',
    service: 'sts',
    nowMs: side.clock.now(),
    expiresSeconds: 60,
  }
  const presigned = { ...request, query: signQuery(request, options) }
  const json = {
    ...presigned,
    headers: [...request.headers, ['accept', 'application/json']] as [string, string][],
  }
  const caller = (await side.send(json)).json<CallerIdentityJson>().GetCallerIdentityResponse
  assert.equal(caller.GetCallerIdentityResult.Arn, arn)
  side.clock.jump(15 * 60_000)
  assert.equal((await side.send(presigned)).status, 200)
  side.clock.jump(1000)
  assert.equal((await side.send(presigned)).xml('Code'), 'SignatureDoesNotMatch')
})

test('a chained session names its caller, and ends within the hour', async () => {
  const side = trustSide()
  const credentials = await deploySession(side)
  const assume = (more: Record<string, string | number> = {}) =>
    side.signed(
      { Action: 'AssumeRole', RoleArn: roleArn('named'), RoleSessionName: 'chained', ...more },
      credentials,
    )
  const answer = await assume()
  assert.match(
    answer.text,
    /^<AssumeRoleResponse .*<Arn>arn:aws:sts::123456789012:assumed-role\/named\/chained<\/Arn>/,
  )
  assert.doesNotMatch(answer.text, /SubjectFromWebIdentityToken|<Provider>|<Audience>/)
  const who = await side.signed({ Action: 'GetCallerIdentity' }, credentialsIn(answer))
  assert.equal(who.xml('Arn'), 'arn:aws:sts::123456789012:assumed-role/named/chained')
  assertError(
    await assume({ DurationSeconds: 3601 }),
    400,
    'ValidationError',
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
  )
})

test('a role that may not be assumed names caller, action and role, and a missing one no less', async () => {
  const side = trustSide()
  const credentials = await deploySession(side)
  for (const name of ['loader-task', 'nobody'])
    assertError(
      await side.signed(
        { Action: 'AssumeRole', RoleArn: roleArn(name), RoleSessionName: 'chained' },
        credentials,
      ),
      403,
      'AccessDenied',
      `User: ${arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn(name)} because no identity-based policy allows the sts:AssumeRole action`,
    )
})
