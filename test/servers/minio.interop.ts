import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { IssueOptions } from '../../src/issuer/issuer.ts'
import type { Environment } from '../../src/world.ts'
import { region } from '../fakes/cloud.ts'
import { mayfly, run } from '../fakes/run.ts'
import { alter } from './alter.ts'
import { freePort } from './free-port.ts'
import { type OwnIssuers, serveOwnIssuers } from './own-issuers.ts'
import { prepare } from './prepare.ts'
import { type Started, start } from './start.ts'

// MinIO has a token service that speaks AssumeRoleWithWebIdentity, verifies the tokens of our issuers by discovery, and
// checks every request at its S3 against what it gave.

const gitlab = 'https://gitlab.com'
const cluster = 'https://kubernetes.acme.example/c1/'
const audience = 'minio.acme.example'
// It takes whatever AWS role a client names where the policy comes from a claim of the token.
const anyRole = 'arn:aws:iam::123456789012:role/any'
// Its own roles have the SHA-1 of a client ID for a name.
const podRole = `arn:minio:iam:::role/${createHash('sha1').update(`pods.${audience}`).digest('base64url')}`
const uploads = [mayfly, 'run', '--', 'node', 'demo/workloads/upload-picture.mjs']

interface Token extends Omit<IssueOptions, 'issuer' | 'keys' | 'nowMs'> {
  /** Default: the cluster. */
  readonly issuer?: string
  readonly altered?: boolean
}
const pod: Token = { audience: [`pods.${audience}`] }

const { folder, skip } = await prepare('minio')

describe('MinIO as the token service', { skip }, () => {
  let issuers: OwnIssuers
  let minio: Started
  let url: string

  before(async () => {
    issuers = await serveOwnIssuers()
    const { home } = issuers.cloud
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    await mkdir(join(home, 'certs', 'CAs'), { recursive: true })
    await cp(issuers.caFile, join(home, 'certs', 'CAs', 'ca.pem'))
    await mkdir(join(home, 'data', 'pictures'), { recursive: true })
    const command = [join(folder, 'program'), 'server', '--address', `127.0.0.1:${port}`]
    minio = await start({
      command: [...command, '--certs-dir', join(home, 'certs'), join(home, 'data')],
      env: {
        ...issuers.env,
        MINIO_BROWSER: 'off',
        MINIO_ROOT_USER: 'root',
        MINIO_ROOT_PASSWORD: 'throw-away',
        MINIO_IDENTITY_OPENID_CONFIG_URL: `${gitlab}/.well-known/openid-configuration`,
        MINIO_IDENTITY_OPENID_CLIENT_ID: audience,
        MINIO_IDENTITY_OPENID_CONFIG_URL_PODS: `${cluster}.well-known/openid-configuration`,
        MINIO_IDENTITY_OPENID_CLIENT_ID_PODS: `pods.${audience}`,
        MINIO_IDENTITY_OPENID_ROLE_POLICY_PODS: 'readwrite',
      },
      ready: /API: (http:\S+)/,
    })
  })
  after(async () => {
    await minio.close()
    await issuers.close()
  })

  /** A workload with a token file, and MinIO for its clouds. */
  async function job(
    role: string,
    { issuer = cluster, altered = false, ...options }: Token,
  ): Promise<Environment> {
    const { token } = issuers.cloud.issue(issuer, options)
    const file = join(issuers.cloud.home, 'token')
    await writeFile(file, altered ? alter(token.reveal()) : token.reveal(), { mode: 0o600 })
    const { PATH, HOME } = issuers.env
    const asked = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: file }
    return { PATH, HOME, AWS_ENDPOINT_URL: url, AWS_REGION: region, ...asked }
  }

  it('gives what a program uploads with, by the policy that a claim of our GitLab token names', async () => {
    const env = await job(anyRole, { issuer: gitlab, audience: [audience], claims: { policy: 'readwrite' } })
    const ran = await run(uploads, env)
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /^uploaded pets\/cat\.svg and fetched it again/)
  })

  it('gives the same to a pod, whose token is signed with ES256, by the policy of a role of MinIO', async () => {
    const ran = await run(uploads, await job(podRole, pod))
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /^uploaded pets\/cat\.svg and fetched it again/)
  })

  it('says when its credentials end, and `mayfly get` tells it', async () => {
    const env = await job(podRole, pod)
    const { out, err } = await run([mayfly, 'get', 'aws'], env)
    assert.equal(err, '')
    const { expiration } = JSON.parse(out)
    assert.ok(Math.abs(Date.parse(expiration) - Date.now() - 3_600_000) < 60_000, expiration)
  })

  const refusals: readonly (readonly [string, string, Token, RegExp])[] = [
    [
      'a token for another audience',
      podRole,
      { audience: ['sts.amazonaws.com'] },
      /must match configured OpenID Client/,
    ],
    [
      'a token that was altered',
      podRole,
      { ...pod, altered: true },
      /signature is invalid|verification error/,
    ],
    ['a token without the claim', anyRole, { issuer: gitlab, audience: [audience] }, /policy claim missing/],
    ['a role that it does not have', podRole.replace(/.$/, '_'), pod, /must match configured OpenID Client/],
  ]
  for (const [what, role, token, words] of refusals)
    it(`refuses ${what}, in words that are read under \`mayfly run\``, async () => {
      const ran = await run([mayfly, 'run', '--', 'echo', 'started'], await job(role, token))
      assert.deepEqual([ran.code, ran.out], [1, ''])
      assert.match(ran.err, words)
      assert.match(ran.err, /^error: .*InvalidParameterValue/m)
      assert.match(ran.err, /^code: EXCHANGE_REFUSED/m)
    })
})
