import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayfly, run } from '../fakes/run.ts'
import { awsJob, secretAccessKey, sessionToken } from './surroundings.ts'

test('one credential is obtained once and printed as JSON', async (t) => {
  const { env, exchanges } = await awsJob(t)
  const { code, out, err } = await run([mayfly, 'get', 'aws'], env)
  assert.deepEqual([code, err, exchanges()], [0, '', 1])
  const printed = JSON.parse(out)
  assert.deepEqual([printed.kind, printed.secretAccessKey], ['aws', secretAccessKey])
})

test('a shell takes what --format env prints', async (t) => {
  const { env } = await awsJob(t)
  const script = `eval "$('${mayfly}' get aws --format env)"; printf %s "$AWS_SESSION_TOKEN"`
  assert.equal((await run(['/bin/sh', '-c', script], env)).out, sessionToken)
  const region = `unset AWS_REGION; eval "$(AWS_REGION=eu-west-1 '${mayfly}' get aws --format env)"; printf %s "$AWS_REGION"`
  assert.equal((await run(['/bin/sh', '-c', region], env)).out, 'eu-west-1')
})

test('what AWS credentials do not have cannot be asked of them', async (t) => {
  const { env } = await awsJob(t)
  for (const flag of ['--scopes', '--audience']) {
    const { code, out, err } = await run([mayfly, 'get', 'aws', flag, 'x'], env)
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /^code: COMMAND_USAGE /m)
  }
})

test('a working directory that is gone is no matter to what needs none', async (t) => {
  const { env } = await awsJob(t)
  const script = `mkdir "$HOME/gone" && cd "$HOME/gone" && rmdir "$HOME/gone" && '${mayfly}' get aws --format env`
  assert.equal((await run(['/bin/sh', '-c', script], env)).code, 0)
})

test('AWS credentials are no bearer token, and the formats that do are named', async (t) => {
  const { env } = await awsJob(t)
  const { code, out, err } = await run([mayfly, 'get', 'aws', '--format', 'header'], env)
  assert.deepEqual([code, out], [2, ''])
  assert.match(err, /process/)
})

test('below a run, the credential comes from its memory; a program that runs it as credential_process gets it', async (t) => {
  const { env, exchanges } = await awsJob(t)
  const command = [mayfly, 'run', '--', mayfly, 'get', 'aws', '--format', 'process']
  const { out, err } = await run(command, { ...env, AWS_ROLE_SESSION_NAME: 'job' })
  assert.equal(err, '')
  const { Version, SessionToken, Expiration } = JSON.parse(out)
  assert.deepEqual([Version, SessionToken, exchanges()], [1, sessionToken, 1])
  assert.match(Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

test('the credential_process delivery ends in the same credential', async (t) => {
  const { env, exchanges } = await awsJob(t)
  const script = `sh -c "$(sed -n 's/^credential_process = //p' "$AWS_CONFIG_FILE")"`
  const { out } = await run(
    [mayfly, 'run', '--deliver', 'credential-process', '--', '/bin/sh', '-c', script],
    env,
  )
  assert.deepEqual([JSON.parse(out).SecretAccessKey, exchanges()], [secretAccessKey, 1])
})

test('a Mayfly that is gone is told as that', async (t) => {
  const { env } = await awsJob(t)
  const { code, err } = await run([mayfly, 'get', 'aws'], { ...env, MAYFLY_AGENT: 'http://127.0.0.1:9/x' })
  assert.equal(code, 1)
  assert.match(err, /^code: DELIVERY_AGENT /m)
})

test('a name that the run does not have is told with those that it has', async (t) => {
  const { env } = await awsJob(t)
  const { code, err } = await run([mayfly, 'run', '--', mayfly, 'get', 'warehouse'], env)
  assert.equal(code, 1)
  assert.match(err, /warehouse[\s\S]*aws/)
})
