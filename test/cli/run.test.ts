import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { mayfly, run } from '../fakes/run.ts'
import { awsJob, proof, secretAccessKey, sessionToken, started } from './surroundings.ts'

const node = process.execPath
const secrets = [secretAccessKey, sessionToken, proof]

test('the program gets working credentials, and none of them is in its environment', async (t) => {
  const { env, leftovers } = await awsJob(t)
  const program = `
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env
    const answer = await fetch(url, { headers: { authorization } })
    console.log(JSON.stringify({ env: process.env, got: await answer.json() }))
  `
  const { code, out, err } = await run([mayfly, 'run', '--', node, '--input-type=module', '-e', program], env)
  assert.deepEqual([code, err], [0, ''])
  const { env: seen, got } = JSON.parse(out) as Record<'env' | 'got', Record<string, string>>
  assert.equal(got.SecretAccessKey, secretAccessKey)
  assert.equal(got.Token, sessionToken)
  for (const [name, value] of Object.entries(seen))
    for (const secret of secrets) assert.ok(!value.includes(secret), `${name} holds a secret`)
  assert.equal(seen.AWS_WEB_IDENTITY_TOKEN_FILE, undefined)
  assert.deepEqual(await leftovers(), [])
})

test('the exit code of the program is the exit code', async (t) => {
  const { env } = await awsJob(t)
  assert.equal((await run([mayfly, 'run', '--', node, '-e', 'process.exit(7)'], env)).code, 7)
})

test('a program that a signal ended ends Mayfly by the same signal', async (t) => {
  const { env, leftovers } = await awsJob(t)
  const { ended } = started(['run', '--', '/bin/sh', '-c', 'kill -TERM $$'], env)
  assert.equal((await ended).signal, 'SIGTERM')
  assert.deepEqual(await leftovers(), [])
})

test('a signal that leaves a core file is told by the exit code', async (t) => {
  const { env } = await awsJob(t)
  const { ended } = started(['run', '--', '/bin/sh', '-c', 'ulimit -c 0; kill -ABRT $$'], env)
  assert.equal((await ended).code, 128 + 6)
})

test('a command that is not there is 127, one that may not be run 126, before anything is obtained', async (t) => {
  const { env, leftovers, exchanges } = await awsJob(t)
  const absent = await run([mayfly, 'run', '--', 'no-such-command'], env)
  assert.equal(absent.code, 127)
  assert.match(absent.err, /^code: COMMAND_ABSENT /m)
  const file = join(env.HOME, 'data')
  await writeFile(file, 'x')
  await chmod(file, 0o600)
  const denied = await run([mayfly, 'run', '--', file], env)
  assert.equal(denied.code, 126)
  assert.match(denied.err, /^code: COMMAND_DENIED /m)
  const folder = await run([mayfly, 'run', '--', env.HOME], env)
  assert.equal(folder.code, 126)
  assert.match(folder.err, /is a folder/)
  assert.equal(exchanges(), 0)
  assert.deepEqual(await leftovers(), [])
})

const patient = (signal: string) => `
  let count = 0
  process.on('${signal}', () => console.log('got ${signal} ' + ++count))
  process.on('SIGUSR2', () => process.exit(count))
  setInterval(() => {}, 1000)
  console.log('ready')
`

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(`${signal} reaches the program once, which decides what to do`, async (t) => {
    const { env, leftovers } = await awsJob(t)
    const job = started(['run', '--', node, '-e', patient(signal)], env)
    await job.said('ready')
    job.kill(signal)
    await job.said(`got ${signal} 1`)
    job.kill('SIGUSR2')
    const { code } = await job.ended
    assert.equal(code, 1)
    assert.deepEqual(await leftovers(), [])
  })

test('Ctrl-C on a terminal reaches the program once, not a second time by way of Mayfly', async (t) => {
  if (spawnSync('script', ['--version']).error)
    return t.skip('script(1), which gives a terminal, is not here')
  const { env } = await awsJob(t)
  const file = join(env.HOME, 'program.cjs')
  // Whatever Mayfly passes on of the Ctrl-C it passes on before the SIGUSR1 that comes after it.
  await writeFile(
    file,
    `let count = 0
    process.on('SIGINT', () => { count++; process.kill(process.ppid, 'SIGUSR1') })
    process.on('SIGUSR1', () => process.exit(count))
    setInterval(() => {}, 1000)
    console.log('ready')`,
  )
  const typed = `exec '${mayfly}' run -- '${node}' '${file}'`
  const terminal = spawn('script', ['-qefc', typed, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  terminal.stdout.on('data', (part) => String(part).includes('ready') && terminal.stdin.write('\x03'))
  assert.equal(await new Promise((resolve) => terminal.once('close', resolve)), 1)
})

test('interrupted before the program starts, it ends at once and leaves nothing', async (t) => {
  const { env, leftovers } = await awsJob(t)
  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.after(() => silent.close())
  const asked = new Promise((resolve) => silent.once('connection', resolve))
  const { port } = silent.address() as { port: number }
  const job = started(['run', '--', 'true'], { ...env, AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port}` })
  await Promise.race([asked, job.ended])
  job.kill('SIGTERM')
  assert.equal((await job.ended).signal, 'SIGTERM')
  assert.deepEqual(await leftovers(), [])
})

test('a refusal of the token service is told in its own words, without the proof', async (t) => {
  const { env } = await awsJob(t, { refuses: true })
  const { code, out, err } = await run([mayfly, 'run', '--', 'echo', 'started'], env)
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /Not authorized to perform sts:AssumeRoleWithWebIdentity/)
  assert.match(err, /^code: EXCHANGE_REFUSED /m)
  for (const secret of secrets) assert.ok(!err.includes(secret))
})

test('--deliver chooses the delivery; one that carries nothing here is refused', async (t) => {
  const { env } = await awsJob(t)
  const printed = await run([mayfly, 'run', '--deliver', 'env', '--', 'printenv', 'AWS_SESSION_TOKEN'], env)
  assert.equal(printed.out, `${sessionToken}\n`)
  assert.match(printed.err, /cannot be renewed/)
  const wrong = await run([mayfly, 'run', '--deliver', 'gce', '--', 'true'], env)
  assert.deepEqual([wrong.code, /^code: DELIVERY_KIND /m.test(wrong.err)], [1, true])
  const unknown = await run([mayfly, 'run', '--deliver', 'ecss', '--', 'true'], env)
  assert.deepEqual([unknown.code, /did you mean ecs/.test(unknown.err)], [2, true])
})

test('--verbose names what was obtained and each variable, and no secret', async (t) => {
  const { env } = await awsJob(t)
  const { err } = await run([mayfly, 'run', '--verbose', '--', 'true'], env)
  assert.match(err, /AWS_CONTAINER_CREDENTIALS_FULL_URI +set +http:\/\/127\.0\.0\.1:\d+\/…$/m)
  assert.match(err, /MAYFLY_AGENT +set +http:\/\/127\.0\.0\.1:\d+\/…$/m)
  assert.match(err, /AWS_REGION +set +eu-west-1$/m)
  for (const secret of secrets) assert.ok(!err.includes(secret))
})
