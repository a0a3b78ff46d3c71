import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { failure, testWorld, unsignedJwt } from '../../test/workload.ts'
import { MayflyError } from '../errors.ts'
import type { Environment } from '../world.ts'
import { chooseSource, describeSources, sources } from './index.ts'

// What is in the folder and is no source. A new file is either named here or in the list.
const helpers = ['index', 'jwt', 'platform', 'read-token', 'region', 'source']

const chosenIn = (env: Environment, choice = {}) => chooseSource(choice, testWorld(env)).name

const github = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://github.example/',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
}
const gitlab = { GITLAB_CI: 'true', ID: unsignedJwt({ aud: 'a', project_path: 'g/p' }) }
const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }
const task = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x' }
const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' }

test('every source in this folder is in the list', () => {
  const files = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
  assert.deepEqual(
    files.filter((file) => !helpers.includes(file)).sort(),
    sources.map(([name]) => name).sort(),
  )
})

test('a name that no source has is told with the nearest', () => {
  assert.throws(() => chosenIn(task, { name: 'kubernets' }), {
    code: 'CONFIG_FIELD',
    message: /did you mean kubernetes\?/,
  })
})

test('each source knows its name', () => {
  for (const [name, make] of sources) assert.equal(make(testWorld()).name, name)
})

test('each platform is found by its own signs', () => {
  assert.equal(chosenIn(github), 'github-actions')
  assert.equal(chosenIn(gitlab), 'gitlab-ci')
  assert.equal(chosenIn(pod), 'kubernetes')
  assert.equal(chosenIn(task), 'ecs')
  assert.equal(chosenIn({ AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }), 'token-file')
  assert.equal(chosenIn(keys), 'aws-environment')
})

test('the narrower identity is taken first', () => {
  assert.equal(chosenIn({ ...keys, ...task, ...pod, ...gitlab, ...github }), 'github-actions')
  assert.equal(chosenIn({ ...keys, ...task, ...pod, ...gitlab }), 'gitlab-ci')
  assert.equal(chosenIn({ ...keys, ...task, ...pod }), 'kubernetes')
  assert.equal(chosenIn({ ...keys, ...task }), 'ecs')
})

test('a task without a task role is not passed over for variables that lie about', async () => {
  const source = chooseSource(
    { gives: 'aws' },
    testWorld({ ...keys, ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/x' }),
  )
  assert.equal(source.name, 'ecs')
  const proof = source.prove({ value: 'x', usual: true }, new AbortController().signal)
  await assert.rejects(proof, { code: 'SOURCE_TASK_ROLE' })
})

test('a CI job that has no token of its own never acts as the machine that runs it', async () => {
  const audience = { value: 'sts.amazonaws.com', usual: true }
  for (const [env, name] of [
    [{ GITHUB_ACTIONS: 'true' }, 'github-actions'],
    [{ GITLAB_CI: 'true' }, 'gitlab-ci'],
  ] as const) {
    const surroundings = { ...keys, ...task, ...pod, ...env }
    const source = chooseSource({}, testWorld(surroundings))
    assert.equal(source.name, name)
    await assert.rejects(source.prove(audience, new AbortController().signal), { code: 'SOURCE_FAILED' })
    assert.equal(chosenIn(surroundings, { name: 'ecs' }), 'ecs')
    assert.equal(chosenIn(surroundings, { gives: 'aws' }), 'ecs')
  }
})

test('where AWS credentials are wanted, a source of JWTs is passed over, and the other way round', () => {
  assert.equal(chosenIn({ ...task, ...pod }, { gives: 'aws' }), 'ecs')
  assert.equal(chosenIn({ ...task, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }, { gives: 'jwt' }), 'token-file')
})

test('a named source is taken though another be here, and though it be absent itself', () => {
  assert.equal(chosenIn(task, { name: 'gitlab-ci' }), 'gitlab-ci')
})

test('with none, every source says what it looked for', () => {
  assert.throws(
    () => chosenIn({}),
    (error: unknown) => {
      assert.ok(error instanceof MayflyError)
      assert.equal(error.code, 'SOURCE_NONE')
      assert.deepEqual(
        error.attempts.map(({ what }) => what),
        sources.map(([name]) => name),
      )
      for (const { why } of error.attempts) assert.ok(why && error.message.includes(why))
      return true
    },
  )
})

test('with none, the nearest platform says what to declare', () => {
  const bare = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }
  assert.throws(() => chosenIn(bare), failure('SOURCE_NONE', 'serviceAccountToken'))
  assert.throws(
    () => chosenIn(github, { gives: 'aws' }),
    failure('SOURCE_NONE', 'AWS credentials', 'gives a JWT'),
  )
})

test('every source is described, whether it is here or not', () => {
  const reports = describeSources(testWorld(task))
  assert.deepEqual(
    reports.filter(({ here }) => here).map(({ name }) => name),
    ['ecs'],
  )
  for (const { saw } of reports) assert.ok(saw)
})
