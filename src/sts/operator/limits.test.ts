import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { testClock } from '../../../test/clock.ts'
import { googleIamSide } from '../../../test/google-iam-side.ts'
import { assertionOf, oauthSide, onprem } from '../../../test/oauth-side.ts'
import { refusal, sdkCredentials } from '../../../test/sdk-sts.ts'
import {
  deploySession,
  gitlab,
  mainBranch,
  provider,
  roleArn,
  storyTrust,
  strangeKey,
  tokenOf,
  trustSide,
  webIdentity,
} from '../../../test/trust-side.ts'
import { MayflyError } from '../../errors.ts'
import { serveSts } from '../serve.ts'
import { createLimits, type Rates } from './limits.ts'

const perSecond = (tokens: number) => ({ tokens, everyMs: 1000 })

function limited(rates: Rates, document = storyTrust) {
  const clock = testClock()
  const limits = createLimits(rates, clock.now)
  const side = trustSide({ limits, document })
  const exchange = async (claims = {}, more: Parameters<typeof tokenOf>[2] = {}) =>
    side.form('/', webIdentity(tokenOf(side, claims, more)))
  return { clock, limits, side, exchange }
}

test('addresses are counted before anything else, IPv6 by its /64', () => {
  const clock = testClock()
  const { arrived, refused } = createLimits({ address: perSecond(1) }, clock.now)
  const passes = (from: string) => {
    try {
      arrived(from)
      return true
    } catch (error) {
      assert.ok(error instanceof MayflyError && error.code === 'REQUEST_RATE')
      return false
    }
  }
  assert.deepEqual(['192.0.2.1', '192.0.2.1', '::ffff:192.0.2.1', '192.0.2.2'].map(passes), [
    true,
    false,
    false,
    true,
  ])
  assert.deepEqual(['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:3::1'].map(passes), [
    true,
    false,
    true,
  ])
  assert.deepEqual(['::1', '::2', 'fe80::1%eth0', 'fe80:0:0:0:9::'].map(passes), [true, false, true, false])
  assert.ok(passes('') && passes(''), 'where there is no address there is none to count')
  assert.deepEqual(refused(), { address: 5, caller: 0, issuer: 0 })
})

test('one caller who floods is refused, and another with a token of the same issuer is not', async () => {
  const { clock, exchange } = limited({ caller: perSecond(2) })
  const flood = await Promise.all(Array.from({ length: 20 }, () => exchange()))
  assert.deepEqual(flood.map(({ status }) => status).toSorted(), [200, 200, ...Array(18).fill(400)])
  const refused = flood.find(({ status }) => status === 400)!
  assert.deepEqual([refused.xml('Code'), refused.xml('Message')], ['Throttling', 'Rate exceeded'])
  assert.equal((await exchange({ sub: 'project_path:acme/other' })).xml('Code'), 'AccessDenied', 'decided')
  clock.jump(500)
  assert.equal((await exchange()).status, 200)
})

test('a caller of AWS is its session', async () => {
  const { side } = limited({ caller: perSecond(2) })
  const one = await deploySession(side)
  const other = await deploySession(side, { RoleSessionName: 'job-8' })
  const who = async (credentials: typeof one) =>
    (await side.signed({ Action: 'GetCallerIdentity' }, credentials)).status
  assert.deepEqual([await who(one), await who(one), await who(one)], [200, 200, 400])
  assert.equal(await who(other), 200)
})

test('tokens of an issuer beyond its limit are refused before their signature is looked at', async () => {
  const { exchange, side } = limited({ issuer: perSecond(2) })
  await exchange({ sub: 'a' })
  await exchange({ sub: 'b' })
  const key = strangeKey('no such key')
  assert.equal((await exchange({}, { key })).xml('Code'), 'Throttling')
  assert.deepEqual(
    side.records.map(({ code }) => code),
    ['TRUST_DENIED', 'TRUST_DENIED', 'REQUEST_RATE'],
  )
})

test("tokens that somebody made up take nothing of what an issuer's own may ask", async () => {
  const { exchange } = limited({ issuer: perSecond(1) })
  const key = strangeKey('no such key')
  for (let i = 0; i < 10; i += 1)
    assert.equal((await exchange({}, { key })).xml('Code'), 'InvalidIdentityToken')
  assert.equal((await exchange()).status, 200)
  assert.equal((await exchange()).xml('Code'), 'Throttling')
})

test('a flood leaves one record a minute, and every refusal is counted', async () => {
  const { clock, exchange, limits, side } = limited({ caller: perSecond(1) })
  for (let i = 0; i < 50; i += 1) await exchange()
  const told = () => side.records.filter(({ code }) => code === 'REQUEST_RATE').map(({ reason }) => reason)
  assert.equal(told().length, 1)
  assert.equal(limits.refused().caller, 49)
  clock.jump(60_000)
  for (let i = 0; i < 5; i += 1) await exchange()
  assert.match(told()[1]!, new RegExp(`${gitlab} ${mainBranch} .*, 49 times`))
})

test('each cloud says it in its own words', async () => {
  const { side } = limited({ caller: perSecond(1) })
  const google = () =>
    side.form('/v1/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: `${provider}/gitlab`,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: tokenOf(side, { aud: `https:${provider}/gitlab` }),
    })
  const given = await google()
  assert.equal(given.status, 200, given.text)
  const throttled = await google()
  assert.equal(throttled.status, 429)
  assert.match(String(throttled.json().error_description), /throttled due to rate limit/)
  const { access_token } = given.json()
  const impersonate = () =>
    side.send({
      method: 'POST',
      path: '/v1/projects/-/serviceAccounts/loader@acme.iam.gserviceaccount.com:generateAccessToken',
      query: '',
      headers: [
        ['authorization', `Bearer ${access_token}`],
        ['content-type', 'application/json'],
      ],
      body: JSON.stringify({ scope: ['https://www.googleapis.com/auth/cloud-platform'] }),
    })
  assert.equal((await impersonate()).status, 200)
  const api = await impersonate()
  assert.equal(api.status, 429)
  assert.equal(api.json<{ error: { status: string } }>().error.status, 'RESOURCE_EXHAUSTED')
})

test("an authorization server's clients and the administrators of a Google project are limited too", async (t) => {
  const limits = () => createLimits({ caller: { tokens: 1, everyMs: 3_600_000 } }, () => 0)
  const { exchange } = await oauthSide(t, { limits: limits() })
  assert.equal((await exchange()).status, 200)
  const throttled = await exchange()
  assert.deepEqual([throttled.status, throttled.json().error], [429, 'temporarily_unavailable'])
  assert.equal(throttled.headers.get('retry-after'), '3600')
  const { call } = await googleIamSide(t, {}, { limits: limits() })
  const pools = 'acme/locations/global/workloadIdentityPools'
  assert.equal((await call('GET', pools)).status, 200)
  assert.equal((await call('GET', pools)).code, 'RESOURCE_EXHAUSTED')
})

test('whoever asks an authorization server for the state of tokens is limited too', async (t) => {
  const limits = createLimits({ caller: { tokens: 1, everyMs: 3_600_000 } }, () => 0)
  const { post, pod } = await oauthSide(t, { limits })
  const ask = () => post(`${onprem}/introspect`, { token: 'x', ...assertionOf(pod()) })
  assert.deepEqual([(await ask()).status, (await ask()).status], [200, 429])
})

/** Over a socket, with the machine's clock, which the SDK waits by. */
async function served(t: TestContext, rates: Rates) {
  const side = trustSide({ limits: createLimits(rates, Date.now) })
  side.clock.jump(Date.now() - side.clock.now())
  const server = await serveSts({ sts: side.sts })
  t.after(() => server.close())
  const client = (maxAttempts: number, credentials = { accessKeyId: 'x', secretAccessKey: 'x' }) => {
    const made = new STSClient({ endpoint: server.url, region: 'eu-west-1', maxAttempts, credentials })
    t.after(() => made.destroy())
    return made
  }
  const token = tokenOf(side)
  const exchange = new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleArn('deploy'),
    RoleSessionName: 'job-7',
    WebIdentityToken: token,
  })
  return { side, client, exchange }
}

test("AWS's SDK takes it for throttling: a burst gets through in the end, and without retries is told so", async (t) => {
  const { client, exchange, side } = await served(t, { caller: perSecond(10) })
  const { Credentials } = await client(1).send(exchange)
  const session = sdkCredentials(Credentials!)
  const once = client(1, session)
  const burst = (by: STSClient, length: number) =>
    Promise.allSettled(Array.from({ length }, () => by.send(new GetCallerIdentityCommand({}))))
  const hasty = await burst(once, 15)
  const refused = hasty.filter((each) => each.status === 'rejected')
  assert.ok(refused.length > 0)
  assert.ok(refusal('Throttling', 'Rate exceeded', 400)(refused[0]!.reason))
  const patient = await burst(client(20, session), 20)
  assert.deepEqual([...new Set(patient.map(({ status }) => status))], ['fulfilled'])
  assert.ok(side.sts.limits.refused().caller > refused.length, 'some of them were refused on the way')
})

test('an address that floods is refused whatever it asks for, and probes are answered', async (t) => {
  const { side } = await served(t, { address: { tokens: 3, everyMs: 3_600_000 } })
  const server = await serveSts({ sts: side.sts })
  t.after(() => server.close())
  const status = async (path: string) => (await fetch(`${server.url}${path}`)).status
  const keys = '/issuers/gitlab.com/oauth/discovery/keys'
  assert.deepEqual(
    [await status(keys), await status('/'), await status(keys), await status(keys), await status('/')],
    [200, 400, 200, 429, 400],
  )
  assert.match(await (await fetch(server.url)).text(), /<Code>Throttling<\/Code>/)
  assert.equal(await status('/healthz'), 200)
})
