import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts'
import { run } from '../fakes/run.ts'
import { admin, administered, user } from '../sdk-iam.ts'
import { may } from '../sdk-sts.ts'
import { roleArn, tokenOf } from '../trust-side.ts'

const configuration = fileURLToPath(new URL('terraform/trust', import.meta.url))

interface Setting {
  /** Default: a folder with the configuration, and no state before the first call. */
  readonly at?: string
  /** Default: admin. A reader may only look. */
  readonly as?: 'admin' | 'reader'
  readonly variables?: Readonly<Record<string, string>>
}

/** A token service, its administrator with Terraform, and jobs that have nothing but their tokens. */
export async function terraformWorkplace(t: TestContext, program: string) {
  const reader = user('reader', { policies: [may('iam:Get*', 'iam:List*')] })
  const service = await administered(t, { users: [admin, reader] })
  const own = await checkout(t)
  /** Tells how it went. */
  const terraform = (line: string, { at = own, as = 'admin', variables = {} }: Setting = {}) => {
    const { accessKeyId, secretAccessKey } = service.keyOf(as)
    const set = { endpoint: service.server.url, ...variables }
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`TF_VAR_${name}`, value])),
    }
    const [command = '', ...rest] = line.split(' ')
    return run([program, command, at, ...rest], env)
  }
  /** Tells what it says, and has to go well. */
  const did = async (line: string, setting: Setting = {}) => {
    const { code, out, err } = await terraform(line, setting)
    assert.equal(code, 0, err)
    return out
  }
  const job = (branch: string, more: { readonly DurationSeconds?: number } = {}) => {
    const claims = { sub: `project_path:acme/shop:ref_type:branch:ref:${branch}` }
    const exchange = new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn('ci/deploy'),
      RoleSessionName: 'job-7',
      WebIdentityToken: tokenOf({ sts: service.sts, seconds: () => Math.floor(Date.now() / 1000) }, claims),
      ...more,
    })
    return service.client().send(exchange)
  }
  return { terraform, did, job, iam: service.iam(), own, checkout: () => checkout(t) }
}

async function checkout(t: TestContext): Promise<string> {
  const at = await mkdtemp(join(tmpdir(), 'mayfly-terraform-'))
  t.after(() => rm(at, { recursive: true }))
  await cp(configuration, at, { recursive: true })
  return at
}
