import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type TestClock, testClock } from '../test/clock.ts'
import { type Asked, type Told, tokenService } from '../test/token-service.ts'
import { folderOf, testWorld, unsignedJwt } from '../test/workload.ts'
import { federate, lease } from './federate.ts'
import type { CredentialPlan } from './plan.ts'
import { Secret } from './secret.ts'
import { xmlError, xmlResponse } from './wire/aws-query.ts'
import { checkSignature, readSignature } from './wire/sigv4.ts'

const hour = 3_600_000
const role = 'arn:aws:iam::123456789012:role/first'
const secondRole = 'arn:aws:iam::210987654321:role/second'
const provider =
  '//iam.googleapis.com/projects/111111111111/locations/global/workloadIdentityPools/pool/providers/aws'
const email = 'loader@acme.iam.gserviceaccount.com'

/** Both clouds at once, by a clock of the test; each AWS session has a secret of its own. */
async function clouds(t: TestContext, clock: TestClock) {
  const state = { away: false, sessions: 0 }
  const expiry = () => new Date(clock.now() + hour).toISOString()
  const grant = (action: string) => {
    state.sessions += 1
    const Credentials = {
      AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      SecretAccessKey: `secret-${state.sessions}`,
      SessionToken: `session-${state.sessions}`,
      Expiration: expiry(),
    }
    return { body: xmlResponse(action, { Credentials }, 'id') }
  }
  const tell = ({ path, form }: Asked): Told => {
    if (state.away) return { status: 503, body: '' }
    if (form.get('RoleArn')?.endsWith('/forbidden')) return forbidden
    if (path === '/aws') return grant(form.get('Action') ?? '')
    if (path === '/v1/token') return { body: { access_token: 'federated', expires_in: 3600 } }
    return { body: { accessToken: `google-${state.sessions}`, expireTime: expiry() } }
  }
  return { state, ...(await tokenService(t, tell)) }
}

const forbidden = {
  status: 403,
  body: xmlError({ type: 'Sender', code: 'AccessDenied', message: 'no', requestId: '1' }),
}

type Clouds = Awaited<ReturnType<typeof clouds>>

const awsStep = ({ url }: Clouds, to = role) =>
  ({ to: 'aws', role: to, sessionName: 'pod', region: 'eu-west-1', endpoint: `${url}/aws` }) as const

const googleStep = ({ url }: Clouds) =>
  ({
    to: 'google',
    provider,
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    tokenUrl: `${url}/v1/token`,
    impersonation: { email, url: `${url}/v1/projects/-/serviceAccounts/${email}:generateAccessToken` },
  }) as const

async function scene(t: TestContext) {
  const clock = testClock()
  const both = await clouds(t, clock)
  const folder = folderOf(t)
  const file = join(folder, 'token')
  const tellToken = (serial: number) =>
    writeFileSync(file, unsignedJwt({ aud: ['sts.amazonaws.com'], jti: `${serial}`, exp: 2e9 }))
  tellToken(-1)
  const world = testWorld({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, { clock })
  const plan = (more: Partial<CredentialPlan>): CredentialPlan => ({
    name: 'deploy',
    from: { name: 'kubernetes', file },
    steps: [awsStep(both)],
    deliveries: ['ecs'],
    origin: 'a test',
    ...more,
  })
  const place = { directory: folder, command: ['mayfly'] }
  return { clock, both, world, plan, place, tellToken }
}

const roles = ({ asked }: Clouds) => asked.map(({ form }) => form.get('RoleArn')).filter(Boolean)
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** How many servers listen in this process, once those that were closed are gone. */
async function listening(): Promise<number> {
  for (let i = 0; i < 5; i += 1) await turn()
  return process.getActiveResourcesInfo().filter((each) => each === 'TCPServerWrap').length
}

const plain = (value: string | Secret) => (value instanceof Secret ? value.reveal() : value)

test('a pod on Kubernetes gets Google credentials by way of an AWS role', async (t) => {
  const { both, world, plan, place } = await scene(t)
  const steps = [awsStep(both), googleStep(both)] as const
  const federation = await federate([plan({ name: 'warehouse', steps, deliveries: ['gce'] })], place, world)
  const credential = await federation.leases[0]!.get()
  assert.equal(credential.kind === 'access-token' && credential.token.reveal(), 'google-1')
  const [aws, google, impersonation] = both.asked
  assert.equal(aws?.form.get('Action'), 'AssumeRoleWithWebIdentity')
  assert.equal(impersonation?.path.endsWith(':generateAccessToken'), true)
  const { url, method, headers } = JSON.parse(decodeURIComponent(google!.form.get('subject_token') ?? ''))
  const pairs = headers.map(({ key, value }: { key: string; value: string }) => [key, value] as const)
  const request = { method, path: '/', query: new URL(url).search.slice(1), headers: pairs, body: '' }
  const signature = readSignature(request)
  assert.deepEqual([signature.region, signature.sessionToken], ['eu-west-1', 'session-1'])
  checkSignature(request, signature, 'secret-1')
  await federation.close()
})

test('a chain of roles signs each request with the session of the one before', async (t) => {
  const { both, world, plan } = await scene(t)
  const held = lease(plan({ steps: [awsStep(both), awsStep(both, secondRole)] }), world)
  await held.get()
  const request = both.asked[1]!
  checkSignature(request, readSignature(request), 'secret-1')
  assert.deepEqual(roles(both), [role, secondRole])
  held.stop()
})

test('what a program asks for goes to the last step of a chain alone', async (t) => {
  const { both, world, plan } = await scene(t)
  const held = lease(plan({ steps: [awsStep(both), googleStep(both)] }), world)
  await held.get({ scopes: ['a'] })
  assert.deepEqual(JSON.parse(both.asked[2]!.body).scope, ['a'])
  held.stop()
})

test('a delivery serves what is renewed, from a proof that is read anew each time, for 72 hours', async (t) => {
  const { clock, both, world, plan, place, tellToken } = await scene(t)
  const federation = await federate([plan({})], place, world)
  t.after(() => federation.close())
  const { leases, changes } = federation
  const value = (name: string) => {
    const change = changes.find(({ variable }) => variable === name)
    return change?.action === 'set' ? plain(change.value) : assert.fail(`${name} is not set`)
  }
  const url = value('AWS_CONTAINER_CREDENTIALS_FULL_URI')
  const headers = { authorization: value('AWS_CONTAINER_AUTHORIZATION_TOKEN') }
  for (let quarter = 0; quarter < 72 * 4; quarter += 1) {
    tellToken(quarter)
    await clock.advance(hour / 4, leases[0]!.settled)
    const response = await fetch(url, { headers })
    assert.equal(response.status, 200)
    const { Expiration, SecretAccessKey } = (await response.json()) as Record<string, string>
    assert.ok(Date.parse(Expiration!) - clock.now() >= (25 * hour) / 60)
    assert.match(SecretAccessKey!, /^secret-\d+$/)
  }
  const proofs = both.asked.map(({ form }) => form.get('WebIdentityToken'))
  assert.equal(new Set(proofs).size, proofs.length)
  assert.ok(proofs.length >= 144 && proofs.length <= 165, `${proofs.length} exchanges`)
  await federation.close()
  await assert.rejects(fetch(url, { headers }))
})

test('the first refusal is thrown, with the name of its credential, and nothing goes on after it', async (t) => {
  const { clock, both, world, plan, place } = await scene(t)
  const servers = await listening()
  const wrong = plan({ name: 'wrong', steps: [awsStep(both, 'arn:aws:iam::123456789012:role/forbidden')] })
  await assert.rejects(federate([plan({}), wrong], place, world), {
    code: 'EXCHANGE_REFUSED',
    message: /^credential "wrong": /,
  })
  assert.equal(await listening(), servers)
  const calls = both.asked.length
  await clock.advance(72 * hour, turn)
  assert.equal(both.asked.length, calls)
})

test('a credential that is delivered to nobody is not asked for until somebody does', async (t) => {
  const { both, world, plan, place } = await scene(t)
  const wrong = plan({
    name: 'later',
    deliveries: [],
    steps: [awsStep(both, 'arn:aws:iam::123456789012:role/forbidden')],
  })
  const federation = await federate([plan({}), wrong], place, world)
  t.after(() => federation.close())
  assert.equal(both.asked.length, 1)
  await assert.rejects(federation.leases[1]!.get(), { code: 'EXCHANGE_REFUSED' })
})

test('a delivery that cannot be made closes those that were', async (t) => {
  const { clock, both, world, plan, place } = await scene(t)
  const servers = await listening()
  const plans = [plan({}), plan({ name: 'wrong', deliveries: ['gce'] })]
  await assert.rejects(federate(plans, place, world), { code: 'DELIVERY_KIND' })
  assert.equal(await listening(), servers)
  const calls = both.asked.length
  await clock.advance(72 * hour, turn)
  assert.equal(both.asked.length, calls)
})

test('an outage of the token service is not seen by those who have a credential', async (t) => {
  const { clock, both, world, plan } = await scene(t)
  const held = lease(plan({}), world)
  const first = await held.get()
  both.state.away = true
  await clock.advance(hour - 1, held.settled)
  assert.equal((await held.get()).expiresAtMs, first.expiresAtMs)
  assert.deepEqual(world.lines.length, 1)
  await clock.advance(1, held.settled)
  await assert.rejects(held.get(), { code: 'LEASE_EXPIRED' })
  both.state.away = false
  await clock.advance(60_000, held.settled)
  assert.ok((await held.get()).expiresAtMs > clock.now())
  assert.equal(world.lines.length, 2)
  held.stop()
})
