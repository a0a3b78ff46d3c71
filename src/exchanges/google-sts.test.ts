import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Asked, type Told, tokenService } from '../../test/token-service.ts'
import { testWorld, unsignedJwt } from '../../test/workload.ts'
import { MayflyError, remedies } from '../errors.ts'
import type { Variant } from '../lease.ts'
import type { GoogleStep } from '../plan.ts'
import type { Proof } from '../proof.ts'
import { Secret } from '../secret.ts'
import { checkSignature, readSignature } from '../wire/sigv4.ts'
import { googleSts } from './google-sts.ts'

const provider =
  '//iam.googleapis.com/projects/111111111111/locations/global/workloadIdentityPools/bq-pool/providers/aws-provider'
const email = 'loader@acme.iam.gserviceaccount.com'
const bigquery = 'https://www.googleapis.com/auth/bigquery'
const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'

const token = unsignedJwt({ iss: 'https://token.actions.example', sub: 'repo:acme/app', aud: ['a', 'b'] })
const jwt: Proof = { kind: 'jwt', token: new Secret(token) }
const aws: Proof = {
  kind: 'aws',
  credentials: {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: new Secret('secret-of-the-task'),
    sessionToken: new Secret('session/of+the=task'),
  },
  region: 'eu-west-1',
}

const federated: Told = {
  body: {
    access_token: 'federated-token',
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3599,
  },
}
const identity = unsignedJwt({ aud: 'https://run.example', email })

function google(asked: Asked): Told {
  if (asked.path === '/v1/token') return federated
  if (asked.path.endsWith(':generateAccessToken'))
    return { body: { accessToken: 'impersonated-token', expireTime: '2026-11-22T01:00:00Z' } }
  if (asked.path.endsWith(':generateIdToken')) return { body: { token: identity } }
  return { status: 404, body: 'no such page' }
}

interface Case {
  readonly tell?: (asked: Asked) => Told
  readonly proof?: Proof
  readonly variant?: Variant
  readonly direct?: boolean
  readonly more?: Partial<GoogleStep>
}

async function exchange(
  t: TestContext,
  { tell = google, proof = jwt, variant = {}, direct, more }: Case = {},
) {
  const service = await tokenService(t, tell)
  const url = `${service.url}/v1/projects/-/serviceAccounts/${email}:generateAccessToken`
  const step: GoogleStep = {
    to: 'google',
    provider,
    scopes: [bigquery],
    tokenUrl: `${service.url}/v1/token`,
    ...(!direct && { impersonation: { email, url } }),
    ...more,
  }
  const world = testWorld()
  const outcome = googleSts.exchange(proof, step, variant, world, new AbortController().signal)
  return { service, outcome, world }
}

async function refusal(t: TestContext, what: Case): Promise<MayflyError> {
  const { outcome } = await exchange(t, what)
  const error = await outcome.then(
    () => assert.fail('it was granted'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof MayflyError, String(error))
  for (const each of [token, 'secret-of-the-task', 'session/of+the=task', 'federated-token'])
    assert.ok(!JSON.stringify([error.message, error.values, error.hint]).includes(each))
  return error
}

const header = (asked: Asked | undefined, name: string) =>
  asked?.headers.find(([each]) => each.toLowerCase() === name)?.[1]

test('a JWT is exchanged, and the service account impersonated with what came back', async (t) => {
  const { service, outcome } = await exchange(t)
  const credential = await outcome
  assert.equal(credential.kind, 'access-token')
  assert.equal(credential.kind === 'access-token' && credential.token.reveal(), 'impersonated-token')
  assert.equal(credential.expiresAtMs, Date.parse('2026-11-22T01:00:00Z'))
  const [sts, iam] = service.asked
  assert.deepEqual(Object.fromEntries(sts!.form), {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: provider,
    scope: cloudPlatform,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  })
  assert.equal(header(sts, 'authorization'), undefined)
  assert.equal(iam?.path, `/v1/projects/-/serviceAccounts/${email}:generateAccessToken`)
  assert.equal(header(iam, 'authorization'), 'Bearer federated-token')
  assert.deepEqual(JSON.parse(iam!.body), { scope: [bigquery], lifetime: '3600s' })
})

test('scopes that a program asks for stand in place of the configured ones', async (t) => {
  const variant = { scopes: ['a', 'b'] }
  const { service, outcome } = await exchange(t, { variant })
  const credential = await outcome
  assert.deepEqual(credential.kind === 'access-token' && credential.scopes, ['a', 'b'])
  assert.deepEqual(JSON.parse(service.asked[1]!.body).scope, ['a', 'b'])
  const direct = await exchange(t, { variant, direct: true })
  await direct.outcome
  assert.equal(direct.service.asked[0]!.form.get('scope'), 'a b')
})

test('without a service account the federated token is the credential', async (t) => {
  const { service, outcome, world } = await exchange(t, { direct: true, proof: aws })
  const credential = await outcome
  assert.equal(credential.kind === 'access-token' && credential.token.reveal(), 'federated-token')
  assert.equal(credential.expiresAtMs, world.clock.now() + 3_599_000)
  assert.equal(service.asked.length, 1)
  assert.equal(service.asked[0]!.form.get('scope'), bigquery)
})

test('a federated token is not held to live longer than its proof', async (t) => {
  const exp = Date.parse('2026-11-22T00:05:00Z') / 1000
  const proof: Proof = { kind: 'jwt', token: new Secret(unsignedJwt({ exp })) }
  const { outcome } = await exchange(t, { direct: true, proof })
  assert.equal((await outcome).expiresAtMs, exp * 1000)
})

test('the configured lifetime and subject token type are passed on', async (t) => {
  const url = (base: string) => `${base}/v1/projects/-/serviceAccounts/${email}:generateAccessToken`
  const service = await tokenService(t, google)
  const step: GoogleStep = {
    to: 'google',
    provider,
    scopes: [],
    tokenUrl: `${service.url}/v1/token`,
    impersonation: { email, url: url(service.url), lifetimeSeconds: 900 },
    subjectTokenType: 'urn:ietf:params:oauth:token-type:id_token',
  }
  await googleSts.exchange(jwt, step, {}, testWorld(), new AbortController().signal)
  assert.equal(service.asked[0]!.form.get('subject_token_type'), 'urn:ietf:params:oauth:token-type:id_token')
  assert.equal(JSON.parse(service.asked[1]!.body).lifetime, '900s')
})

test('AWS credentials become a signed GetCallerIdentity, its target signed with it', async (t) => {
  const { service, outcome, world } = await exchange(t, { proof: aws })
  await outcome
  const { form } = service.asked[0]!
  assert.equal(form.get('subject_token_type'), 'urn:ietf:params:aws:token-type:aws4_request')
  const encoded = form.get('subject_token')!
  assert.equal(encodeURIComponent(decodeURIComponent(encoded)), encoded)
  const { url, method, headers, ...rest } = JSON.parse(decodeURIComponent(encoded))
  assert.deepEqual(rest, {})
  assert.equal(method, 'POST')
  assert.equal(url, 'https://sts.eu-west-1.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15')
  const values = Object.fromEntries(
    headers.map(({ key, value }: { key: string; value: string }) => [key, value]),
  )
  assert.deepEqual(Object.keys(values).sort(), [
    'Authorization',
    'host',
    'x-amz-date',
    'x-amz-security-token',
    'x-goog-cloud-target-resource',
  ])
  assert.equal(values.host, 'sts.eu-west-1.amazonaws.com')
  assert.equal(values['x-goog-cloud-target-resource'], provider)
  assert.equal(values['x-amz-security-token'], 'session/of+the=task')
  const request = {
    method,
    path: '/',
    query: url.split('?')[1] ?? '',
    headers: Object.entries<string>(values),
    body: '',
  }
  const signature = readSignature(request)
  assert.deepEqual(signature.signedHeaders, [
    'host',
    'x-amz-date',
    'x-amz-security-token',
    'x-goog-cloud-target-resource',
  ])
  assert.equal(signature.signedAtMs, world.clock.now())
  checkSignature(request, signature, 'secret-of-the-task')
})

test('the region that the proof is signed for is the one configured, else that of the source', async (t) => {
  const { service, outcome } = await exchange(t, { proof: aws, more: { region: 'cn-north-1' } })
  await outcome
  const { url } = JSON.parse(decodeURIComponent(service.asked[0]!.form.get('subject_token')!))
  assert.equal(new URL(url).host, 'sts.cn-north-1.amazonaws.com.cn')
})

test('AWS credentials without any region are refused before anything is sent', async (t) => {
  const { service, outcome } = await exchange(t, { proof: { kind: 'aws', credentials: aws.credentials } })
  await assert.rejects(outcome, { code: 'SOURCE_REGION' })
  assert.equal(service.asked.length, 0)
})

test('an ID token is asked of the service account, with its e-mail', async (t) => {
  const { service, outcome } = await exchange(t, { variant: { audience: 'https://run.example' } })
  const credential = await outcome
  assert.equal(credential.kind, 'id-token')
  assert.equal(credential.expiresAtMs, Date.parse('2026-11-22T01:00:00Z'))
  assert.equal(credential.kind === 'id-token' && credential.token.reveal(), identity)
  const [, iam] = service.asked
  assert.equal(iam?.path, `/v1/projects/-/serviceAccounts/${email}:generateIdToken`)
  assert.deepEqual(JSON.parse(iam!.body), { audience: 'https://run.example', includeEmail: true })
})

test('a federated identity has no ID token, and that is said before anything is sent', async (t) => {
  const { service, outcome } = await exchange(t, {
    direct: true,
    variant: { audience: 'https://run.example' },
  })
  await assert.rejects(outcome, { code: 'EXCHANGE_ID_TOKEN' })
  assert.equal(service.asked.length, 0)
})

const oauth =
  (error: string, description: string, status = 400) =>
  () => ({
    status,
    body: { error, error_description: description },
  })

test('a refusal of STS names the provider, the words of Google and what was presented', async (t) => {
  const words = 'The given credential is rejected by the attribute condition.'
  const error = await refusal(t, { tell: oauth('unauthorized_client', words) })
  assert.deepEqual([error.code, error.transient], ['EXCHANGE_REFUSED', false])
  for (const each of [
    provider,
    'unauthorized_client',
    words,
    'iss https://token.actions.example',
    'aud a and b',
  ])
    assert.ok(error.message.includes(each), `${each} is not in: ${error.message}`)
  assert.equal(error.values.serviceAccount, email)
  const other = await refusal(t, { tell: oauth('invalid_grant', 'no'), proof: aws })
  assert.match(other.message, /AWS credentials, whose role AWS alone can tell/)
})

test('an error that would forge a line, or names what every object has, is told harmlessly', async (t) => {
  const forged = await refusal(t, { tell: oauth('invalid_grant\u001b[2J\nerror: forged line', 'no') })
  assert.doesNotMatch(forged.message, /[\p{Cc}\p{Cf}]/u)
  assert.equal(forged.values.reason, 'invalid_grant [2J error: forged line')
  const inherited = await refusal(t, { tell: oauth('constructor', 'no') })
  assert.equal(inherited.hint, remedies.EXCHANGE_REFUSED.hint)
})

test('an expiry beyond what Google gives is not believed, so that the token is renewed in time', async (t) => {
  const far = unsignedJwt({ exp: 253_402_300_799 })
  const answers = {
    access_token: 'federated-token',
    accessToken: 'x',
    expireTime: '9999-12-31T23:59:59Z',
    token: far,
  }
  const tell = () => ({ body: { ...answers, expires_in: 999_999_999 } })
  for (const what of [{ direct: true, proof: aws }, {}, { variant: { audience: 'a' } }]) {
    const { outcome, world } = await exchange(t, { tell, ...what })
    assert.equal((await outcome).expiresAtMs, world.clock.now() + 12 * 3_600_000)
  }
})

test('a wrong audience comes with the audience to ask for', async (t) => {
  const words = 'The audience in ID Token [a] does not match the expected audience.'
  const error = await refusal(t, { tell: oauth('invalid_grant', words) })
  assert.notEqual(error.hint, remedies.EXCHANGE_REFUSED.hint)
  assert.match(error.hint, /`https:`/)
})

test('a stale token is an expired proof', async (t) => {
  const words = 'ID Token issued at 1700000000 is stale to sign-in.'
  assert.equal((await refusal(t, { tell: oauth('invalid_grant', words) })).code, 'PROOF_EXPIRED')
})

test('a refused impersonation names the service account, and never the token that it was tried with', async (t) => {
  const message = `Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist). federated-token`
  const tell = (asked: Asked): Told =>
    asked.path === '/v1/token'
      ? federated
      : { status: 403, body: { error: { code: 403, message, status: 'PERMISSION_DENIED' } } }
  const error = await refusal(t, { tell })
  assert.equal(error.code, 'EXCHANGE_REFUSED')
  for (const each of [email, 'PERMISSION_DENIED', "'iam.serviceAccounts.getAccessToken' denied"])
    assert.ok(error.message.includes(each), error.message)
  assert.match(error.hint, /workloadIdentityUser/)
})

const outages: readonly [string, () => Told, boolean][] = [
  ['a 503 with a page', () => ({ status: 503, body: '<html>' }), true],
  [
    'a 500 of Google',
    () => ({ status: 500, body: { error: { code: 500, status: 'INTERNAL', message: 'x' } } }),
    true,
  ],
  [
    'a quota',
    () => ({ status: 429, body: { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'x' } } }),
    true,
  ],
  [
    'keys that Google could not fetch',
    oauth('invalid_grant', "Error connecting to the given credential's issuer."),
    true,
  ],
  [
    'a wrong audience',
    oauth('invalid_grant', 'The audience in ID Token [x] does not match the expected audience.'),
    false,
  ],
]

for (const [name, tell, transient] of outages)
  test(`${name} is ${transient ? 'an outage that may pass' : 'a refusal for good'}`, async (t) => {
    const error = await refusal(t, { tell })
    assert.deepEqual([error.code, error.transient], ['EXCHANGE_REFUSED', transient])
  })

const strangers: readonly [string, Told][] = [
  ['a page', { body: '<html>' }],
  ['a list', { body: [] }],
  ['a page that is not found', { status: 404, body: '<html>' }],
  ['JSON of something else', { status: 400, body: { message: 'no' } }],
  ['a token without a lifetime', { body: { access_token: 'federated-token' } }],
  ['a lifetime that is no number', { body: { access_token: 'federated-token', expires_in: '3600' } }],
  ['no token', { body: { expires_in: 3600 } }],
  ['a token that would forge a header', { body: { access_token: 'x\r\nHost: y', expires_in: 3600 } }],
]

for (const [name, told] of strangers)
  test(`${name} is an answer of something else`, async (t) => {
    const error = await refusal(t, { tell: () => told, direct: true })
    assert.deepEqual([error.code, error.transient], ['EXCHANGE_ANSWER', false])
  })

for (const [name, more] of [
  ['an impersonated token that would forge a header', { accessToken: 'x\r\nHost: y' }],
  ['an expiry without a zone', { expireTime: '2026-11-22T01:00:00' }],
] as const)
  test(`${name} is an answer of something else`, async (t) => {
    const body = { accessToken: 'x', expireTime: '2026-11-22T01:00:00Z', ...more }
    const tell = (asked: Asked): Told => (asked.path === '/v1/token' ? federated : { body })
    assert.equal((await refusal(t, { tell })).code, 'EXCHANGE_ANSWER')
  })

for (const [name, body] of [
  ['an ID token that is none', { token: 'x' }],
  ['an ID token without an expiry', { token: unsignedJwt({ exp: undefined }) }],
] as const)
  test(`${name} is an answer of something else`, async (t) => {
    const tell = (asked: Asked): Told => (asked.path === '/v1/token' ? federated : { body })
    assert.equal((await refusal(t, { tell, variant: { audience: 'a' } })).code, 'EXCHANGE_ANSWER')
  })

test('the proof is made out to the provider, unless somebody configured another audience', () => {
  const step: GoogleStep = { to: 'google', provider, scopes: [], tokenUrl: 'https://sts.example/v1/token' }
  assert.deepEqual(googleSts.audience(step), { value: `https:${provider}`, usual: true })
  assert.deepEqual(googleSts.audience({ ...step, audience: 'x' }), { value: 'x', usual: false })
})
