import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { failure, folderOf, testWorld } from '../../test/workload.ts'
import type { Environment } from '../world.ts'
import { readPlans } from './index.ts'

const role = 'arn:aws:iam::123456789012:role/deploy'
const provider = 'projects/1/locations/global/workloadIdentityPools/p/providers/q'
const json = JSON.stringify({
  type: 'external_account',
  audience: `//iam.googleapis.com/${provider}`,
  subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: { environment_id: 'aws1' },
})

interface Setting {
  readonly files?: Record<string, string>
  readonly env?: Environment
  readonly file?: string
  readonly only?: string
}

function plansIn(t: TestContext, { files = {}, env = {}, ...question }: Setting) {
  const cwd = folderOf(t, files)
  return readPlans({ world: testWorld({ HOME: cwd, ...env }), cwd, ...question })
}
const namesIn = async (t: TestContext, setting: Setting) =>
  (await plansIn(t, setting)).map(({ name }) => name)

const both = { GOOGLE_APPLICATION_CREDENTIALS: 'wif.json', AWS_ROLE_ARN: role }

test('without a file, what is there for the SDKs is read: for Google, for AWS, or for both', async (t) => {
  const files = { 'wif.json': json }
  assert.deepEqual(await namesIn(t, { files, env: both }), ['google', 'aws'])
  assert.deepEqual(await namesIn(t, { files, env: { ...both, AWS_ROLE_ARN: '' } }), ['google'])
  assert.deepEqual(await namesIn(t, { files, env: { AWS_ROLE_ARN: role } }), ['aws'])
})

test('one that is wanted alone is read alone, whatever is wrong with the other', async (t) => {
  assert.deepEqual(await namesIn(t, { files: { 'wif.json': '{' }, env: both, only: 'aws' }), ['aws'])
  assert.deepEqual(
    await namesIn(t, { files: { 'wif.json': json }, env: { ...both, AWS_ROLE_ARN: 'x' }, only: 'google' }),
    ['google'],
  )
  await assert.rejects(plansIn(t, { files: { 'wif.json': '{' }, env: both }), failure('CONFIG_SYNTAX'))
})

test('mayfly.yaml in the working directory stands in place of all that', async (t) => {
  const files = { 'mayfly.yaml': `credentials: [{ name: deploy, to: aws, role: ${role} }]`, 'wif.json': '{' }
  assert.deepEqual(await namesIn(t, { files, env: both }), ['deploy'])
})

test('a file that was named is read, and must be there', async (t) => {
  const files = {
    'other.yaml': `credentials: [{ name: other, to: aws, role: ${role} }]`,
    'mayfly.yaml': 'broken: [',
  }
  assert.deepEqual(await namesIn(t, { files, file: 'other.yaml' }), ['other'])
  await assert.rejects(plansIn(t, { files, file: 'absent.yaml' }), failure('CONFIG_FILE', 'absent.yaml'))
})

test('a mayfly.yaml that cannot be read is a failure, not an absence', async (t) => {
  await assert.rejects(
    plansIn(t, { files: { 'mayfly.yaml/x': '' }, env: { AWS_ROLE_ARN: role } }),
    failure('CONFIG_FILE'),
  )
})

const three = `credentials:
  - { name: one, to: aws, role: ${role}, deliver: [ecs] }
  - { name: two, to: aws, role: ${role}, deliver: [] }
  - { name: aws, to: google, provider: ${provider} }
`

test('one credential is chosen by its name, else by its cloud', async (t) => {
  const files = { 'mayfly.yaml': three }
  assert.deepEqual(await namesIn(t, { files, only: 'two' }), ['two'])
  assert.deepEqual(await namesIn(t, { files, only: 'google' }), ['aws'])
  assert.deepEqual(await namesIn(t, { files, only: 'aws' }), ['aws'])
  await assert.rejects(plansIn(t, { files, only: 'tow' }), failure('CONFIG_ABSENT', 'tow', 'one, two, aws'))
})

test('two that a program would read in one place are refused, unless just one is asked for', async (t) => {
  const files = { 'mayfly.yaml': three.replace('deliver: []', 'deliver: [ecs]') }
  await assert.rejects(plansIn(t, { files }), failure('CONFIG_FIELD', 'one and two', 'ecs', 'deliver: []'))
  assert.deepEqual(await namesIn(t, { files, only: 'two' }), ['two'])
})

test('where nothing asks for a credential, all that was looked for is told', async (t) => {
  const cwd = folderOf(t)
  const ecs = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x', HOME: cwd }
  await assert.rejects(
    readPlans({ world: testWorld(ecs), cwd }),
    failure(
      'CONFIG_ABSENT',
      join(cwd, 'mayfly.yaml'),
      'GOOGLE_APPLICATION_CREDENTIALS is not set',
      'AWS_ROLE_ARN is not set',
      'profile default',
    ),
  )
})
