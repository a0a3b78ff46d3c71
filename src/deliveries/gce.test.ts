import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { testClock } from '../../test/clock.ts'
import { accessToken, awsPlan, expiresAtMs, fixedLease, googlePlan } from '../../test/fixed-lease.ts'
import type { Credential } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import type { Variant } from '../lease.ts'
import { Secret } from '../secret.ts'
import { childEnvironment } from './child.ts'
import { gce, gceApp, gceFacts } from './gce.ts'

const email = 'loader@acme.iam.gserviceaccount.com'
const account = '/computeMetadata/v1/instance/service-accounts/default'

const idToken = (audience: string): Credential => ({
  kind: 'id-token',
  token: new Secret('a.b.c'),
  audience,
  expiresAtMs,
})

const usual = (variant: Variant) => (variant.audience ? idToken(variant.audience) : accessToken)

function served(give = usual, plan = googlePlan, clock = testClock()) {
  const lease = fixedLease(give)
  const app = gceApp({ lease, clock, facts: gceFacts(plan) })
  const ask = async (path: string, headers: Record<string, string> = { 'metadata-flavor': 'Google' }) => {
    const at = path.startsWith('/') ? path : `/computeMetadata/v1/${path}`
    const answer = await app.request(at, { headers })
    assert.equal(answer.headers.get('metadata-flavor'), 'Google', `${at} is without the flavor`)
    if (answer.status !== 301) assert.ok(answer.headers.get('content-type'), `${at} is without a type`)
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  return { ask, lease, clock }
}

test('every path that a client was seen to ask answers as it expects', async () => {
  const { ask } = served()
  const leaves = {
    'project/project-id': 'acme',
    'project/numeric-project-id': '111111111111',
    'universe/universe-domain': 'googleapis.com',
    'instance/service-accounts/': `default/\n${email}/\n`,
    'instance/service-accounts/default/email': email,
    'instance/service-accounts/default/aliases': 'default\n',
    'instance/service-accounts/default/scopes': 'https://www.googleapis.com/auth/cloud-platform\n',
    [`instance/service-accounts/${email}/email`]: email,
    'instance/service-accounts/default/': 'aliases\nemail\nidentity\nscopes\ntoken\n',
    'instance/attributes/': '',
  }
  for (const [path, text] of Object.entries(leaves))
    assert.deepEqual({ path, text: (await ask(path)).text }, { path, text })
})

test('the ping of Python and Java needs no header and gets the flavor', async () => {
  const { status } = await served().ask('/', {})
  assert.equal(status, 200)
})

test('a request without the flavor is refused', async () => {
  const { ask } = served()
  assert.equal((await ask(`${account}/token`, {})).status, 403)
})

test('a token tells the true rest of its life as an integer', async () => {
  const { ask, clock } = served()
  clock.jump(600_500)
  assert.deepEqual(JSON.parse((await ask(`${account}/token`)).text), {
    access_token: 'token-of-the-test',
    expires_in: 3000,
    token_type: 'Bearer',
  })
})

test('a token is given for the e-mail address as for `default`, and for no other account', async () => {
  const { ask } = served()
  assert.equal((await ask(`instance/service-accounts/${email}/token`)).status, 200)
  assert.equal((await ask('instance/service-accounts/other@acme.iam.gserviceaccount.com/token')).status, 404)
})

test('scopes are asked of the lease, in one order; unknown parameters are passed over', async () => {
  const { ask, lease } = served()
  await ask(`${account}/token?scopes=b%2Ca&transport=mtls`)
  await ask(`${account}/token?binding-enforcement=on`)
  assert.deepEqual(lease.asked, [{ scopes: ['a', 'b'] }, {}])
})

test('an ID token is for the audience that was asked, and without one the request is wrong', async () => {
  const { ask, lease } = served()
  assert.equal((await ask(`${account}/identity?audience=https%3A%2F%2Fapp.test&format=full`)).text, 'a.b.c')
  assert.deepEqual(lease.asked, [{ audience: 'https://app.test' }])
  assert.equal((await ask(`${account}/identity`)).status, 400)
})

test('a refused ID token is 404, after which gcloud goes on; one that may come later is 503', async () => {
  const refused = served(() => {
    throw new MayflyError('EXCHANGE_REFUSED', { message: 'the federated identity has no service account' })
  })
  const passing = served(() => {
    throw new MayflyError('EXCHANGE_UNREACHABLE', { message: 'no answer', transient: true })
  })
  assert.equal((await refused.ask(`${account}/identity?audience=a`)).status, 404)
  assert.equal((await passing.ask(`${account}/identity?audience=a`)).status, 503)
})

test('a failing renewal is 503 with the reason, and an expired token is never given', async () => {
  const failing = served(() => {
    throw new MayflyError('LEASE_EXPIRED', {
      message: 'the token service is away',
      hint: 'Wait.',
      transient: true,
    })
  })
  const { status, text } = await failing.ask(`${account}/token`)
  assert.equal(status, 503)
  assert.deepEqual(JSON.parse(text), {
    error: 'LEASE_EXPIRED',
    error_description: 'the token service is away. Wait.',
  })
  assert.equal((await served(usual, googlePlan, testClock(expiresAtMs)).ask(`${account}/token`)).status, 503)
})

test('a folder without its slash is redirected there with its query, and given by ?recursive=true', async () => {
  const { ask } = served()
  const { status, headers } = await ask('instance?alt=json')
  assert.equal(status, 301)
  assert.equal(headers.get('location'), '/computeMetadata/v1/instance/?alt=json')
  const whole = { aliases: ['default'], email, scopes: ['https://www.googleapis.com/auth/cloud-platform'] }
  assert.deepEqual(JSON.parse((await ask('instance/service-accounts/default/?recursive=true')).text), whole)
  const accounts = JSON.parse((await ask('instance/service-accounts/?recursive=true')).text)
  assert.deepEqual(accounts, { default: whole, [email]: whole })
  const project = JSON.parse((await ask('project/?recursive=true')).text)
  assert.deepEqual(project, { attributes: {}, numericProjectId: '111111111111', projectId: 'acme' })
})

test('alt=json gives a leaf as JSON', async () => {
  const { ask } = served()
  assert.equal((await ask('project/project-id?alt=json')).text, '"acme"')
  assert.deepEqual(JSON.parse((await ask('instance/service-accounts/default/scopes?alt=json')).text), [
    'https://www.googleapis.com/auth/cloud-platform',
  ])
})

test('what is not known is 404: the cluster, the zone, inherited names', async () => {
  const { ask } = served()
  for (const path of [
    'instance/attributes/cluster-name',
    'instance/zone',
    'project/constructor',
    '__proto__',
  ])
    assert.equal((await ask(path)).status, 404, path)
})

test('a client that waits for a change gets the same value when its time is up, and one that lags at once', async () => {
  const { ask, clock } = served()
  const etag = (await ask('project/project-id')).headers.get('etag')!
  let answered = false
  const waiting = ask(`project/project-id?wait_for_change=true&last_etag=${etag}&timeout_sec=60`).then(
    (answer) => {
      answered = true
      return answer
    },
  )
  await clock.advance(59_000, () => new Promise(setImmediate))
  assert.equal(answered, false)
  await clock.advance(1_000)
  assert.equal((await waiting).text, 'acme')
  assert.equal((await ask('project/project-id?wait_for_change=true&last_etag=old')).text, 'acme')
})

test('an identity that is federated without a service account goes by the name of default', async () => {
  const { impersonation: _, ...step } = googlePlan.steps[0] as (typeof googlePlan.steps)[0] & { to: 'google' }
  const { ask } = served(usual, { ...googlePlan, steps: [step] })
  assert.equal((await ask('instance/service-accounts/')).text, 'default/\n')
  assert.equal((await ask('instance/service-accounts/default/email')).text, 'default')
})

test('a plan that ends elsewhere has no metadata', () => {
  assert.throws(() => gceFacts(awsPlan), { code: 'DELIVERY_KIND' })
})

async function delivered(t: TestContext, home: string) {
  const directory = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  const lines: string[] = []
  const clock = testClock(Date.now())
  const credential = { ...accessToken, expiresAtMs: Date.now() + 3_600_000 }
  const made = await gce.deliver({
    lease: fixedLease((variant) => (variant.audience ? idToken(variant.audience) : credential)),
    plan: googlePlan,
    directory,
    command: [],
    world: { env: { HOME: home }, clock, http: noHttp, log: (line) => lines.push(line) },
  })
  t.after(async () => {
    await made.close()
    await rm(directory, { recursive: true })
  })
  return { ...made, lines, directory }
}

const noHttp = async () => {
  throw new Error('a delivery makes no request')
}

test('a gcloud login that would win is hidden, and named for the programs that find it all the same', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  t.after(() => rm(home, { recursive: true }))
  const before = await delivered(t, home)
  assert.deepEqual([before.lines, 'CLOUDSDK_CONFIG' in childEnvironment({}, before.changes)], [[], false])

  await mkdir(join(home, '.config', 'gcloud'), { recursive: true })
  await writeFile(join(home, '.config', 'gcloud', 'application_default_credentials.json'), '{}')
  const after = await delivered(t, home)
  const folder = childEnvironment({}, after.changes).CLOUDSDK_CONFIG!
  assert.deepEqual(await readdir(folder), [])
  assert.equal(after.lines.length, 1)
  assert.match(after.lines[0]!, /application_default_credentials\.json/)
})

test('a request that was forwarded is refused, under either header', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  t.after(() => rm(home, { recursive: true }))
  const { GCE_METADATA_HOST: host } = childEnvironment({}, (await delivered(t, home)).changes)
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`
  const status = async (more: Record<string, string>) =>
    (await fetch(url, { headers: { 'metadata-flavor': 'Google', ...more } })).status
  assert.deepEqual(
    [
      await status({}),
      await status({ 'x-forwarded-for': '::1' }),
      await status({ forwarded: 'for=192.0.2.1' }),
    ],
    [200, 403, 403],
  )
})

test('google-auth-library, unmodified, gets project, token and ID token through the environment alone', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  t.after(() => rm(home, { recursive: true }))
  const { changes } = await delivered(t, home)
  const env = childEnvironment({ PATH: process.env.PATH, HOME: home, NO_GCE_CHECK: 'true' }, changes)
  delete env.GOOGLE_CLOUD_PROJECT
  const program = `
    import { GoogleAuth } from 'google-auth-library'
    const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'] })
    const client = await auth.getIdTokenClient('https://app.test')
    console.log(await auth.getProjectId(), await auth.getAccessToken(), (await auth.getClient()).constructor.name)
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env,
    cwd: import.meta.dirname,
  })
  assert.equal(stdout.trim(), 'acme token-of-the-test Compute')
})
