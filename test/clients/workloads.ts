import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LabOptions } from '../../src/lab/lab.ts'
import type { PlatformName } from '../../src/lab/platform.ts'
import type { Environment } from '../../src/world.ts'
import type { Client } from './client.ts'

/** A workload as its author set it up on one platform for one cloud: nothing in it is for the test. */
export interface Workload {
  /** Which job, pod or task this is. */
  readonly is: Pick<LabOptions, 'role' | 'claims' | 'idTokens'>
  /** What its author set besides the platform. */
  readonly env: Environment
  /** What its author, or the job's script, has put into files below its HOME. */
  readonly files?: (platform: Environment, home: string) => Readonly<Record<string, string>>
  /** As whom the services see it. */
  readonly seenAs: string
  /** As whom without Mayfly, where clients take an identity from the platform that is not the one that is meant. */
  readonly seenWithout?: string
}

const account = '123456789012'
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`
const region = { AWS_REGION: 'ap-northeast-2' }
const pool = 'projects/111111111111/locations/global/workloadIdentityPools/bq-pool'
const serviceAccount = 'loader@acme.iam.gserviceaccount.com'
const gitlab = { project: 'acme/shop', ref: 'main' }
const github = { repository: 'acme/shop', environment: 'production' }
const pod = { namespace: 'shop', serviceaccount: 'uploader' }

/** Story 1's file, byte for byte as gcloud wrote it. */
const credentialFile = fileURLToPath(new URL('../../demo/google-credentials.json', import.meta.url))
const gcloudFile = { GOOGLE_APPLICATION_CREDENTIALS: credentialFile }

const profile = (tokenFile: string) =>
  `[default]\nrole_arn = ${roleArn('deploy')}\nweb_identity_token_file = ${tokenFile}\nregion = ap-northeast-2\n`
const toGoogle = (provider: string) =>
  `credentials:\n  - name: warehouse\n    to: google\n    provider: ${pool}/providers/${provider}\n    serviceAccount: ${serviceAccount}\n`
const fromPod = '    from: kubernetes\n    audience: sts.amazonaws.com\n'
const archive = `credentials:\n  - name: archive\n    to: aws\n    from: ecs\n    role: ${roleArn('archive')}\n    region: ap-northeast-2\n`
// A chain: the task's own role may assume the one that may write to the archive.
const toArchive: Workload = {
  is: { role: roleArn('loader-task') },
  env: {},
  files: () => ({ 'mayfly.yaml': archive }),
  seenAs: 'assumed-role/archive',
  seenWithout: 'assumed-role/loader-task',
}

const workloads: Record<Client['cloud'], Partial<Record<PlatformName, Workload>>> = {
  aws: {
    // Story 4: an annotated ServiceAccount.
    eks: { is: { role: roleArn('uploader'), claims: pod }, env: region, seenAs: 'assumed-role/uploader' },
    // Story 3: the job's script writes the token to a file, and a profile names both.
    gitlab: {
      is: { claims: gitlab, idTokens: { OIDC_TOKEN: ['https://user-audience.test'] } },
      env: {},
      files: ({ OIDC_TOKEN = '' }, home) => ({
        'web-identity-token': OIDC_TOKEN,
        '.aws/config': profile(join(home, 'web-identity-token')),
      }),
      seenAs: 'assumed-role/deploy',
    },
    github: {
      is: { claims: github },
      env: { ...region, AWS_ROLE_ARN: roleArn('release') },
      seenAs: 'assumed-role/release',
    },
    ecs: toArchive,
    'ecs-ec2': toArchive,
  },
  google: {
    // Stories 1 and 2.
    ecs: { is: { role: roleArn('loader-task') }, env: gcloudFile, seenAs: serviceAccount },
    'ecs-ec2': { is: { role: roleArn('loader-task') }, env: gcloudFile, seenAs: serviceAccount },
    gitlab: {
      is: {
        claims: gitlab,
        idTokens: { GOOGLE_TOKEN: [`https://iam.googleapis.com/${pool}/providers/gitlab`] },
      },
      env: {},
      files: () => ({ 'mayfly.yaml': toGoogle('gitlab') }),
      seenAs: serviceAccount,
    },
    github: {
      is: { claims: github },
      env: {},
      files: () => ({ 'mayfly.yaml': toGoogle('github') }),
      seenAs: serviceAccount,
    },
    // The image of stories 1 and 2 moved to a pod, gcloud's file in it: what that asks for EKS does not answer.
    eks: {
      is: { role: roleArn('uploader'), claims: pod },
      env: gcloudFile,
      files: () => ({ 'mayfly.yaml': toGoogle('shop-cluster') + fromPod }),
      seenAs: serviceAccount,
    },
  },
}

/** @throws Error where the matrix has no such workload */
export function workloadOf({ cloud }: Client, platform: PlatformName): Workload {
  const found = workloads[cloud][platform]
  if (found) return found
  throw new Error(`the matrix has no workload for ${cloud} on ${platform}`)
}
