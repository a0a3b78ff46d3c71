import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { IdentityPoolClient } from 'google-auth-library'
import { Hono } from 'hono'
import { testClock } from '../../../test/clock.ts'
import { administered } from '../../../test/sdk-iam.ts'
import {
  account,
  cluster,
  gitlab,
  loader,
  provider,
  roleArn,
  storyTrust,
  storyTrustWith,
  tokenOf,
  trustSide,
  trusts,
  webIdentity,
} from '../../../test/trust-side.ts'
import { MayflyError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import { outboundHttp } from '../../wire/http.ts'
import { verificationKey } from '../../wire/jws.ts'
import { serveLoopback } from '../../wire/loopback.ts'
import { keySource } from '../key-source.ts'
import { serveSts } from '../serve.ts'
import { faultCall } from './fault-call.ts'
import { createFaults, type FaultSetting, noFault } from './faults.ts'
import { readFaults } from './read-faults.ts'

const minuteMs = 60_000

function faulty(document = storyTrust) {
  const clock = testClock()
  const faults = createFaults({ now: clock.now, after: clock.timeout })
  const side = trustSide({ faults, document })
  const seconds = () => Math.floor(clock.now() / 1000)
  const token = (claims = {}) => tokenOf({ sts: side.sts, seconds }, claims)
  /** AWS's code, or `ok`. */
  const exchange = async (claims = {}) =>
    (await side.form('/', webIdentity(token(claims)))).xml('Code') ?? 'ok'
  return { clock, faults, side, exchange, token }
}

test('the clock of the service goes wrong by as much as was asked for, and right again', async () => {
  const { exchange, faults, side, clock } = faulty()
  faults.set({ clockOffsetMs: 66 * minuteMs })
  assert.equal(await exchange(), 'ExpiredTokenException')
  faults.set({ clockOffsetMs: -6 * minuteMs })
  assert.equal(await exchange(), 'InvalidIdentityToken', 'a token of the future')
  faults.set(noFault)
  assert.equal(await exchange(), 'ok')
  assert.equal(side.sts.now(), clock.now())
})

test('the keys of one issuer are away, of ours as of any, and those of others are there', async () => {
  const { exchange, faults, side } = faulty()
  for (const how of ['refuse', '500'] as const) {
    faults.set({ keys: [{ issuer: gitlab, how }] })
    assert.equal(await exchange(), 'InvalidIdentityToken')
    assert.equal(side.records.at(-1)!.code, 'PROOF_DISCOVERY')
    assert.match(side.records.at(-1)!.reason!, /by a fault that was asked for/)
  }
  faults.set({ keys: [{ issuer: cluster, how: 'refuse' }] })
  assert.equal(await exchange(), 'ok')
  faults.set({ keys: [{ how: 'refuse' }] })
  assert.equal(await exchange(), 'InvalidIdentityToken')
})

test('keys that do not come in time take the time that is waited for them', async () => {
  const { clock, exchange, faults } = faulty()
  faults.set({ keys: [{ how: 'timeout' }] })
  let answered = false
  const asked = exchange().finally(() => {
    answered = true
  })
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  await settled()
  await clock.advance(4999, settled)
  await settled()
  assert.equal(answered, false)
  await clock.advance(1, settled)
  assert.equal(await asked, 'InvalidIdentityToken')
})

test('keys that were registered with their issuer are never fetched, and never away', async () => {
  const { side: plain } = faulty()
  const keys = plain.sts.keys.jwks(gitlab)!.map((jwk) => verificationKey(jwk)!)
  const never = () => assert.fail('fetched')
  const source = keySource({
    keys: plain.sts.keys,
    http: { public: never, any: never },
    now: Date.now,
  })
  const faults = createFaults({ now: Date.now })
  faults.set({ keys: [{ how: 'refuse' }] })
  const trusted = { issuer: gitlab, reach: 'public', keys } as const
  assert.equal(
    await faults.keys(source, () => true).key(trusted, { alg: 'RS256', kid: keys[0]!.kid! }),
    keys[0],
  )
})

/** An issuer on loopback, and how often its discovery was asked for. */
async function remoteIssuer(t: TestContext) {
  const { side } = faulty()
  let asked = 0
  const app = new Hono()
    .get('/.well-known/openid-configuration', (c) => {
      asked += 1
      const { origin } = new URL(c.req.url)
      return c.json({ issuer: origin, jwks_uri: `${origin}/keys` })
    })
    .get('/keys', (c) => c.json({ keys: side.sts.keys.jwks(gitlab) }))
  const server = await serveLoopback(app)
  t.after(() => server.close())
  const kid = String(side.sts.keys.jwks(gitlab)![0]!.kid)
  return { issuer: server.origin, kid, keys: side.sts.keys, asked: () => asked }
}

test('the keys of a remote issuer that are in hand outlive an outage, as in earnest, for an hour', async (t) => {
  const { issuer, kid, keys, asked } = await remoteIssuer(t)
  const faults = createFaults({ now: testClock().now })
  const http = faults.http(outboundHttp())
  const source = keySource({ keys, http: { public: http, any: http }, now: faults.now })
  const fetched = async () => {
    try {
      return Boolean(await source.key({ issuer, reach: 'any' }, { alg: 'RS256', kid }))
    } catch (error) {
      assert.ok(error instanceof MayflyError && error.code === 'PROOF_DISCOVERY')
      return false
    }
  }
  const outage = { keys: [{ issuer, how: 'refuse' }] } as const
  faults.set(outage)
  assert.equal(await fetched(), false)
  assert.equal(asked(), 0, 'nothing left this process')
  faults.set({ keys: [], clockOffsetMs: minuteMs })
  assert.equal(await fetched(), true)
  faults.set({ ...outage, clockOffsetMs: 50 * minuteMs })
  assert.equal(await fetched(), true)
  faults.set({ clockOffsetMs: 70 * minuteMs })
  assert.equal(await fetched(), false)
  assert.equal(asked(), 1)
})

test('the next so many, or every so-manieth, of an operation are throttled, the same ones every time', async () => {
  const { exchange, faults } = faulty()
  const ten = async () => {
    const codes: string[] = []
    for (let i = 0; i < 10; i += 1) codes.push((await exchange()) === 'Throttling' ? 'x' : '.')
    return codes.join('')
  }
  for (const [throttle, expected] of [
    [[{ next: 3 }], 'xxx.......'],
    [[{ every: 3 }], '..x..x..x.'],
    [[{ every: 4 }, { operation: 'AssumeRoleWithWebIdentity', next: 1 }], 'x..x...x..'],
    [[{ operation: 'AssumeRole', next: 9 }], '..........'],
    [[], '..........'],
  ] as const)
    for (let run = 0; run < 2; run += 1) {
      faults.set({ throttle })
      assert.equal(await ten(), expected)
    }
  faults.set({ throttle: [{ next: 15 }] })
  await ten()
  assert.deepEqual(faults.setting().throttle, [{ next: 5 }], 'what is left of it')
})

test("AWS's SDK gets through what it has more patience than", async (t) => {
  const { faults, side, token } = faulty()
  const server = await serveSts({ sts: side.sts })
  t.after(() => server.close())
  const client = new STSClient({
    endpoint: server.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 3,
  })
  t.after(() => client.destroy())
  const exchange = () =>
    client.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn('deploy'),
        RoleSessionName: 'job-7',
        WebIdentityToken: token(),
      }),
    )
  faults.set({ throttle: [{ next: 2 }] })
  assert.equal((await exchange()).$metadata.attempts, 3)
  faults.set({ throttle: [{ next: 3 }] })
  await assert.rejects(exchange(), { name: 'Throttling', message: 'Rate exceeded' })
})

test("Google's library tries again what Google STS throttles, and what its IAM credentials do", async (t) => {
  const { faults, side, token } = faulty()
  side.clock.jump(Date.now() - side.clock.now())
  const server = await serveSts({ sts: side.sts })
  t.after(() => server.close())
  const audience = `${provider}/gitlab`
  const client = new IdentityPoolClient({
    type: 'external_account',
    audience,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${server.url}/v1/token`,
    service_account_impersonation_url: `${server.url}/v1/projects/-/serviceAccounts/${loader}:generateAccessToken`,
    subject_token_supplier: { getSubjectToken: async () => token({ aud: `https:${audience}` }) },
  })
  const throttled = [
    { operation: 'TokenExchange', next: 1 },
    { operation: 'GenerateAccessToken', next: 1 },
  ]
  faults.set({ throttle: throttled })
  assert.ok((await client.getAccessToken()).token)
  const decisions = side.records.map(({ action, code = 'ok' }) => `${action} ${code}`)
  assert.deepEqual(decisions, [
    'TokenExchange REQUEST_RATE',
    'TokenExchange ok',
    'GenerateAccessToken REQUEST_RATE',
    'GenerateAccessToken ok',
  ])
})

test('what an admin call registers is read at once, and counts when its delay is over', async (t) => {
  const faults = createFaults({ now: Date.now })
  const side = await administered(t, {}, {}, { faults })
  faults.set({ propagationMs: 5 * minuteMs })
  const document = JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole'))
  await side.iam().send(new CreateRoleCommand({ RoleName: 'fresh', AssumeRolePolicyDocument: document }))
  assert.equal((await side.iam().send(new GetRoleCommand({ RoleName: 'fresh' }))).Role?.RoleName, 'fresh')
  const assume = () =>
    side.client().send(new AssumeRoleCommand({ RoleArn: roleArn('fresh'), RoleSessionName: 'job' }))
  await assert.rejects(assume(), { name: 'AccessDenied' })
  faults.set({ clockOffsetMs: 4 * minuteMs })
  await assert.rejects(assume(), { name: 'AccessDenied' })
  faults.set({ clockOffsetMs: 5 * minuteMs })
  assert.match((await assume()).AssumedRoleUser!.Arn!, /assumed-role\/fresh\/job$/)
})

test('a delay that is taken away counts at once, and changes come in their order', () => {
  const { faults, side } = faulty()
  const roles = () => side.sts.registered().counts.roles
  const register = (accounts: (typeof storyTrust)['aws']) =>
    side.sts.register(storyTrustWith(['aws'], accounts))
  faults.set({ propagationMs: minuteMs })
  register([])
  assert.equal(roles(), 4)
  faults.set({ propagationMs: 0 })
  assert.equal(roles(), 0)
  faults.set({ propagationMs: minuteMs })
  register(storyTrust.aws)
  faults.set({ clockOffsetMs: minuteMs / 2 })
  register([])
  faults.set({ clockOffsetMs: minuteMs })
  assert.equal(roles(), 4)
  faults.set({ clockOffsetMs: 2 * minuteMs })
  assert.equal(roles(), 0)
})

const read = (faults: unknown, nowMs = 0) => readFaults(Buffer.from(JSON.stringify(faults)), nowMs)

test('faults are read as people write them', () => {
  const nowMs = Date.parse('2026-11-22T00:00:00Z')
  for (const [written, expected] of [
    [{ clock: '+1h' }, { clockOffsetMs: 60 * minuteMs }],
    [{ clock: '-5m' }, { clockOffsetMs: -5 * minuteMs }],
    [{ clock: '2026-11-22T01:00:00+02:00' }, { clockOffsetMs: -60 * minuteMs }],
    [{ clock: null, keys: null, throttle: null, propagation: null }, noFault],
    [{ propagation: '5m' }, { propagationMs: 5 * minuteMs }],
    [{ keys: [{ how: 'timeout' }] }, { keys: [{ how: 'timeout' }] }],
    [{}, {}],
  ] satisfies [object, Partial<FaultSetting>][])
    assert.deepEqual(read(written, nowMs), expected)
})

for (const [written, why] of [
  [{ clock: 'later' }, /clock "later": expected \+1h/],
  [{ clock: '+often' }, /"often" is not a duration/],
  [{ keys: [{ how: 'slowly' }] }, /keys\.0\.how expected .*refuse.* got "slowly"/],
  [{ throttle: [{ next: 0 }] }, /throttle/],
  [{ throttle: [{ next: 1, every: 2 }] }, /throttle/],
  [{ trottle: [] }, /trottle is unknown; did you mean throttle/],
  ['faults', /expected/],
] as const)
  test(`${JSON.stringify(written)} is no fault`, () => {
    assert.throws(
      () => read(written),
      (error) => error instanceof MayflyError && error.code === 'CONFIG_FIELD' && why.test(error.message),
    )
  })

test('the admin call needs its bearer, tells what it did, and ends all faults', async () => {
  const { clock, faults } = faulty()
  const log: string[] = []
  const bearer = new Secret('a-bearer')
  const app = faultCall({ faults, bearer, now: clock.now, log: (line) => log.push(line) })
  const call = async (method: string, body?: object, token = 'a-bearer') => {
    const sent = { method, headers: { authorization: `Bearer ${token}` } }
    const answer = await app.request('/faults', { ...sent, ...(body && { body: JSON.stringify(body) }) })
    return [answer.status, (await answer.json()) as Record<string, unknown>] as const
  }
  for (const method of ['GET', 'POST', 'DELETE'])
    assert.equal((await call(method, method === 'POST' ? { clock: '+1h' } : undefined, 'another'))[0], 401)
  assert.deepEqual(faults.setting(), noFault)
  const [status, told] = await call('POST', { clock: '+1h', throttle: [{ next: 2 }] })
  assert.equal(status, 200)
  assert.equal(told.now, new Date(clock.now() + 60 * minuteMs).toISOString())
  const { now: _, ...rest } = (await call('POST', { throttle: null, propagation: '5m' }))[1]
  assert.deepEqual(rest, { clock: '+3600s', keys: [], throttle: [], propagation: '300s' })
  assert.deepEqual(readFaults(Buffer.from(JSON.stringify(rest)), clock.now()), faults.setting())
  assert.equal((await call('POST', { clock: 5 }))[0], 400)
  assert.deepEqual((await call('DELETE'))[1].clock, null)
  assert.deepEqual([log.length, log.at(-1)], [3, 'faults: none'])
})
