import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure, testWorld, unsignedJwt } from '../../test/workload.ts'
import type { Environment } from '../world.ts'
import { gitlabCi } from './gitlab-ci.ts'

const signal = new AbortController().signal
const idToken = (aud: string | string[], more = {}) =>
  unsignedJwt({
    aud,
    project_path: 'group/project',
    sub: 'project_path:group/project:ref_type:branch:ref:main',
    ...more,
  })
const usual = { value: 'sts.amazonaws.com', usual: true }
const configured = (value: string) => ({ value, usual: false })

async function prove(
  env: Environment,
  audience: { value: string; usual: boolean } = usual,
  variable?: string,
) {
  const world = testWorld({ GITLAB_CI: 'true', ...env })
  const proof = await gitlabCi(world, variable ? { variable } : {}).prove(audience, signal)
  return proof.kind === 'jwt' ? proof.token.reveal() : proof.kind
}

test('the token is found by its audience, whatever its variable is called', async () => {
  const env = {
    ONE: idToken('https://one.example'),
    TWO: idToken(['https://two.example', 'https://2.example']),
  }
  assert.equal(await prove(env, configured('https://2.example')), env.TWO)
  assert.equal(await prove(env, configured('https://one.example')), env.ONE)
})

test('one token alone serves the usual audience: its own was chosen for the provider', async () => {
  const env = { OIDC_TOKEN: idToken('https://user-audience.test') }
  assert.equal(await prove(env), env.OIDC_TOKEN)
})

test('of several, none is guessed: both audiences are named', async () => {
  const env = { ONE: idToken('https://one.example'), TWO: idToken('https://two.example') }
  await assert.rejects(
    prove(env),
    failure('SOURCE_AUDIENCE', 'sts.amazonaws.com', 'ONE (https://one.example)', 'TWO (https://two.example)'),
  )
})

test('a configured audience is never served by another, though it be the only one', async () => {
  await assert.rejects(
    prove({ ONE: idToken('https://one.example') }, configured('https://mine.example')),
    failure('SOURCE_AUDIENCE', 'https://mine.example', 'https://one.example'),
  )
})

test("a JWT that is not GitLab's own is never taken, even if its audience fits", async () => {
  const env = { VAULT: unsignedJwt({ aud: 'sts.amazonaws.com', sub: 'somebody' }) }
  assert.equal(gitlabCi(testWorld({ GITLAB_CI: 'true', ...env })).detect().here, true)
  await assert.rejects(prove(env), failure('SOURCE_FAILED', 'id_tokens:'))
})

test('the old CI_JOB_JWT are passed over, and mentioned', async () => {
  const env = { CI_JOB_JWT_V2: idToken('https://gitlab.example') }
  await assert.rejects(prove(env), failure('SOURCE_FAILED', 'CI_JOB_JWT_V2', 'id_tokens'))
})

test('a job without id_tokens is here all the same, and the hint says what to declare', async () => {
  const sighting = gitlabCi(testWorld({ GITLAB_CI: 'true' })).detect()
  assert.equal(sighting.here, true)
  assert.match(sighting.hint ?? '', /id_tokens:/)
  await assert.rejects(prove({}), failure('SOURCE_FAILED', 'id_tokens:', '`from:`'))
})

test('elsewhere it is not here', async () => {
  const nowhere = gitlabCi(testWorld({ ONE: '' }))
  assert.equal(gitlabCi(testWorld({ ONE: idToken('a') })).detect().here, false)
  await assert.rejects(nowhere.prove(usual, signal), failure('SOURCE_ABSENT', 'GITLAB_CI'))
})

test('a variable that was named is used, and none other', async () => {
  const env = { ONE: idToken('https://one.example'), TWO: idToken('https://two.example') }
  assert.equal(await prove(env, usual, 'TWO'), env.TWO)
  await assert.rejects(prove(env, usual, 'THREE'), failure('SOURCE_FAILED', 'THREE'))
  await assert.rejects(
    prove(env, configured('https://one.example'), 'TWO'),
    failure('SOURCE_AUDIENCE', 'https://one.example', 'TWO (https://two.example)'),
  )
})

test('an expired token says that GitLab cannot renew it', async () => {
  const env = { ONE: idToken('https://one.example', { exp: Date.parse('2026-11-21T23:48:00Z') / 1000 }) }
  await assert.rejects(
    prove(env),
    failure('PROOF_EXPIRED', 'ONE', 'expired 12 min ago', 'timeout of the job'),
  )
})
