import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Environment } from '../../src/world.ts'
import { type Cloud, googleCredentials, region, roleArn, startCloud } from '../fakes/cloud.ts'
import { type Call, type LivingClient, startClient } from '../fakes/living-client.ts'
import { type SharedClock, sharedClock } from '../fakes/shared-clock.ts'
import { type Federated, federated } from './world.ts'

// Days in the life of two services, with real SDKs that live in the simulated time: an application with
// @aws-sdk/client-s3 and client-sts on Kubernetes, and one with @google-cloud/bigquery on ECS.

const minuteMs = 60_000
const hourMs = 60 * minuteMs

interface Service {
  readonly client: LivingClient
  readonly federated: Federated
  /** How long what its SDK would be given now lives, in milliseconds; an answer that is no credential throws its text. */
  served(): Promise<number>
}

interface Stage {
  readonly cloud: Cloud
  readonly clock: SharedClock
  readonly aws: Service
  readonly google: Service
  /** Moves time on, as fast as the exchanges that fall due on the way take. */
  pass(ms: number): Promise<void>
}

test('72 hours: no client ever sees an expired credential', async (t) => {
  const { cloud, aws, google, pass } = await stage(t)
  const stepMs = 10 * minuteMs
  for (let passedMs = 0; passedMs < 72 * hourMs; passedMs += stepMs) {
    await pass(stepMs)
    const at = `after ${(passedMs + stepMs) / minuteMs} min`
    const [leftAws, leftGoogle] = await Promise.all([aws.served(), google.served()])
    assert.ok(
      leftAws >= 25 * minuteMs,
      `${at} AWS credentials are served with ${leftAws / minuteMs} min left`,
    )
    assert.ok(
      leftGoogle >= 5 * minuteMs,
      `${at} a Google token is served with ${leftGoogle / minuteMs} min left`,
    )
    for (const call of await Promise.all([aws.client.call(), google.client.call()]))
      assert.ok(call.ok, `${at}: ${call.text}`)
  }
  assert.deepEqual([...cloud.s3.turnedAway, ...cloud.bigquery.turnedAway], [])
  const steps = Math.ceil((72 * hourMs) / stepMs)
  assert.ok(cloud.s3.seen.length >= steps && cloud.bigquery.seen.length >= steps)
  // At half an hour left, so two an hour or a little more, and not one at every call.
  const exchanges = cloud.records.filter(({ action }) => action === 'AssumeRoleWithWebIdentity')
  assert.ok(exchanges.length >= 72 && exchanges.length <= 160, `${exchanges.length} exchanges`)
})

test('a token service that is away for 20 minutes: nothing expired is used, and then all is well', async (t) => {
  const outage = { on: false }
  const { cloud, aws, google, pass } = await stage(t, () => outage.on)
  // Six times, each at another phase of the credentials' lives.
  for (let i = 0; i < 6; i++) {
    await pass(47 * minuteMs)
    outage.on = true
    for (let minutes = 0; minutes < 20; minutes += 5) {
      await pass(5 * minuteMs)
      // AWS credentials are renewed at 30 minutes left: nobody notices. A Google token may have had 10.
      const call = await aws.client.call()
      assert.ok(call.ok, call.text)
      const left = await google.served().catch((error) => assert.match(error.message, /LEASE_EXPIRED/))
      if (left !== undefined) assert.ok(left > 0)
    }
    outage.on = false
    // The longest back-off is a minute.
    await pass(2 * minuteMs)
    for (const call of await Promise.all([aws.client.call(), google.client.call()]))
      assert.ok(call.ok, call.text)
  }
  assert.ok(aws.federated.log.length > 0, 'nobody was told of the outage')
  assert.deepEqual([...cloud.s3.turnedAway, ...cloud.bigquery.turnedAway], [])
})

test('an outage longer than a credential lives: served to its end, then a clear error, then well again', async (t) => {
  const outage = { on: false }
  const { cloud, aws, google, clock, pass } = await stage(t, () => outage.on)
  await pass(31 * minuteMs)
  outage.on = true
  const ends = await Promise.all(
    [aws, google].map(async (service) => ({ service, endsMs: clock.now() + (await service.served()) })),
  )
  for (const { service, endsMs } of ends.sort((a, b) => a.endsMs - b.endsMs)) {
    await pass(endsMs - clock.now() - 30_000)
    assert.ok((await service.served()) > 0, 'the last minute of a credential is its own')
    const call = await service.client.call()
    assert.ok(call.ok, call.text)
  }
  await pass(5 * minuteMs)
  for (const service of [aws, google]) {
    await assert.rejects(service.served(), /LEASE_EXPIRED/)
    assert.equal((await callInEarnest(service.client, pass)).ok, false)
  }
  // What had expired was not even sent.
  assert.deepEqual([...cloud.s3.turnedAway, ...cloud.bigquery.turnedAway], [])

  outage.on = false
  await pass(10 * minuteMs)
  for (const service of [aws, google]) {
    const call = await service.client.call()
    assert.ok(call.ok, call.text)
  }
})

/** A call while time passes as it does: an SDK that is refused credentials asks again and again before it gives up. */
async function callInEarnest(client: LivingClient, pass: Stage['pass']): Promise<Call> {
  let ended = false
  const call = client.call().finally(() => {
    ended = true
  })
  const tickMs = 100
  while (!ended) {
    await setTimeout(tickMs)
    await pass(tickMs)
  }
  return call
}

async function stage(t: TestContext, away = () => false): Promise<Stage> {
  // The start is the machine's own time, since certificates hold by that alone.
  const folder = await startCloudFolder(t)
  const { cloud, clock } = folder
  const kubelet = projectToken(cloud, clock)
  const agent = await cloud.ecs('loader-task')
  cloud.bigquery.tables.set('acme.sales.orders', [{ id: 1 }])
  const start = async (env: Environment, program: string, served: (env: Environment) => Promise<number>) => {
    const federation = await federated({ env: { ...cloud.env, ...env }, cloud, clock, away })
    const client = startClient(new URL(`./clients/${program}.mjs`, import.meta.url), {
      ...federation.env,
      ...clock.env,
    })
    t.after(() => Promise.all([client.close(), federation.close()]))
    return { client, federated: federation, served: () => served(federation.env) }
  }
  const awsEnv = {
    AWS_REGION: region,
    AWS_ROLE_ARN: roleArn('uploader'),
    AWS_WEB_IDENTITY_TOKEN_FILE: kubelet.file,
  }
  const googleEnv = { ...agent.withTaskRole, GOOGLE_APPLICATION_CREDENTIALS: googleCredentials }
  const [aws, google] = await Promise.all([
    start(awsEnv, 's3', (env) => containerCredentials(env, clock)),
    start(googleEnv, 'bigquery', metadataToken),
  ])
  const settle = async () => {
    kubelet.renew()
    await Promise.all([aws.federated.settled(), google.federated.settled()])
  }
  const pass = (ms: number) => clock.advance(ms, settle)
  // As services do, they called before anything went wrong.
  for (const { client } of [aws, google]) assert.deepEqual((await client.call()).ok, true)
  return { cloud, clock, aws, google, pass }
}

async function startCloudFolder(t: TestContext): Promise<{ cloud: Cloud; clock: SharedClock }> {
  let clock: SharedClock | undefined
  // Half a second off, since AWS SDK for JavaScript still uses credentials in the millisecond in which they expire.
  const startMs = Math.floor(Date.now() / 1000) * 1000 + 500
  const cloud = await startCloud({ now: () => clock?.now() ?? startMs })
  clock = sharedClock(join(cloud.home, 'clock'), startMs)
  t.after(async () => {
    clock.close()
    await cloud.close()
  })
  return { cloud, clock }
}

/** The volume of a pod: the token of an hour is written anew at 80 % of its life, as kubelet does. */
function projectToken(cloud: Cloud, clock: SharedClock) {
  const file = join(cloud.home, 'token')
  let renewsMs = 0
  const renew = () => {
    if (clock.now() < renewsMs) return
    renewsMs = clock.now() + 0.8 * hourMs
    const inputs = { namespace: 'shop', serviceaccount: 'uploader' }
    const { token } = cloud.issue('https://kubernetes.example', { inputs, audience: ['sts.amazonaws.com'] })
    writeFileSync(file, token.reveal(), { mode: 0o600 })
  }
  renew()
  return { file, renew }
}

/** What an AWS SDK gets from the endpoint that its environment names. */
async function containerCredentials(env: Environment, clock: SharedClock): Promise<number> {
  const authorization = env.AWS_CONTAINER_AUTHORIZATION_TOKEN!
  const answer = await fetch(env.AWS_CONTAINER_CREDENTIALS_FULL_URI!, { headers: { authorization } })
  if (!answer.ok) throw new Error(await answer.text())
  const { Expiration } = (await answer.json()) as { Expiration: string }
  return Date.parse(Expiration) - clock.now()
}

/** What Google's BigQuery library gets from the metadata server that its environment names. */
async function metadataToken(env: Environment): Promise<number> {
  const scopes = encodeURIComponent('https://www.googleapis.com/auth/bigquery')
  const account = `http://${env.GCE_METADATA_HOST}/computeMetadata/v1/instance/service-accounts/default`
  const url = `${account}/token?scopes=${scopes}`
  const answer = await fetch(url, { headers: { 'Metadata-Flavor': 'Google' } })
  if (!answer.ok) throw new Error(await answer.text())
  const { expires_in: seconds } = (await answer.json()) as { expires_in: number }
  return seconds * 1000
}
