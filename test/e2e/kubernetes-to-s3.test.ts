import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Environment } from '../../src/world.ts'
import { type Cloud, region, roleArn, startCloud } from '../fakes/cloud.ts'
import { mayfly, run } from '../fakes/run.ts'

// Story 4: pods of a cluster that is not EKS, with what its webhook would put into them.

const program = ['node', 'demo/workloads/upload-picture.mjs']
const underMayfly = [mayfly, 'run', '--', ...program]

let cloud: Cloud

before(async () => {
  cloud = await startCloud()
})
after(() => cloud.close())

interface PodOptions {
  readonly serviceaccount?: string
  readonly namespace?: string
  readonly audience?: string
  readonly lifetimeSeconds?: number
}

async function pod({
  serviceaccount = 'uploader',
  namespace = 'shop',
  audience = 'sts.amazonaws.com',
  ...rest
}: PodOptions = {}): Promise<Environment> {
  const inputs = { namespace, serviceaccount }
  const { token } = cloud.issue('https://kubernetes.example', { inputs, audience: [audience], ...rest })
  const file = join(cloud.home, 'token')
  await writeFile(file, token.reveal(), { mode: 0o600 })
  return {
    ...cloud.env,
    AWS_REGION: region,
    AWS_ROLE_ARN: roleArn('uploader'),
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
  }
}

describe('a pod whose ServiceAccount the role trusts', () => {
  it('stores an object in S3 and fetches it again, as the role', async () => {
    const ran = await run(underMayfly, await pod())
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /^uploaded pets\/cat\.svg and fetched it again/)
    assert.deepEqual(
      cloud.s3.seen.map(({ call }) => call),
      ['PutObject pictures/pets/cat.svg', 'GetObject pictures/pets/cat.svg'],
    )
    const stored = cloud.s3.objects.get('pictures/pets/cat.svg')
    assert.match(stored?.owner ?? '', /^arn:aws:sts::123456789012:assumed-role\/uploader\//)
  })

  it('is authorised by its own SDK too, without Mayfly', async () => {
    const ran = await run(program, await pod())
    assert.equal(ran.code, 0, ran.err)
  })

  it('is told by how much its token has expired', async () => {
    const ran = await run(underMayfly, await pod({ lifetimeSeconds: -600 }))
    assert.equal(ran.code, 1)
    assert.match(ran.err, /^code: PROOF_EXPIRED/m)
    assert.match(ran.err, /10 min/)
  })
})

describe('a pod that the role does not trust', () => {
  for (const [what, options, code] of [
    ['of another ServiceAccount', { serviceaccount: 'viewer' }, 'TRUST_DENIED'],
    ['of a ServiceAccount of that name in another namespace', { namespace: 'default' }, 'TRUST_DENIED'],
    ['with a token for another audience', { audience: 'https://kubernetes.default.svc' }, 'PROOF_AUDIENCE'],
  ] as const)
    it(`${what} is refused, and its program is not started`, async () => {
      const stored = cloud.s3.seen.length
      const ran = await run(underMayfly, await pod(options))
      assert.deepEqual([ran.code, ran.out], [1, ''])
      assert.equal(cloud.records.at(-1)?.code, code)
      assert.equal(cloud.s3.seen.length, stored)
    })
})
