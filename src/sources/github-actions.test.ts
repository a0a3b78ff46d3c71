import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure, serve, testWorld, unsignedJwt } from '../../test/workload.ts'
import { outboundHttp } from '../wire/http.ts'
import type { World } from '../world.ts'
import { githubActions } from './github-actions.ts'

const audience = { value: 'https://aud.example/a b', usual: false }
const signal = new AbortController().signal
const job = (url: string) => ({
  GITHUB_ACTIONS: 'true',
  ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/idtoken?api-version=2.0`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token-of-the-job',
})
const prove = (world: World) => githubActions(world).prove(audience, signal)

test('a token is requested for the audience, with the request token, keeping the query that is there', async (t) => {
  const token = unsignedJwt({ sub: 'repo:o/r:ref:refs/heads/main' })
  const { url, requests } = await serve(t, () => ({ body: { value: token } }))
  const proof = await prove(testWorld(job(url)))
  assert.equal(proof.kind === 'jwt' && proof.token.reveal(), token)
  const asked = new URL(requests[0]!.url!, url)
  assert.equal(asked.searchParams.get('api-version'), '2.0')
  assert.equal(asked.searchParams.get('audience'), audience.value)
  assert.equal(requests[0]!.headers.authorization, 'bearer request-token-of-the-job')
})

test('every proof is a new request', async (t) => {
  const { url, requests } = await serve(t, () => ({ body: { value: unsignedJwt({}) } }))
  const source = githubActions(testWorld(job(url)))
  await source.prove(audience, signal)
  await source.prove(audience, signal)
  assert.equal(requests.length, 2)
})

test('a refusal is SOURCE_FAILED in the words of the endpoint, without the request token', async (t) => {
  const { url } = await serve(t, () => ({ status: 403, body: { message: 'Job is\u001b[31m not allowed' } }))
  await assert.rejects(prove(testWorld(job(url))), (error: Error) => {
    assert.ok(!error.message.includes('request-token-of-the-job') && !error.message.includes('\u001b'))
    return failure('SOURCE_FAILED', '403', 'Job is [31m not allowed')(error)
  })
})

test('an outage is worth trying again, and a refusal is not', async (t) => {
  for (const [status, transient] of [
    [503, true],
    [403, false],
  ] as const) {
    const { url } = await serve(t, () => ({ status }))
    await assert.rejects(prove(testWorld(job(url))), { code: 'SOURCE_FAILED', transient })
  }
})

test('an answer without a value, or that is not JSON, is SOURCE_FAILED', async (t) => {
  for (const body of [{ token: 'x' }, { value: 7 }, 'nothing', '[]']) {
    const { url } = await serve(t, () => ({ body }))
    await assert.rejects(prove(testWorld(job(url))), failure('SOURCE_FAILED'))
  }
})

test('an endpoint that never answers fails within the time, and says how long was waited', async (t) => {
  const { url } = await serve(t, () => undefined)
  const real = outboundHttp()
  const world = testWorld(job(url), { http: (request) => real({ ...request, timeoutMs: 50 }) })
  await assert.rejects(prove(world), failure('SOURCE_FAILED', "GitHub's ID token endpoint", 'within 0.1 s'))
})

test('the request token is not sent over plain HTTP to another machine', async () => {
  const http = () => assert.fail('nothing may be sent')
  const world = testWorld(job('http://runner.example'), { http })
  await assert.rejects(
    prove(world),
    failure('SOURCE_FAILED', 'ACTIONS_ID_TOKEN_REQUEST_URL', 'runner.example'),
  )
})

test('a job without the permission is here all the same, and says which permission and which other way', async () => {
  const half = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://github.example/' }
  for (const env of [{ GITHUB_ACTIONS: 'true' }, half]) {
    const source = githubActions(testWorld(env))
    assert.equal(source.detect().here, true)
    assert.match(source.detect().saw, /permissions: id-token: write/)
    await assert.rejects(
      source.prove(audience, signal),
      failure('SOURCE_FAILED', 'id-token: write', '`from:`'),
    )
  }
})

test('elsewhere it is not here', async () => {
  const source = githubActions(testWorld())
  assert.equal(source.detect().here, false)
  await assert.rejects(source.prove(audience, signal), failure('SOURCE_ABSENT', 'is not set'))
})
