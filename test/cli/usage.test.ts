import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Environment } from '../../src/world.ts'
import { mayfly, run } from '../fakes/run.ts'
import { emptyHome } from './surroundings.ts'

async function typed(t: TestContext, args: readonly string[], more: Environment = {}) {
  const home = await emptyHome(t)
  return run([mayfly, ...args], { ...home, ...more }, { cwd: home.HOME })
}

async function refused(
  t: TestContext,
  args: readonly string[],
  wanted: { exit: number; code: string; words: RegExp },
) {
  const { code, out, err } = await typed(t, args)
  assert.equal(code, wanted.exit)
  assert.equal(out, '')
  assert.match(err, wanted.words)
  assert.match(
    err,
    new RegExp(`^code: ${wanted.code} {2}\\(docs/errors\\.md#${wanted.code.toLowerCase()}\\)$`, 'm'),
  )
}

test('a misspelled command is told which one was probably meant', (t) =>
  refused(t, ['rnu'], { exit: 2, code: 'COMMAND_USAGE', words: /no command "rnu"/ }))

test('a misspelled flag is told which one was probably meant', (t) =>
  refused(t, ['run', '--confg', 'x', '--', 'true'], { exit: 2, code: 'COMMAND_USAGE', words: /--config/ }))

test('a command without `--` before it gets the line as it should be', (t) =>
  refused(t, ['run', '--config', 'x', 'node', '-e', '1'], {
    exit: 2,
    code: 'COMMAND_USAGE',
    words: /^hint: Write: mayfly run --config x -- node -e 1$/m,
  }))

test('a delivery and a format that there are not are wrong command lines', async (t) => {
  await refused(t, ['get', 'aws', '--format', 'yaml'], { exit: 2, code: 'COMMAND_USAGE', words: /json, env/ })
})

test('what is planned and not built says so', (t) =>
  refused(t, ['doctor'], { exit: 2, code: 'COMMAND_USAGE', words: /not built yet/ }))

test('where nothing asks for a credential, everything that was looked for is named', (t) =>
  refused(t, ['run', '--', 'true'], {
    exit: 1,
    code: 'CONFIG_ABSENT',
    words: /mayfly\.yaml[\s\S]*GOOGLE_APPLICATION_CREDENTIALS[\s\S]*AWS_ROLE_ARN/,
  }))

const json = {
  type: 'external_account',
  audience:
    '//iam.googleapis.com/projects/111111111111/locations/global/workloadIdentityPools/bq-pool/providers/aws-provider',
  subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: {
    environment_id: 'aws1',
    region_url: 'http://169.254.169.254/latest/meta-data/placement/availability-zone',
    url: 'http://169.254.169.254/latest/meta-data/iam/security-credentials',
    regional_cred_verification_url:
      'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
  },
}

async function withJson(t: TestContext, content: unknown, more: Environment = {}) {
  const home = await emptyHome(t)
  const file = join(home.HOME, 'wif.json')
  await writeFile(file, JSON.stringify(content))
  const env = { ...home, ...more, GOOGLE_APPLICATION_CREDENTIALS: file }
  return run([mayfly, 'run', '--', 'true'], env, { cwd: home.HOME })
}

test('a JSON without `type` is told apart, with its path', async (t) => {
  const { type: _, ...untyped } = json
  const { code, err } = await withJson(t, untyped)
  assert.equal(code, 1)
  assert.match(err, /^code: CONFIG_TYPE /m)
  assert.match(err, /wif\.json/)
})

test('with no identity here, every source says what it looked for in vain', async (t) => {
  const { code, err } = await withJson(t, { ...json, subject_token_type: json.subject_token_type })
  assert.equal(code, 1)
  assert.match(err, /^code: SOURCE_(NONE|ABSENT) /m)
  assert.match(err, /AWS_CONTAINER_CREDENTIALS_RELATIVE_URI/)
})

test('with an execution role alone, the missing task role is named at once', async (t) => {
  const { code, err, ms } = await withJson(t, json, {
    ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/0',
    AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
    AWS_REGION: 'eu-west-1',
  })
  assert.equal(code, 1)
  assert.match(err, /^code: SOURCE_TASK_ROLE /m)
  assert.match(err, /taskRoleArn/)
  assert.ok(ms < 5000, `took ${ms} ms`)
})

test('help lists the commands on standard output, and tells of one', async (t) => {
  const { code, out, err } = await typed(t, ['--help'])
  assert.deepEqual([code, err], [0, ''])
  for (const command of ['run', 'get', 'sts', 'issue', 'demo'])
    assert.match(out, new RegExp(`mayfly ${command} `))
  assert.match((await typed(t, ['run', '--help'])).out, /127 when there is no such/)
})

test('a reader that goes away is no failure', async (t) => {
  const home = await emptyHome(t)
  const { code, err } = await run(['/bin/sh', '-c', `"${mayfly}" version | true; exit 0`], home)
  assert.deepEqual([code, err], [0, ''])
})

test('an answer that a full disk has lost is no success', async (t) => {
  const home = await emptyHome(t)
  const { code, err } = await run(['sh', '-c', 'exec "$0" help >/dev/full', mayfly], home, { cwd: home.HOME })
  assert.equal(code, 1)
  assert.match(err, /^error: standard output cannot be written \(ENOSPC\)\n.*\ncode: COMMAND_OUTPUT /)
})

test('a text that is longer than a pipe holds arrives whole', async (t) => {
  const home = await emptyHome(t)
  const host = 'token.actions.githubusercontent.com'
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
  }
  const roles = Array.from({ length: 60 }, () => ({ Version: '2012-10-17', Statement: [statement] }))
  await writeFile(join(home.HOME, 'roles.json'), JSON.stringify(roles))
  const { out } = await run(['/bin/sh', '-c', `"${mayfly}" lint roles.json --json | cat`], home, {
    cwd: home.HOME,
  })
  assert.ok(out.length > 100_000)
  assert.equal(JSON.parse(out).findings.length >= 60, true)
})
