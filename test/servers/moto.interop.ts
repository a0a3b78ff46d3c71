import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Secret } from '../../src/secret.ts'
import type { Environment } from '../../src/world.ts'
import { emptyHome, proof } from '../cli/surroundings.ts'
import { serveEcsAgent } from '../fakes/ecs-agent.ts'
import { mayfly, run } from '../fakes/run.ts'
import { prepare } from './prepare.ts'
import { type Started, start } from './start.ts'

// moto, which many people test their AWS programs with. It looks at no token, but it checks the signature and the
// permissions of signed requests by botocore's own code once it is told to.

const account = '123456789012'
const region = 'eu-west-1'
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`
const program = (name: string) => fileURLToPath(new URL(`moto/${name}`, import.meta.url))
const uploads = ['node', 'demo/workloads/upload-picture.mjs']
const lists = ['python3', program('list_pictures.py')]
const underMayfly = (command: readonly string[]) => [mayfly, 'run', '--', ...command]

const { folder, skip } = await prepare('moto')

describe('moto as the token service', { skip }, () => {
  let moto: Started
  let task: Record<'AccessKeyId' | 'SecretAccessKey' | 'SessionToken' | 'Expiration', string>
  const { PATH, HOME } = process.env
  const python = { PATH, HOME, PYTHONPATH: join(folder, 'packages') }

  before(async () => {
    const command = ['python3', '-m', 'moto.server', '--port', '0']
    moto = await start({ command, env: python, ready: /Running on (http:\S+)/ })
    const filled = await run(['python3', program('set_up.py'), moto.found], python)
    assert.equal(filled.code, 0, filled.err)
    task = JSON.parse(filled.out)
  })
  after(() => moto.close())
  beforeEach(() => checkAfter(1))

  /** From the request after so many on, moto checks signatures and permissions. Nobody signs the exchange of a token. */
  async function checkAfter(requests: number) {
    const answer = await fetch(`${moto.found}/moto-api/reset-auth`, {
      method: 'POST',
      body: String(requests),
    })
    assert.equal(answer.status, 200)
  }

  async function surroundings(t: TestContext): Promise<Environment & { HOME: string }> {
    const home = await emptyHome(t)
    const { PYTHONPATH } = python
    return { ...home, PYTHONPATH, AWS_ENDPOINT_URL: moto.found, AWS_REGION: region }
  }

  async function pod(t: TestContext, role = 'deploy'): Promise<Environment & { HOME: string }> {
    const env = await surroundings(t)
    const file = join(env.HOME, 'token')
    await writeFile(file, proof, { mode: 0o600 })
    return { ...env, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: roleArn(role) }
  }

  /** A task of ECS whose role may assume `archive`, and the chain in mayfly.yaml. */
  async function ecsTask(
    t: TestContext,
    { externalId = 'acme-archive', secret = task.SecretAccessKey } = {},
  ) {
    const mint = async () => ({
      kind: 'aws' as const,
      accessKeyId: task.AccessKeyId,
      secretAccessKey: new Secret(secret),
      sessionToken: new Secret(task.SessionToken),
      expiresAtMs: Date.parse(task.Expiration),
    })
    const agent = await serveEcsAgent({ roleArn: roleArn('loader'), region, account, mint, now: Date.now })
    t.after(() => agent.close())
    const env = await surroundings(t)
    const file = join(env.HOME, 'mayfly.yaml')
    const entry = { to: 'aws', from: 'ecs', role: roleArn('archive'), externalId, lifetime: '15m' }
    await writeFile(file, JSON.stringify({ credentials: [entry] }))
    await checkAfter(0)
    return { env: { ...env, ...agent.withTaskRole }, config: ['--config', file] }
  }

  it('gives credentials for a token file, which `mayfly get` prints', async (t) => {
    const { code, out, err } = await run([mayfly, 'get', 'aws'], await pod(t))
    assert.deepEqual([code, err], [0, ''])
    const { accessKeyId, secretAccessKey, sessionToken, arn, expiration } = JSON.parse(out)
    assert.match(accessKeyId, /^ASIA/)
    assert.ok(secretAccessKey && sessionToken)
    assert.match(arn, /^arn:aws:sts::123456789012:assumed-role\/deploy\//)
    assert.ok(Math.abs(Date.parse(expiration) - Date.now() - 3_600_000) < 60_000, expiration)
  })

  it('takes what a program under `mayfly run` signs with them by an AWS SDK', async (t) => {
    const ran = await run(underMayfly(uploads), await pod(t))
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /^uploaded pets\/cat\.svg and fetched it again/)
  })

  it('refuses what the role may not do, to the program and in its SDK’s words', async (t) => {
    const ran = await run(underMayfly(lists), await pod(t))
    assert.match(ran.out, /^arn:aws:sts::123456789012:assumed-role\/deploy\//)
    assert.notEqual(ran.code, 0)
    assert.match(ran.err, /AccessDenied.*ListObjects/)
  })

  it('takes our signature of AssumeRole in a chain from a task of ECS', async (t) => {
    const { env, config } = await ecsTask(t)
    const ran = await run([mayfly, 'run', ...config, '--', ...lists], env)
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /^arn:aws:sts::123456789012:assumed-role\/archive\/\S+\n\d+\n$/)
  })

  it('gives a chain the lifetime that was asked for', async (t) => {
    const { env, config } = await ecsTask(t)
    const { code, out, err } = await run([mayfly, 'get', 'aws', ...config], env)
    assert.equal(code, 0, err)
    assert.ok(Math.abs(Date.parse(JSON.parse(out).expiration) - Date.now() - 900_000) < 60_000, out)
  })

  const refusals = [
    [
      'another ExternalId',
      { externalId: 'guessed' },
      /AccessDenied: User: .*\/loader\/task is not authorized/,
    ],
    ['a signature by another key', { secret: 'another' }, /SignatureDoesNotMatch: The request signature/],
  ] as const
  for (const [what, options, words] of refusals)
    it(`refuses ${what}, and its words are read under \`mayfly run\``, async (t) => {
      const { env, config } = await ecsTask(t, options)
      const ran = await run([mayfly, 'run', ...config, '--', 'echo', 'started'], env)
      assert.deepEqual([ran.code, ran.out], [1, ''])
      assert.match(ran.err, words)
      assert.match(ran.err, /^code: EXCHANGE_REFUSED/m)
    })

  it('answers with a page of HTML where it fails itself, which is told as no answer of AWS', async (t) => {
    const env = await pod(t)
    // moto looks for a signature on every request then, and stumbles where there is none.
    await checkAfter(0)
    const ran = await run(underMayfly(['echo', 'started']), env)
    assert.deepEqual([ran.code, ran.out], [1, ''])
    assert.match(ran.err, /^error: .*AWS STS at 127\.0\.0\.1:\d+.*500/m)
    assert.ok(!ran.err.includes('<html'), ran.err)
  })
})
