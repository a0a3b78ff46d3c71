import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure, testWorld } from '../../test/workload.ts'
import type { Environment } from '../world.ts'
import { awsEnvironment } from './aws-environment.ts'

const audience = { value: 'any', usual: true }
const prove = (env: Environment) =>
  awsEnvironment(testWorld(env)).prove(audience, new AbortController().signal)

const whole = {
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
}

test('the three variables are a proof, with the region of the SDKs', async () => {
  const proof = await prove({ ...whole, AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' })
  assert.ok(proof.kind === 'aws')
  assert.equal(proof.credentials.accessKeyId, 'ASIAEXAMPLE')
  assert.equal(proof.credentials.secretAccessKey.reveal(), 'secret')
  assert.equal(proof.credentials.sessionToken?.reveal(), 'token')
  assert.equal(proof.region, 'eu-west-1')
})

test('AWS_DEFAULT_REGION serves where AWS_REGION is empty', async () => {
  const proof = await prove({ ...whole, AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-1' })
  assert.equal(proof.kind === 'aws' && proof.region, 'us-east-1')
})

test('permanent keys have no session token', async () => {
  const proof = await prove({ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' })
  assert.ok(proof.kind === 'aws' && proof.credentials.sessionToken === undefined)
})

test('a set that lacks one names it, and is still seen here', async () => {
  for (const missing of Object.keys(whole)) {
    const env = { ...whole, [missing]: '' }
    assert.equal(awsEnvironment(testWorld(env)).detect().here, true)
    await assert.rejects(prove(env), failure('SOURCE_FAILED', `${missing} is not set`))
  }
})

test('without any of them it is not here', async () => {
  assert.equal(awsEnvironment(testWorld({ AWS_REGION: 'eu-west-1' })).detect().here, false)
  await assert.rejects(prove({}), failure('SOURCE_ABSENT', 'AWS_ACCESS_KEY_ID'))
})
