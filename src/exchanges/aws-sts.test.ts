import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Told, tokenService } from '../../test/token-service.ts'
import { testWorld, unsignedJwt } from '../../test/workload.ts'
import type { Credential } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import type { AwsStep } from '../plan.ts'
import type { Proof } from '../proof.ts'
import { Secret } from '../secret.ts'
import { type QueryResult, xmlError, xmlResponse } from '../wire/aws-query.ts'
import { checkSignature, readSignature } from '../wire/sigv4.ts'
import type { Environment } from '../world.ts'
import { awsSts } from './aws-sts.ts'

const role = 'arn:aws:iam::123456789012:role/deploy'
const step: AwsStep = { to: 'aws', role, sessionName: 'job-7' }
const token = unsignedJwt({
  iss: 'https://gitlab.example',
  sub: 'project_path:acme/app:ref_type:branch:ref:main',
  aud: 'https://user-audience.test',
})
const jwt: Proof = { kind: 'jwt', token: new Secret(token) }
const aws: Proof = {
  kind: 'aws',
  credentials: {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: new Secret('secret-of-the-task'),
    sessionToken: new Secret('session-of-the-task'),
  },
  region: 'eu-west-1',
}

const session: QueryResult = {
  Credentials: {
    AccessKeyId: 'ASIAI44QH8DHBEXAMPLE',
    SecretAccessKey: 'secret/of+the&role',
    SessionToken: 'session==of-the-role',
    Expiration: '2026-11-22T01:00:00Z',
  },
  AssumedRoleUser: {
    AssumedRoleId: 'AROAEXAMPLE:job-7',
    Arn: 'arn:aws:sts::123456789012:assumed-role/deploy/job-7',
  },
}
const granted = (action: string): Told => ({ body: xmlResponse(action, session, 'id-1') })
const denied = (status: number, code: string, message: string, headers = {}): Told => ({
  status,
  headers,
  body: xmlError({ type: 'Sender', code, message, requestId: 'request-9' }),
})

interface Case {
  readonly told: Told
  readonly proof?: Proof
  readonly more?: Partial<AwsStep>
  readonly env?: Environment
}

async function exchange(t: TestContext, { told, proof = jwt, more = {}, env = {} }: Case) {
  const service = await tokenService(t, () => told)
  const world = testWorld(env)
  const { signal } = new AbortController()
  const outcome = awsSts.exchange(proof, { ...step, endpoint: service.url, ...more }, {}, world, signal)
  return { service, outcome, world }
}

async function refusal(t: TestContext, what: Case): Promise<MayflyError> {
  const { outcome } = await exchange(t, what)
  const error = await outcome.then(
    () => assert.fail('it was granted'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof MayflyError, String(error))
  for (const each of [token, 'secret-of-the-task', 'session-of-the-task'])
    assert.ok(!JSON.stringify([error.message, error.values, error.hint]).includes(each))
  return error
}

const revealed = (credential: Credential) =>
  credential.kind === 'aws' && {
    ...credential,
    secretAccessKey: credential.secretAccessKey.reveal(),
    sessionToken: credential.sessionToken?.reveal(),
  }

test('a JWT goes out in an unsigned AssumeRoleWithWebIdentity and AWS credentials come back', async (t) => {
  const { service, outcome } = await exchange(t, {
    told: granted('AssumeRoleWithWebIdentity'),
    more: { region: 'ap-northeast-2', durationSeconds: 900 },
  })
  assert.deepEqual(revealed(await outcome), {
    kind: 'aws',
    accessKeyId: 'ASIAI44QH8DHBEXAMPLE',
    secretAccessKey: 'secret/of+the&role',
    sessionToken: 'session==of-the-role',
    expiresAtMs: Date.parse('2026-11-22T01:00:00Z'),
    arn: 'arn:aws:sts::123456789012:assumed-role/deploy/job-7',
    region: 'ap-northeast-2',
  })
  const [asked] = service.asked
  assert.deepEqual([asked?.method, asked?.path], ['POST', '/'])
  assert.deepEqual(Object.fromEntries(asked!.form), {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: 'job-7',
    DurationSeconds: '900',
    WebIdentityToken: token,
  })
  const names = asked!.headers.map(([name]) => name.toLowerCase())
  assert.ok(!names.includes('authorization') && !names.includes('x-amz-date'))
})

test('AWS credentials sign an AssumeRole whose signature holds', async (t) => {
  const { service, outcome, world } = await exchange(t, {
    told: granted('AssumeRole'),
    proof: aws,
    more: { externalId: 'partner/7' },
  })
  const credential = await outcome
  assert.equal(credential.kind === 'aws' && credential.region, 'eu-west-1')
  const [asked] = service.asked
  assert.equal(asked!.form.get('ExternalId'), 'partner/7')
  assert.equal(asked!.form.has('WebIdentityToken'), false)
  const signature = readSignature(asked!)
  assert.deepEqual(
    [
      signature.accessKeyId,
      signature.region,
      signature.service,
      signature.signedAtMs,
      signature.sessionToken,
    ],
    ['ASIAIOSFODNN7EXAMPLE', 'eu-west-1', 'sts', world.clock.now(), 'session-of-the-task'],
  )
  assert.ok(signature.signedHeaders.includes('host') && signature.signedHeaders.includes('content-type'))
  checkSignature(asked!, signature, 'secret-of-the-task')
  assert.throws(() => checkSignature(asked!, signature, 'another'), { code: 'REQUEST_SIGNATURE' })
})

const endpoints: readonly [string, Partial<AwsStep>, Proof, Environment, string][] = [
  ['no region: the global one', {}, jwt, {}, 'https://sts.amazonaws.com/'],
  [
    'the region of the step',
    { region: 'eu-west-1' },
    jwt,
    { AWS_REGION: 'us-east-2' },
    'https://sts.eu-west-1.amazonaws.com/',
  ],
  ['the region of the source', {}, aws, { AWS_REGION: 'us-east-2' }, 'https://sts.eu-west-1.amazonaws.com/'],
  [
    'the region of the surroundings',
    {},
    jwt,
    { AWS_DEFAULT_REGION: 'us-east-2' },
    'https://sts.us-east-2.amazonaws.com/',
  ],
  [
    'China has a domain of its own',
    { region: 'cn-north-1' },
    jwt,
    {},
    'https://sts.cn-north-1.amazonaws.com.cn/',
  ],
  [
    'a configured one, with its path',
    { endpoint: 'https://sts.example/aws?x=1' },
    aws,
    {},
    'https://sts.example/aws?x=1',
  ],
]

for (const [name, more, proof, env, expected] of endpoints)
  test(`the endpoint: ${name}`, async () => {
    let url = ''
    const http = async (request: { url: string }) => {
      url = request.url
      return { status: 200, headers: {}, body: xmlResponse('AssumeRole', session, 'id') }
    }
    await awsSts.exchange(
      proof,
      { ...step, ...more },
      {},
      testWorld(env, { http }),
      new AbortController().signal,
    )
    assert.equal(url, expected)
  })

test('a role of a partition without a global endpoint needs a region', async (t) => {
  const more = { role: 'arn:aws-cn:iam::123456789012:role/deploy', endpoint: '' }
  assert.equal((await refusal(t, { told: { body: '' }, more })).code, 'SOURCE_REGION')
})

test('a refusal names the role, the words of AWS and what the token says of itself, and never the token', async (t) => {
  const words = 'Not authorized to perform sts:AssumeRoleWithWebIdentity'
  const error = await refusal(t, { told: denied(403, 'AccessDenied', words) })
  assert.equal(error.code, 'EXCHANGE_REFUSED')
  assert.equal(error.transient, false)
  for (const each of [
    role,
    'AccessDenied',
    words,
    'iss https://gitlab.example',
    'sub project_path:acme/app:ref_type:branch:ref:main',
    'aud https://user-audience.test',
    'request ID request-9',
  ])
    assert.ok(error.message.includes(each), `${each} is not in: ${error.message}`)
  assert.deepEqual(
    [error.values.role, error.values.reason, error.values.status, error.values.aud],
    [role, 'AccessDenied', 403, 'https://user-audience.test'],
  )
})

test('a token that AWS repeats in its answer is not told on', async (t) => {
  const message = `1 validation error detected: Value '${token}' at 'webIdentityToken' and '${token.slice(0, 30)}'`
  const error = await refusal(t, { told: denied(400, 'ValidationError', message) })
  assert.ok(!error.message.includes(token.slice(0, 20)))
  assert.match(error.message, /\[redacted\]/)
})

test("a code and a request ID are the service's words too: they neither drive a terminal nor hold the token", async (t) => {
  for (const requestId of ['id\u001b[2J\nerror: forged', token]) {
    const body = xmlError({ type: 'Sender', code: `Denied\n${token}\u202e`, message: 'no', requestId })
    const error = await refusal(t, { told: { status: 403, body } })
    const said = JSON.stringify([error.message, error.values], (_, each) =>
      typeof each === 'string' && /[\p{Cc}\p{Cf}]/u.test(each) ? assert.fail(each) : each,
    )
    assert.ok(!said.includes(token.slice(0, 20)))
    assert.match(error.message, /Denied \[redacted\]: no/)
  }
})

test('a session token that AWS repeats as it was sent, URL-encoded, is not told on', async (t) => {
  const session = 'session/of+the==task'
  const proof = { ...aws, credentials: { ...aws.credentials, sessionToken: new Secret(session) } }
  const encoded = encodeURIComponent(session)
  const words = `Bad ${encoded} and ${encoded.toLowerCase()}`
  const error = await refusal(t, { proof, told: denied(400, 'ValidationError', words) })
  assert.match(error.message, /Bad \[redacted\] and \[redacted\]/)
})

test('the role behind AWS credentials is named where a chain knows it', async (t) => {
  const arn = 'arn:aws:sts::123456789012:assumed-role/first/x'
  const proof = { ...aws, credentials: { ...aws.credentials, arn } }
  const error = await refusal(t, { proof, told: denied(403, 'AccessDenied', 'User is not authorized') })
  assert.ok(error.message.includes(arn))
})

for (const code of ['ExpiredTokenException', 'ExpiredToken'])
  test(`${code} is an expired proof, told from an invalid one`, async (t) => {
    const error = await refusal(t, {
      told: denied(400, code, 'Token expired: current date/time 2 must be before 1'),
    })
    assert.equal(error.code, 'PROOF_EXPIRED')
    assert.match(error.message, /good for 60 min by this machine's clock/)
  })

test('a token that has expired here too is said to have, and by how much', async (t) => {
  const proof: Proof = {
    kind: 'jwt',
    token: new Secret(unsignedJwt({ exp: Date.parse('2026-11-21T23:48:00Z') / 1000 })),
  }
  const error = await refusal(t, { proof, told: denied(400, 'ExpiredTokenException', 'Token expired') })
  assert.match(error.message, /expired 12 min ago by this machine's clock/)
})

const outages: readonly [string, Told, boolean][] = [
  ['a 500 of AWS', denied(500, 'InternalFailure', 'The request processing has failed'), true],
  ['a 503 of something before it', { status: 503, body: '<html>Service Unavailable</html>' }, true],
  ['throttling', denied(400, 'Throttling', 'Rate exceeded.'), true],
  ['a 429', { status: 429, body: '' }, true],
  ['IDPCommunicationError', denied(400, 'IDPCommunicationError', ''), true],
  [
    'keys that AWS could not fetch',
    denied(
      400,
      'InvalidIdentityToken',
      "Couldn't retrieve verification key from your identity provider,  please",
    ),
    true,
  ],
  ['a bad token', denied(400, 'InvalidIdentityToken', 'Incorrect token audience'), false],
  ['a bad parameter', denied(400, 'ValidationError', 'ARN is invalid'), false],
]

for (const [name, told, transient] of outages)
  test(`${name} is ${transient ? 'an outage that may pass' : 'a refusal for good'}`, async (t) => {
    const error = await refusal(t, { told })
    assert.deepEqual([error.code, error.transient], ['EXCHANGE_REFUSED', transient])
  })

const grantOf = (more: Record<string, string>): Told => ({
  body: xmlResponse('AssumeRole', { Credentials: { ...(session.Credentials as object), ...more } }, '1'),
})
const strangers: readonly [string, Told][] = [
  ['an access key ID of two lines', grantOf({ AccessKeyId: 'ASIA\ncredential_process = x' })],
  ['a secret of two lines', grantOf({ SecretAccessKey: 'x\ncredential_process = x' })],
  ['a session token of two lines', grantOf({ SessionToken: 'x\ncredential_process = x' })],
  ['a session token with a line separator', grantOf({ SessionToken: 'x\u2028y' })],
  ['an expiry without a zone', grantOf({ Expiration: '2026-11-22T01:00:00' })],
  ['an expiry that is a year', grantOf({ Expiration: '2027' })],
  ['an expiry in words', grantOf({ Expiration: '22 Nov 2026' })],
  ['a page', { body: '<html><body>Welcome</body></html>' }],
  ['a page that is not found', { status: 404, body: '<html>not found</html>' }],
  ['a redirect', { status: 302, body: '', headers: { location: 'https://elsewhere.example' } }],
  [
    'a grant without a secret',
    {
      body: xmlResponse(
        'AssumeRole',
        { Credentials: { AccessKeyId: 'x', Expiration: '2026-11-22T01:00:00Z' } },
        '1',
      ),
    },
  ],
  [
    'a grant whose expiry is no date',
    {
      body: xmlResponse(
        'AssumeRole',
        { Expiration: 'soon', AccessKeyId: 'x', SecretAccessKey: 'y', SessionToken: 'z' },
        '1',
      ),
    },
  ],
]

for (const [name, told] of strangers)
  test(`${name} is an answer of something else`, async (t) => {
    const error = await refusal(t, { told })
    assert.deepEqual([error.code, error.transient], ['EXCHANGE_ANSWER', false])
  })

test('an expiry beyond what AWS gives is not believed, so that the credential is renewed in time', async (t) => {
  const { outcome, world } = await exchange(t, { told: grantOf({ Expiration: '9999-12-31T23:59:59Z' }) })
  assert.equal((await outcome).expiresAtMs, world.clock.now() + 36 * 3_600_000)
})

test('clocks that are apart are told, with the direction', async (t) => {
  const late = { date: 'Sun, 22 Nov 2026 00:12:00 GMT' }
  const error = await refusal(t, {
    told: denied(403, 'SignatureDoesNotMatch', 'Signature expired', late),
    proof: aws,
  })
  assert.match(error.message, /This machine's clock is 12 min behind that of AWS STS/)
  const near = { date: 'Sun, 22 Nov 2026 00:04:00 GMT' }
  const other = await refusal(t, { told: denied(403, 'SignatureDoesNotMatch', 'x', near), proof: aws })
  assert.doesNotMatch(other.message, /clock is/)
})

test('a token service that is not there is unreachable, and that may pass', async (t) => {
  const error = await refusal(t, { told: { body: '' }, more: { endpoint: 'http://127.0.0.1:1' } })
  assert.deepEqual([error.code, error.transient], ['EXCHANGE_UNREACHABLE', true])
})

test('the proof is made out to AWS STS, unless somebody configured another audience', () => {
  assert.deepEqual(awsSts.audience(step), { value: 'sts.amazonaws.com', usual: true })
  assert.deepEqual(awsSts.audience({ ...step, audience: 'https://user-audience.test' }), {
    value: 'https://user-audience.test',
    usual: false,
  })
})
