import type { Credential } from '../src/credential.ts'
import type { Lease, Variant } from '../src/lease.ts'
import type { CredentialPlan } from '../src/plan.ts'
import { Secret } from '../src/secret.ts'

/** A lease that gives what a test says, and keeps what it was asked for. */
export interface FixedLease extends Lease {
  readonly asked: readonly (Variant | undefined)[]
}

/** `give` makes the answer of every `get`, or throws it. */
export function fixedLease(give: (variant: Variant) => Credential, name = 'deploy'): FixedLease {
  const asked: (Variant | undefined)[] = []
  return {
    name,
    asked,
    async get(variant) {
      asked.push(variant)
      return give(variant ?? {})
    },
    status: () => ({ name, state: 'live', expiresAtMs: expiresAtMs }),
    settled: async () => {},
    stop() {},
  }
}

/** The expiry of the credentials below: an hour after `testClock` starts. */
export const expiresAtMs = Date.parse('2026-11-22T01:00:00.789Z')

export const awsCredential: Credential = {
  kind: 'aws',
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: new Secret('secret-of-the-test'),
  sessionToken: new Secret('session-of-the-test'),
  region: 'eu-west-1',
  expiresAtMs,
}

export const accessToken: Credential = {
  kind: 'access-token',
  token: new Secret('token-of-the-test'),
  scopes: ['https://www.googleapis.com/auth/cloud-platform'],
  expiresAtMs,
}

export const awsPlan: CredentialPlan = {
  name: 'deploy',
  from: {},
  steps: [{ to: 'aws', role: 'arn:aws:iam::123456789012:role/deploy', sessionName: 'mayfly' }],
  deliveries: ['ecs'],
  origin: 'a test',
}

export const googlePlan: CredentialPlan = {
  name: 'warehouse',
  from: {},
  steps: [
    {
      to: 'google',
      provider:
        '//iam.googleapis.com/projects/111111111111/locations/global/workloadIdentityPools/bq-pool/providers/aws-provider',
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
      tokenUrl: 'https://sts.googleapis.com/v1/token',
      impersonation: {
        email: 'loader@acme.iam.gserviceaccount.com',
        url: 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/loader@acme.iam.gserviceaccount.com:generateAccessToken',
      },
    },
  ],
  deliveries: ['gce'],
  project: 'acme',
  origin: 'a test',
}
