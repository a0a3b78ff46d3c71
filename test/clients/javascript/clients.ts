import { join } from 'node:path'
import type { Client } from '../client.ts'
import lock from './packages/package-lock.json' with { type: 'json' }

/** In a folder that was prepared: what is in it, and what was seen when each was run. */
export function clients(folder: string): readonly Client[] {
  return [
    ...awsClients(folder),
    ...authLibraries(folder),
    ...googleClients(folder),
    cdk(folder, '2.150.0', [
      'It reads no profile with web_identity_token_file: with one it fails as without (story 3).',
    ]),
    cdk(folder, '2.1148.1'),
  ]
}

// ── AWS ────────────────────────────────────────────────────────────────────────────────────────────────

function awsClients(folder: string): readonly Client[] {
  const shared = {
    cloud: 'aws',
    calls: 's3:PutObject, s3:GetObject, sts:GetCallerIdentity',
    says: /^arn:aws:sts::\d{12}:assumed-role\/\S+ stored a picture$/,
    deliveries: ['ecs', 'credential-process', 'env'],
  } as const
  const unfound = /CredentialsProviderError: Could not load credentials from any providers/
  const missing = /CredentialsError: Missing credentials in config/
  const remarks = ['It hides what the credential endpoint says: the reason is in the log of Mayfly alone.']
  return [
    {
      ...program(folder, 'aws-sdk-3', '@aws-sdk/client-s3'),
      ...shared,
      // On GitLab it takes the profile of story 3 itself.
      without: { github: unfound },
      refusal: unfound,
      remarks,
    },
    {
      ...program(folder, 'aws-sdk-2', 'aws-sdk'),
      ...shared,
      without: { gitlab: missing, github: missing },
      refusal: missing,
      remarks,
    },
  ]
}

/** Story 3's command, in the folder of a project. */
function cdk(folder: string, version: string, remarks: readonly string[] = []): Client {
  const workspace = `cdk-${version}`
  const project = join(folder, workspace)
  const bin = join(folder, placeOf(workspace, 'aws-cdk'), 'bin', 'cdk')
  const unresolved =
    /Unable to resolve AWS account to use\. It must be either configured when you define your CDK Stack, or through the environment/
  return {
    name: 'aws-cdk',
    version,
    language: 'javascript',
    cloud: 'aws',
    // Into a folder of its own, since two that write into one are in each other's way.
    command: [
      'sh',
      '-c',
      `cd "$0" && exec "$@" --output "$HOME/cdk.out"`,
      project,
      process.execPath,
      bin,
      'diff',
      '--no-change-set',
    ],
    living: false,
    calls: 'cdk diff',
    says: /Number of stacks with differences: 1/,
    deliveries: ['ecs', 'credential-process', 'env'],
    clock: 'libfaketime',
    // The current one takes the profile of story 3 itself.
    without: { ...(version === '2.150.0' && { gitlab: unresolved }), github: unresolved },
    refusal: unresolved,
    // The role of its bootstrap by which it reads.
    actsAs: /:assumed-role\/cdk-hnb659fds-lookup-role-/,
    remarks: [
      'Where its own roles (cdk-hnb659fds-…) may not be assumed, it says so and goes on with the credentials that it has.',
      '--no-change-set, since a change set takes the stack CDKToolkit and its bucket, and the same credentials.',
      ...remarks,
    ],
  }
}

// ── Google ─────────────────────────────────────────────────────────────────────────────────────────────

// The AWS form of the credential file asks the metadata service of EC2: on Fargate there is none, nor in a pod that is
// kept from its node's, and on an instance it answers with the role of the node.
const asksEc2 = /request to http:\/\/169\.254\.169\.254\/latest\/meta-data\/\S+ failed/
const withoutTaskRole = {
  ecs: asksEc2,
  eks: asksEc2,
  'ecs-ec2': /Permission 'iam\.serviceAccounts\.getAccessToken' denied/,
}
const slow =
  'Where packets to 169.254.169.254 are dropped, and not refused, it takes more than two minutes to fail without Mayfly.'
const silent = 'It shows of a refusal no more than the HTTP status: the reason is in the log of Mayfly alone.'
// CLOUDSDK_CONFIG does not move where it looks for a login, and HOME is not Mayfly's to change.
const homeLogin = { shadow: /Request is missing required authentication credential|invalid authentication/ }
const ownLogin =
  'A login of `gcloud auth application-default` in HOME comes first with it; `mayfly run` warns of one. Containers and CI jobs have none.'
const told = /Could not refresh access token: .*\b(EXCHANGE_REFUSED|LEASE_EXPIRED)\b/
const untold = /Could not refresh access token: .*status code (400|503)/

function authLibraries(folder: string): readonly Client[] {
  const library = (major: number) => ({
    ...program(folder, `google-auth-library-${major}`, 'google-auth-library'),
    cloud: 'google' as const,
    calls: 'GET of the datasets of BigQuery',
    says: /^datasets\b/,
    deliveries: ['gce'] as const,
    without: withoutTaskRole,
  })
  // Of before `external_account`.
  const old = /The incoming JSON object does not contain a client_email field/
  return [
    { ...library(11), refusal: told, remarks: [slow] },
    { ...library(9), refusal: untold, misses: homeLogin, remarks: [silent, slow, ownLogin] },
    { ...library(7), refusal: untold, misses: homeLogin, remarks: [silent, slow, ownLogin] },
    {
      ...library(5),
      deliveries: [],
      without: { ecs: old, 'ecs-ec2': old, eks: old },
      refusal: /Could not load the default credentials/,
      remarks: [
        'Mayfly cannot serve it: it reads no `external_account` file, and no variable leads it to another metadata server than the one at 169.254.169.254 and metadata.google.internal., as Compute Engine has it.',
      ],
    },
  ]
}

function googleClients(folder: string): readonly Client[] {
  const shared = {
    cloud: 'google',
    deliveries: ['gce'],
    without: withoutTaskRole,
    refusal: told,
    remarks: [slow],
  } as const
  return [
    {
      ...program(folder, 'google-cloud-bigquery', '@google-cloud/bigquery'),
      ...shared,
      calls: 'insert into BigQuery, SELECT from it',
      says: /^read \d+ rows$/,
    },
    {
      ...program(folder, 'google-cloud-storage', '@google-cloud/storage'),
      ...shared,
      calls: 'upload to Cloud Storage, download from it',
      says: /^stored a picture$/,
    },
  ]
}

// ── where a workspace's library is ─────────────────────────────────────────────────────────────────────

const locked: Readonly<Record<string, object>> = lock.packages

/** A living program: the file `client.mjs` of its workspace. */
function program(folder: string, workspace: string, library: string) {
  const { version } = locked[placeOf(workspace, library)] as { readonly version: string }
  return {
    name: library,
    version,
    language: 'javascript',
    command: [process.execPath, join(folder, workspace, 'client.mjs')],
    living: true,
    clock: 'libfaketime',
  } as const
}

/** npm puts one version of a library beside the workspaces, and each other one into its workspace. */
function placeOf(workspace: string, library: string): string {
  const own = `${workspace}/node_modules/${library}`
  return own in locked ? own : `node_modules/${library}`
}
