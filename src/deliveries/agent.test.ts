import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { accessToken, awsCredential, awsPlan, fixedLease, googlePlan } from '../../test/fixed-lease.ts'
import { MayflyError } from '../errors.ts'
import type { Lease } from '../lease.ts'
import { Secret } from '../secret.ts'
import { agentApp, choose, type Held, serveAgent } from './agent.ts'
import { childEnvironment } from './child.ts'

const token = new Secret('bearer-of-the-test')
const bearer = { authorization: `Bearer ${token.reveal()}` }
const aws = fixedLease(() => awsCredential)
const google = fixedLease(() => accessToken, 'warehouse')
const held = [
  { plan: awsPlan, lease: aws },
  { plan: googlePlan, lease: google },
]

function asked(path: string, headers: Record<string, string> = bearer, leases: readonly Held[] = held) {
  return agentApp({ held: leases, base: '/base', token }).request(`/base${path}`, { headers })
}

test('a credential is given by its name and by its cloud, with all that `mayfly get` prints', async () => {
  assert.deepEqual(await (await asked('/credentials/deploy')).json(), {
    kind: 'aws',
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'secret-of-the-test',
    sessionToken: 'session-of-the-test',
    region: 'eu-west-1',
    expiration: '2026-11-22T01:00:00Z',
  })
  const found = (await (await asked('/credentials/google?scopes=b,a&audience=')).json()) as { token: string }
  assert.equal(found.token, 'token-of-the-test')
  assert.deepEqual(google.asked, [{ scopes: ['a', 'b'] }])
})

test('without the bearer there is no credential, and beside the base there is nothing', async () => {
  assert.equal((await asked('/credentials/deploy', {})).status, 401)
  assert.equal((await asked('/credentials/deploy', { authorization: 'Bearer x' })).status, 401)
  const app = agentApp({ held, base: '/base', token })
  assert.equal((await app.request('/credentials/deploy', { headers: bearer })).status, 404)
})

test('the status tells state, expiry and the last failure, and no secret', async () => {
  const failure = {
    code: 'EXCHANGE_UNREACHABLE',
    message: 'no answer',
    hint: 'Wait.',
    sinceMs: Date.UTC(2026, 10, 22),
  }
  const failing: Lease = { ...aws, status: () => ({ ...aws.status(), state: 'failing', failure }) }
  const answer = await asked('/status', {}, [{ plan: awsPlan, lease: failing }])
  const text = await answer.text()
  assert.deepEqual(JSON.parse(text), {
    credentials: [
      {
        name: 'deploy',
        to: 'aws',
        origin: 'a test',
        state: 'failing',
        expiresAt: '2026-11-22T01:00:00Z',
        failure: {
          code: 'EXCHANGE_UNREACHABLE',
          message: 'no answer',
          hint: 'Wait.',
          since: '2026-11-22T00:00:00Z',
        },
      },
    ],
  })
})

test('a failure keeps its code, sentence and hint on the way to `mayfly get`', async () => {
  const lease = fixedLease(() => {
    throw new MayflyError('LEASE_EXPIRED', { message: 'gone', hint: 'Wait.', transient: true })
  })
  const answer = await asked('/credentials/deploy', bearer, [{ plan: awsPlan, lease }])
  assert.equal(answer.status, 503)
  assert.deepEqual(await answer.json(), { code: 'LEASE_EXPIRED', message: 'gone', hint: 'Wait.' })
})

test('a name that there is not, and a cloud that two are for, are told apart', () => {
  assert.throws(() => choose(held, 'azure'), { code: 'CONFIG_ABSENT' })
  const second = { plan: { ...awsPlan, name: 'other' }, lease: aws }
  assert.throws(() => choose([...held, second], 'aws'), { code: 'COMMAND_USAGE' })
  assert.equal(choose([...held, second], 'other'), second)
})

test('the bearer is in a file that only this user can read, and not in the environment', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  const agent = await serveAgent({ held, directory })
  t.after(async () => {
    await agent.close()
    await rm(directory, { recursive: true })
  })
  const { MAYFLY_AGENT, MAYFLY_AGENT_TOKEN_FILE } = childEnvironment({}, agent.changes)
  const file = await readFile(MAYFLY_AGENT_TOKEN_FILE!, 'utf8')
  assert.equal((await stat(MAYFLY_AGENT_TOKEN_FILE!)).mode & 0o777, 0o600)
  assert.ok(!MAYFLY_AGENT!.includes(file))
  const answer = await fetch(`${MAYFLY_AGENT}/credentials/aws`, {
    headers: { authorization: `Bearer ${file}` },
  })
  assert.equal(answer.status, 200)
})
