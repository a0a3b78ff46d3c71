import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Environment } from '../world.ts'
import { hideProfiles, rewriteDefault } from './aws-profile.ts'
import { childEnvironment } from './child.ts'

const config = `# by hand
[default]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/x
web_identity_token_file=/token
s3 =
  max_concurrent_requests = 4
aws_secret_access_key = not-to-be-copied

[profile "gitlab"]
region = ap-northeast-2
role_arn = arn:aws:iam::123456789012:role/gitlab
web_identity_token_file = /token
services = mine
aws_secret_access_key = not-to-be-copied

[services mine]
sts =
  endpoint_url = http://127.0.0.1:1
`

test('the default profile loses its credentials, keeps the rest, and no key is copied', () => {
  assert.equal(
    rewriteDefault(config),
    `[default]
region = eu-west-1
s3 =
  max_concurrent_requests = 4

# by hand
[profile "gitlab"]
region = ap-northeast-2
role_arn = arn:aws:iam::123456789012:role/gitlab
web_identity_token_file = /token
services = mine

[services mine]
sts =
  endpoint_url = http://127.0.0.1:1
`,
  )
})

test('the settings of the chosen profile become those of the default one, with what is added', () => {
  const [, ...lines] = rewriteDefault(config, {
    active: 'gitlab',
    settings: { credential_process: 'x', region: 'y' },
  })
    .split('\n\n', 1)[0]!
    .split('\n')
  assert.deepEqual(lines, ['credential_process = x', 'region = y', 'services = mine'])
})

test('an empty file gets a default profile', () => {
  assert.equal(rewriteDefault('', { settings: { a: 'b' } }), '[default]\na = b\n')
})

async function home(t: TestContext, files: Record<string, string>) {
  const path = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  t.after(() => rm(path, { recursive: true }))
  await mkdir(join(path, '.aws'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, '.aws', name), text)
  return path
}

async function hidden(env: Environment) {
  const lines: string[] = []
  const changes = await hideProfiles({ env, directory: env.HOME!, log: (line) => lines.push(line) })
  return { child: childEnvironment({}, changes), lines }
}

test('files in which nothing wins over the delivery are left alone', async (t) => {
  const HOME = await home(t, {
    config: '[default]\nregion = x\n[profile a]\nrole_arn = y\n',
    credentials: '[a]\nx = y',
  })
  assert.deepEqual(await hidden({ HOME }), { child: {}, lines: [] })
  assert.deepEqual(await hidden({ HOME: '/nowhere' }), { child: {}, lines: [] })
})

test('a default profile with a role is hidden behind a copy that only this user can read', async (t) => {
  const HOME = await home(t, { config })
  const { child } = await hidden({ HOME })
  assert.deepEqual(Object.keys(child), ['AWS_CONFIG_FILE', 'AWS_CREDENTIAL_PROFILES_FILE'])
  assert.equal((await stat(child.AWS_CONFIG_FILE!)).mode & 0o777, 0o600)
  assert.equal(await readFile(child.AWS_CONFIG_FILE!, 'utf8'), rewriteDefault(config))
})

test('the region and endpoints of the profile in AWS_PROFILE survive that variable', async (t) => {
  const HOME = await home(t, { config: config.slice(config.indexOf('[profile')) })
  const { child } = await hidden({ HOME, AWS_PROFILE: 'gitlab' })
  assert.match(
    await readFile(child.AWS_CONFIG_FILE!, 'utf8'),
    /^\[default\]\nregion = ap-northeast-2\nservices = mine\n/,
  )
})

test('keys under [default] are hidden behind an empty file, and a line says which file is not seen', async (t) => {
  const HOME = await home(t, { credentials: '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n' })
  const { child, lines } = await hidden({ HOME })
  assert.equal(await readFile(child.AWS_SHARED_CREDENTIALS_FILE!, 'utf8'), '')
  assert.equal(
    child.AWS_SDK_LOAD_CONFIG,
    '1',
    'AWS SDK for JavaScript v2 reads the variable only beside this one',
  )
  assert.equal(lines.length, 1)
  assert.ok(lines[0]!.includes(join(HOME, '.aws', 'credentials')))
})

test('AWS SDK for Java v1 finds an empty file wherever something is hidden, since it takes either for its own', async (t) => {
  for (const files of [
    { config },
    { credentials: '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n' },
  ]) {
    const { child } = await hidden({ HOME: await home(t, files) })
    assert.equal(await readFile(child.AWS_CREDENTIAL_PROFILES_FILE!, 'utf8'), '')
  }
})
