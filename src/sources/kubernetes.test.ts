import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { failure, folderOf, testWorld, unsignedJwt } from '../../test/workload.ts'
import type { SourceChoice } from '../plan.ts'
import type { Environment } from '../world.ts'
import { kubernetes } from './kubernetes.ts'

const signal = new AbortController().signal
const forAws = { value: 'sts.amazonaws.com', usual: true }
const podToken = (aud: string, more = {}) =>
  unsignedJwt({ aud: [aud], sub: 'system:serviceaccount:ns:name', ...more })

const irsa = 'eks.amazonaws.com/serviceaccount/token'
const google = 'sts.googleapis.com/serviceaccount/token'
const azure = 'azure/wi/token/azure-identity-token'
const api = 'kubernetes.io/serviceaccount/token'

interface Pod {
  readonly secrets: string
  readonly env?: Environment
  readonly choice?: SourceChoice
}

const podOf = (t: TestContext, files: Record<string, string>): Pod => ({ secrets: folderOf(t, files) })
const source = ({ secrets, env = {}, choice = {} }: Pod) =>
  kubernetes(testWorld({ KUBERNETES_SERVICE_HOST: '10.0.0.1', ...env }), choice, { secrets })

async function prove(pod: Pod, audience = forAws) {
  const proof = await source(pod).prove(audience, signal)
  return proof.kind === 'jwt' ? proof.token.reveal() : proof.kind
}

test('among the tokens of a pod, the one for the audience is found', async (t) => {
  const files = {
    [api]: podToken('https://kubernetes.default.svc'),
    [irsa]: podToken('sts.amazonaws.com'),
    [google]: podToken('sts.googleapis.com'),
    [azure]: podToken('api://AzureADTokenExchange'),
  }
  const pod = podOf(t, files)
  assert.equal(await prove(pod), files[irsa])
  assert.equal(await prove(pod, { value: 'sts.googleapis.com', usual: true }), files[google])
  assert.equal(await prove(pod, { value: 'api://AzureADTokenExchange', usual: true }), files[azure])
})

test("a token is read anew at every call, through kubelet's links", async (t) => {
  const secrets = folderOf(t, { 'v/..1/token': podToken('sts.amazonaws.com') })
  mkdirSync(join(secrets, 'v', 'w'))
  symlinkSync('../..1', join(secrets, 'v', 'w', '..data'))
  symlinkSync('..data/token', join(secrets, 'v', 'w', 'token'))
  const fresh = podToken('sts.amazonaws.com', { jti: 'fresh' })
  await prove({ secrets })
  assert.equal(source({ secrets }).detect().saw.split('token').length, 2, 'the same file is seen twice')
  writeFileSync(join(secrets, 'v/..1/token'), fresh)
  assert.equal(await prove({ secrets }), fresh)
})

test('a file that a variable names is one of them', async (t) => {
  const token = podToken('sts.amazonaws.com')
  const file = join(folderOf(t, { elsewhere: token }), 'elsewhere')
  assert.equal(await prove({ ...podOf(t, {}), env: { AWS_WEB_IDENTITY_TOKEN_FILE: file } }), token)
})

test('a wrong audience is told with both values, and no other token is given', async (t) => {
  const pod = podOf(t, { [google]: podToken('sts.googleapis.com') })
  await assert.rejects(
    prove(pod),
    failure('SOURCE_AUDIENCE', 'sts.amazonaws.com', 'sts.googleapis.com', google),
  )
})

test("the API server's own token goes to nobody else", async (t) => {
  const pod = podOf(t, { [api]: podToken('https://kubernetes.default.svc') })
  assert.equal(source(pod).detect().here, false)
  assert.match(source(pod).detect().hint ?? '', /serviceAccountToken/)
  await assert.rejects(
    prove(pod),
    failure('SOURCE_AUDIENCE', 'https://kubernetes.default.svc', 'sts.amazonaws.com'),
  )
})

test('a file that was named serves the usual audience, and a configured one only if it fits', async (t) => {
  const file = join(folderOf(t, { mine: podToken('https://mine.example') }), 'mine')
  const pod = { ...podOf(t, {}), choice: { file } }
  await prove(pod)
  await prove(pod, { value: 'https://mine.example', usual: false })
  await assert.rejects(
    prove(pod, { value: 'https://ours.example', usual: false }),
    failure('SOURCE_AUDIENCE', 'https://mine.example', 'https://ours.example'),
  )
})

test('a file that a variable names and that is missing is a failure with its path, not an absence', async (t) => {
  const pod = { ...podOf(t, {}), env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/absent/token' } }
  assert.equal(source(pod).detect().here, true)
  await assert.rejects(prove(pod), failure('SOURCE_FAILED', '/absent/token', 'does not exist'))
})

test('of two tokens for one audience, the one that lives longer is given', async (t) => {
  const pod = podOf(t, {
    'a/token': podToken('sts.amazonaws.com', { exp: Date.parse('2026-11-21T23:00:00Z') / 1000 }),
    'b/token': podToken('sts.amazonaws.com', { jti: 'b' }),
  })
  assert.equal(await prove(pod), podToken('sts.amazonaws.com', { jti: 'b' }))
})

test('an expired token is PROOF_EXPIRED: the rotation is stuck', async (t) => {
  const pod = podOf(t, {
    [irsa]: podToken('sts.amazonaws.com', { exp: Date.parse('2026-11-21T23:48:00Z') / 1000 }),
  })
  await assert.rejects(prove(pod), failure('PROOF_EXPIRED', irsa, '12 min ago'))
})

test("a pod whose only tokens are the API server's and Pod Identity's is left to the source ecs", (t) => {
  const files = {
    [api]: podToken('x'),
    'pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token': podToken('y'),
  }
  assert.equal(source(podOf(t, files)).detect().here, false)
  assert.equal(source(podOf(t, { ...files, [irsa]: podToken('z') })).detect().here, true)
})

test('outside of a cluster it is not here, and without a token it is absent', async (t) => {
  const secrets = folderOf(t, {})
  const outside = kubernetes(testWorld({}), {}, { secrets: folderOf(t, { [irsa]: podToken('x') }) })
  assert.equal(outside.detect().here, false)
  assert.match(outside.detect().saw, /KUBERNETES_SERVICE_HOST/)
  await assert.rejects(prove({ secrets }), failure('SOURCE_ABSENT', 'no token'))
})
