import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  DecodeAuthorizationMessageCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  GetWebIdentityTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import {
  account,
  awsTrust,
  role,
  roleArn,
  storyTrust,
  tokenOf,
  trustSide,
  trusts,
} from '../../test/trust-side.ts'
import type { AwsAccountDocument } from '../registry/documents.ts'
import { Secret } from '../secret.ts'
import { checkJws, readJwt, verificationKey } from '../wire/jws.ts'
import { signHeaders } from '../wire/sigv4.ts'
import { userKeyId } from './access-key-id.ts'
import { encodeAuthorizationMessage, readAuthorizationMessage } from './authorization-message.ts'
import { identityOfSession, unsealSession } from './aws-session.ts'
import { evaluatePermissions } from './evaluate-permissions.ts'
import { outboundIssuer } from './outbound-issuer.ts'
import { verifyAwsRequest } from './public.ts'
import { serveSts } from './serve.ts'
import { secretsOfUserKey } from './user-key.ts'

// The operations as AWS's own SDK calls them, over HTTP.

const may = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
})
const provider = `arn:aws:iam::${account}:oidc-provider/gitlab.com`

async function served(t: TestContext, home: Partial<AwsAccountDocument> = {}) {
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
      },
    ],
  }
  const everything = may('sts:*', 's3:*')
  const roles = [
    role('app', trust, { policies: [everything], tags: [{ key: 'team', value: 'shop' }] }),
    role('poor', trust),
    role('next', trusts({ AWS: roleArn('app') }, 'sts:*')),
  ]
  const { oidcProviders } = storyTrust.aws[0]!
  const side = trustSide({
    document: awsTrust({ account, oidcProviders, roles, outboundWebIdentityFederation: true, ...home }),
  })
  // An SDK goes by the Date of an answer once it was refused, and node:http dates its answers by the machine's clock.
  side.clock.jump(Math.floor(Date.now() / 1000) * 1000 - side.clock.now())
  const server = await serveSts({ sts: side.sts })
  t.after(() => server.close())
  const client = (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => {
    const made = new STSClient({
      endpoint: server.url,
      region: 'eu-west-1',
      credentials,
      maxAttempts: 1,
    })
    t.after(() => made.destroy())
    return made
  }
  const session = async (name = 'app', claims = {}, more = {}) => {
    const anonymous = client({ accessKeyId: 'x', secretAccessKey: 'x' })
    const answer = await anonymous.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn(name),
        RoleSessionName: 'job-7',
        WebIdentityToken: tokenOf(side, claims),
        ...more,
      }),
    )
    return { answer, sts: client(sdkCredentials(answer.Credentials!)) }
  }
  return { side, server, client, session }
}

interface Given {
  readonly AccessKeyId: string | undefined
  readonly SecretAccessKey: string | undefined
  readonly SessionToken: string | undefined
}

function sdkCredentials({ AccessKeyId, SecretAccessKey, SessionToken }: Given) {
  return { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! }
}

const refusal = (name: string, message: string | RegExp, status: number) => (error: unknown) => {
  const { name: told, message: said, $metadata } = error as Error & { $metadata: { httpStatusCode: number } }
  assert.deepEqual([told, $metadata.httpStatusCode], [name, status], said)
  if (typeof message === 'string') assert.equal(said, message)
  else assert.match(said, message)
  return true
}

test('AssumeRole with tags, source identity and session policies', async (t) => {
  const { session, client } = await served(t)
  const { sts } = await session()
  const answer = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn('next'),
      RoleSessionName: 'chained',
      Tags: [
        { Key: 'team', Value: 'shop' },
        { Key: 'stage', Value: '' },
      ],
      TransitiveTagKeys: ['team'],
      SourceIdentity: 'alice',
      PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }],
      Policy: JSON.stringify(may('s3:GetObject')),
    }),
  )
  assert.equal(answer.SourceIdentity, 'alice')
  assert.ok(answer.PackedPolicySize! > 0 && answer.PackedPolicySize! <= 100)
  const who = await client(sdkCredentials(answer.Credentials!)).send(new GetCallerIdentityCommand({}))
  assert.equal(who.Arn, `arn:aws:sts::${account}:assumed-role/next/chained`)
})

test('GetAccessKeyInfo tells the account of a key, whether or not the key exists', async (t) => {
  const { session } = await served(t)
  const { sts, answer } = await session()
  const own = await sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: answer.Credentials!.AccessKeyId }))
  assert.equal(own.Account, account)
  const other = await sts.send(
    // From a published write-up of the layout, in two parts for scanners.
    new GetAccessKeyInfoCommand({ AccessKeyId: ['ASIA', 'QNZGKIQY56JQ7WML'].join('') }),
  )
  assert.equal(other.Account, '029608264753')
  await assert.rejects(
    sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' })),
    refusal('ValidationError', /not valid/, 400),
  )
  const { sts: poor } = await session('poor')
  await assert.rejects(
    poor.send(new GetAccessKeyInfoCommand({ AccessKeyId: answer.Credentials!.AccessKeyId })),
    refusal(
      'AccessDenied',
      `User: arn:aws:sts::${account}:assumed-role/poor/job-7 is not authorized to perform: sts:GetAccessKeyInfo because no identity-based policy allows the sts:GetAccessKeyInfo action`,
      403,
    ),
  )
})

// ── AWS as an issuer ───────────────────────────────────────────────────────────────────────────────────

const issuer = outboundIssuer(account)

for (const algorithm of ['RS256', 'ES384'] as const)
  test(`GetWebIdentityToken signs ${algorithm}, and whoever reads discovery can check it`, async (t) => {
    const { session, server, side } = await served(t)
    const { sts, answer: began } = await session('app', { 'https://aws.amazon.com/source_identity': 'alice' })
    const answer = await sts.send(
      new GetWebIdentityTokenCommand({
        Audience: ['https://api.example'],
        SigningAlgorithm: algorithm,
        Tags: [{ Key: 'job', Value: '7' }],
      }),
    )
    const jwt = readJwt(answer.WebIdentityToken!)
    const shelf = `${server.url}/issuers/${issuer.replace('https://', '')}`
    const discovery = (await (await fetch(`${shelf}/.well-known/openid-configuration`)).json()) as {
      issuer: string
      jwks_uri: string
      id_token_signing_alg_values_supported: string[]
    }
    assert.equal(discovery.issuer, issuer)
    assert.deepEqual(discovery.id_token_signing_alg_values_supported, ['RS256', 'ES384'])
    const { keys } = (await (await fetch(discovery.jwks_uri)).json()) as { keys: { kid: string }[] }
    checkJws(jwt, verificationKey(keys.find(({ kid }) => kid === jwt.header.kid))!)
    assert.equal(jwt.header.alg, algorithm)
    const { jti, ...claims } = jwt.claims
    assert.match(String(jti), /^[0-9a-f-]{36}$/)
    assert.deepEqual(claims, {
      iss: issuer,
      aud: 'https://api.example',
      sub: roleArn('app'),
      iat: side.seconds(),
      exp: side.seconds() + 300,
      'https://sts.amazonaws.com/': {
        aws_account: account,
        source_region: 'eu-west-1',
        principal_tags: { team: 'shop' },
        original_session_exp: began.Credentials!.Expiration!.toISOString().replace('.000', ''),
        federated_provider: provider,
        source_identity: 'alice',
        request_tags: { job: '7' },
      },
    })
    assert.equal(answer.Expiration?.getTime(), (side.seconds() + 300) * 1000)
  })

test('the issuer of an account has the form of those of AWS, and another for each account', () => {
  assert.match(
    issuer,
    /^https:\/\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.tokens\.sts\.global\.api\.aws$/,
  )
  assert.notEqual(issuer, outboundIssuer('999999999999'))
})

test('GetWebIdentityToken is refused where it is off, and not published there', async (t) => {
  const { session, server } = await served(t, { outboundWebIdentityFederation: false })
  const { sts } = await session()
  const ask = new GetWebIdentityTokenCommand({ Audience: ['a'], SigningAlgorithm: 'ES384' })
  await assert.rejects(
    sts.send(ask),
    refusal(
      'OutboundWebIdentityFederationDisabledException',
      'Outbound web identity federation is disabled for your account',
      403,
    ),
  )
  const shelf = `${server.url}/issuers/${issuer.replace('https://', '')}`
  assert.equal((await fetch(`${shelf}/.well-known/jwks.json`)).status, 404)
})

test('policies limit audience, lifetime and algorithm of a token, and tags need a permission of their own', async (t) => {
  const condition = {
    'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': ['https://api.example'] },
    NumericLessThanEquals: { 'sts:DurationSeconds': 300 },
    StringEquals: { 'sts:SigningAlgorithm': 'ES384' },
  }
  const policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:GetWebIdentityToken', Resource: '*', Condition: condition }],
  }
  const trust = trusts({ Federated: provider }, 'sts:AssumeRoleWithWebIdentity')
  const { session } = await served(t, { roles: [role('app', trust, { policies: [policy] })] })
  const { sts } = await session()
  const good = { Audience: ['https://api.example'], SigningAlgorithm: 'ES384' }
  const send = (more: object) => sts.send(new GetWebIdentityTokenCommand({ ...good, ...more }))
  assert.ok((await send({})).WebIdentityToken)
  for (const more of [
    { Audience: ['https://api.example', 'https://other.example'] },
    { DurationSeconds: 301 },
    { SigningAlgorithm: 'RS256' },
  ])
    await assert.rejects(send(more), refusal('AccessDenied', /sts:GetWebIdentityToken/, 403))
  await assert.rejects(
    send({ Tags: [{ Key: 'a', Value: 'b' }] }),
    refusal('AccessDenied', /sts:TagGetWebIdentityToken/, 403),
  )
})

test('a token for others ends with the session at the latest, fits a header and is for somebody', async (t) => {
  const { session, side } = await served(t)
  const { sts } = await session('app', {}, { DurationSeconds: 900 })
  const good = { Audience: ['a', 'b'], SigningAlgorithm: 'RS256' }
  const send = (more: object) => sts.send(new GetWebIdentityTokenCommand({ ...good, ...more }))
  assert.deepEqual(readJwt((await send({ DurationSeconds: 900 })).WebIdentityToken!).claims.aud, ['a', 'b'])
  await assert.rejects(
    send({ DurationSeconds: 901 }),
    refusal('SessionDurationEscalationException', /beyond its original expiration/, 403),
  )
  const Tags = Array.from({ length: 50 }, (_, i) => ({ Key: `key-${i}`, Value: 'v'.repeat(256) }))
  await assert.rejects(send({ Tags }), refusal('JWTPayloadSizeExceededException', /exceeds the maximum/, 400))
  await assert.rejects(
    send({ Audience: [], SigningAlgorithm: 'HS256' }),
    refusal(
      'ValidationError',
      "2 validation errors detected: Value at 'audience' failed to satisfy constraint: Member must not be null; " +
        "Value 'HS256' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RS256, ES384]",
      400,
    ),
  )
  assert.equal(side.records.at(-1)?.code, 'REQUEST_PARAMETER')
})

test('the global endpoint has no GetWebIdentityToken', async (t) => {
  const { side } = await served(t)
  const answer = await side.form('/', { Action: 'GetWebIdentityToken', Version: '2011-06-15' })
  assert.equal(answer.xml('Code'), 'InvalidAction')
})

// ── users ──────────────────────────────────────────────────────────────────────────────────────────────

async function withUser(
  t: TestContext,
  policies: readonly Record<string, unknown>[] = [may('sts:*', 's3:*')],
) {
  const id = userKeyId(account)
  const user = {
    name: 'ann',
    path: '/team/',
    policies,
    accessKeys: [{ id }],
    tags: [{ key: 'team', value: 'shop' }],
  }
  const next = role('next', trusts({ AWS: `arn:aws:iam::${account}:user/team/ann` }, 'sts:*'), {
    maxSessionDuration: 7200,
  })
  const { side, client, ...rest } = await served(t, { roles: [next], users: [user] })
  const [secretAccessKey] = secretsOfUserKey(id, side.sts.keys.sealing)
  const ann = client({ accessKeyId: id, secretAccessKey: secretAccessKey! })
  return { side, client, ann, id, ...rest }
}

test('a user signs with a permanent key until it is taken out of the trust', async (t) => {
  const { side, ann, client, id } = await withUser(t)
  const who = await ann.send(new GetCallerIdentityCommand({}))
  assert.equal(who.Arn, `arn:aws:iam::${account}:user/team/ann`)
  assert.match(who.UserId!, /^AIDA[A-Z2-7]{17}$/)
  await assert.rejects(
    client({ accessKeyId: id, secretAccessKey: 'x'.repeat(40) }).send(new GetCallerIdentityCommand({})),
    refusal('SignatureDoesNotMatch', /does not match/, 403),
  )
  side.sts.register(awsTrust({ account, oidcProviders: [], roles: [] }))
  await assert.rejects(
    ann.send(new GetCallerIdentityCommand({})),
    refusal('InvalidClientTokenId', 'The security token included in the request is invalid.', 403),
  )
})

test('a user is no chain: a role of two hours is had for two hours, and through a session of the user for one', async (t) => {
  const { ann, client } = await withUser(t)
  const assume = (sts: STSClient) =>
    sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn('next'), RoleSessionName: 'x-y', DurationSeconds: 7200 }),
    )
  assert.ok((await assume(ann)).Credentials)
  const { Credentials } = await ann.send(new GetSessionTokenCommand({}))
  await assert.rejects(
    assume(client(sdkCredentials(Credentials!))),
    refusal('ValidationError', /1 hour session limit/, 400),
  )
})

test('GetSessionToken gives a session of the user, for up to 36 hours, that may call no more than it may at AWS', async (t) => {
  const { side, ann, client } = await withUser(t)
  const answer = await ann.send(new GetSessionTokenCommand({}))
  assert.equal(answer.Credentials!.Expiration!.getTime(), (side.seconds() + 43_200) * 1000)
  const session = client(sdkCredentials(answer.Credentials!))
  const who = await session.send(new GetCallerIdentityCommand({}))
  assert.equal(who.Arn, `arn:aws:iam::${account}:user/team/ann`)
  assert.ok((await ann.send(new GetSessionTokenCommand({ DurationSeconds: 129_600 }))).Credentials)
  await assert.rejects(
    session.send(new GetSessionTokenCommand({})),
    refusal('AccessDenied', 'Cannot call GetSessionToken with session credentials', 403),
  )
  await assert.rejects(
    session.send(new GetAccessKeyInfoCommand({ AccessKeyId: answer.Credentials!.AccessKeyId })),
    refusal('AccessDenied', /is not authorized to perform: sts:GetAccessKeyInfo/, 403),
  )
})

test('a code of an MFA device is refused in the words of AWS, for no device is registered', async (t) => {
  const { ann } = await withUser(t)
  const SerialNumber = `arn:aws:iam::${account}:mfa/ann`
  await assert.rejects(
    ann.send(new GetSessionTokenCommand({ SerialNumber, TokenCode: '123456' })),
    refusal(
      'AccessDenied',
      /^MultiFactorAuthentication failed, unable to validate MFA code\. {2}Please/,
      403,
    ),
  )
  await assert.rejects(
    ann.send(new GetSessionTokenCommand({ SerialNumber })),
    refusal('AccessDenied', /must provide both/, 403),
  )
})

test('GetFederationToken gives what user and session policies both allow, and nothing without one', async (t) => {
  const { side, ann, client } = await withUser(t)
  const federate = (more: object) =>
    ann.send(new GetFederationTokenCommand({ Name: 'bob', Tags: [{ Key: 'stage', Value: 'test' }], ...more }))
  const answer = await federate({ Policy: JSON.stringify(may('s3:GetObject', 'ec2:*')) })
  assert.deepEqual(answer.FederatedUser, {
    FederatedUserId: `${account}:bob`,
    Arn: `arn:aws:sts::${account}:federated-user/bob`,
  })
  assert.ok(answer.PackedPolicySize! > 0)
  const bob = client(sdkCredentials(answer.Credentials!))
  assert.equal((await bob.send(new GetCallerIdentityCommand({}))).UserId, `${account}:bob`)
  await assert.rejects(
    bob.send(new AssumeRoleCommand({ RoleArn: roleArn('next'), RoleSessionName: 'x-y' })),
    refusal('AccessDenied', /is not authorized to perform: sts:AssumeRole$/, 403),
  )
  const may_ = async (action: string, given: typeof answer) => {
    const { sealing } = side.sts.keys
    const identity = identityOfSession(unsealSession(given.Credentials!.SessionToken!, sealing)!)
    return evaluatePermissions(identity, side.sts.registered(), { action, resource: '*' }).decision
  }
  assert.equal(await may_('s3:GetObject', answer), 'allow')
  assert.equal(await may_('s3:PutObject', answer), 'deny')
  assert.equal(await may_('ec2:RunInstances', answer), 'deny')
  assert.equal(await may_('s3:GetObject', await federate({})), 'deny')
})

test('GetFederationToken needs a permission for that name, and another for tags', async (t) => {
  const resource = `arn:aws:sts::${account}:federated-user/bob`
  const allow = (action: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
  })
  const { ann } = await withUser(t, [allow('sts:GetFederationToken')])
  assert.ok((await ann.send(new GetFederationTokenCommand({ Name: 'bob' }))).Credentials)
  const denied = (action: string, on: string) =>
    refusal(
      'AccessDenied',
      `User: arn:aws:iam::${account}:user/team/ann is not authorized to perform: ${action} on resource: ${on} because no identity-based policy allows the ${action} action`,
      403,
    )
  await assert.rejects(
    ann.send(new GetFederationTokenCommand({ Name: 'eve' })),
    denied('sts:GetFederationToken', resource.replace('bob', 'eve')),
  )
  await assert.rejects(
    ann.send(new GetFederationTokenCommand({ Name: 'bob', Tags: [{ Key: 'a', Value: 'b' }] })),
    denied('sts:TagSession', resource),
  )
})

test('a service takes the key of a user where it is told who is registered', async (t) => {
  const { side, id } = await withUser(t)
  const nowMs = side.clock.now()
  const request = {
    method: 'GET',
    path: '/',
    query: '',
    headers: [['Host', 'ec2.example']] as const,
    body: '',
  }
  const [secret] = secretsOfUserKey(id, side.sts.keys.sealing)
  const credentials = { accessKeyId: id, secretAccessKey: new Secret(secret!) }
  const signature = signHeaders(request, { credentials, region: 'us-east-1', service: 'ec2', nowMs })
  const signed = { ...request, headers: [...request.headers, ...signature] }
  const setting = { keys: side.sts.keys, service: 'ec2', nowMs }
  const registered = side.sts.registered()
  assert.equal(verifyAwsRequest(signed, { ...setting, registered }).credential, 'user')
  assert.throws(() => verifyAwsRequest(signed, setting), { code: 'REQUEST_CREDENTIAL' })
})

// ── why a service refused ──────────────────────────────────────────────────────────────────────────────

test('what a service seals into its refusal is read to who may, of that account and for a day', async (t) => {
  const fence = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'RegionFence',
        Effect: 'Deny',
        Action: 'ec2:*',
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1'] } },
      },
    ],
  }
  const trust = trusts({ Federated: provider }, 'sts:AssumeRoleWithWebIdentity')
  const reader = may('sts:DecodeAuthorizationMessage')
  const roles = [role('app', trust, { policies: [reader, fence] }), role('poor', trust)]
  const { side, session } = await served(t, { roles })
  const { sts, answer } = await session()
  const identity = identityOfSession(unsealSession(answer.Credentials!.SessionToken!, side.sts.keys.sealing)!)
  const refused = (region: string, more = {}) =>
    encodeAuthorizationMessage(
      identity,
      side.sts.registered(),
      {
        action: 'ec2:RunInstances',
        resource: `arn:aws:ec2:us-east-1:${account}:instance/*`,
        keys: { 'aws:RequestedRegion': region, ...more },
        nowMs: side.clock.now(),
      },
      side.sts.keys,
    )
  const decode = (EncodedMessage: string, by = sts) =>
    by.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))
  const message = refused('us-east-1')
  const { conditions, ...context } = JSON.parse((await decode(message)).DecodedMessage!).context
  assert.deepEqual(context, {
    principal: { id: identity.userId, arn: identity.arn },
    action: 'ec2:RunInstances',
    resource: `arn:aws:ec2:us-east-1:${account}:instance/*`,
  })
  assert.deepEqual(
    conditions.items.find(({ key }: { key: string }) => key === 'aws:requestedregion'),
    { key: 'aws:requestedregion', values: { items: [{ value: 'us-east-1' }] } },
  )
  const { allowed, explicitDeny, matchedStatements } = JSON.parse((await decode(message)).DecodedMessage!)
  assert.deepEqual([allowed, explicitDeny], [false, true])
  assert.deepEqual(matchedStatements.items, [
    {
      statementId: 'RegionFence',
      effect: 'DENY',
      principals: { items: [{ value: identity.userId.split(':')[0] }] },
      principalGroups: { items: [] },
      actions: { items: [{ value: 'ec2:*' }] },
      resources: { items: [{ value: '*' }] },
      conditions: { items: [{ key: 'aws:RequestedRegion', values: { items: [{ value: 'eu-west-1' }] } }] },
    },
  ])
  assert.equal(JSON.parse((await decode(refused('eu-west-1'))).DecodedMessage!).explicitDeny, false)
  const long = refused('us-east-1', { 'ec2:UserData': 'x'.repeat(20_000) })
  assert.ok(long.length <= 10_240 && (await decode(long)).DecodedMessage)

  const invalid = refusal('InvalidAuthorizationMessageException', /not valid/, 400)
  await assert.rejects(decode(`${message.slice(0, -2)}AA`), invalid)
  await assert.rejects(decode(answer.Credentials!.SessionToken!), invalid)
  const { sts: poor } = await session('poor')
  await assert.rejects(
    decode(message, poor),
    refusal(
      'AccessDenied',
      `User: arn:aws:sts::${account}:assumed-role/poor/job-7 is not authorized to perform: sts:DecodeAuthorizationMessage because no identity-based policy allows the sts:DecodeAuthorizationMessage action`,
      403,
    ),
  )
  const sealing = side.sts.keys.sealing
  const nowMs = side.clock.now()
  assert.throws(() => readAuthorizationMessage(message, { account: '999999999999', sealing, nowMs }), {
    code: 'REQUEST_MESSAGE',
  })
  assert.throws(() => readAuthorizationMessage(message, { account, sealing, nowMs: nowMs + 86_400_000 }), {
    code: 'REQUEST_MESSAGE',
  })
})
