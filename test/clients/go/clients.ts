import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../client.ts'

/** In a folder that was prepared: what is in it, and what was seen when each was run. */
export function clients(folder: string): readonly Client[] {
  return [...awsClients(folder), ...googleClients(folder), oldOauth2(folder)]
}

/** A program, with what `go.mod` says of the library that it is about. */
function program(folder: string, path: string, name: string, library = name) {
  const [module = ''] = path.split('/')
  return {
    name,
    version: versionOf(library, module),
    language: 'go',
    command: [join(folder, path)],
    living: true,
    clock: 'overlay',
  } as const
}

function versionOf(library: string, module: string): string {
  const lines = readFileSync(new URL(`./${module}/go.mod`, import.meta.url), 'utf8').split('\n')
  const required = lines.map((each) => each.trim().split(' ')).find(([path]) => path === library)
  if (!required?.[1]) throw new Error(`${module}/go.mod does not require ${library}`)
  return required[1]
}

function awsClients(folder: string): readonly Client[] {
  const shared = {
    cloud: 'aws',
    calls: 'sts:GetCallerIdentity, s3:PutObject, s3:GetObject',
    says: /^arn:aws:sts::\d{12}:assumed-role\/\S+ has a picture of a cat$/,
    deliveries: ['ecs', 'credential-process', 'env'],
  } as const
  const noRole = /failed to refresh cached credentials, no EC2 IMDS role found/
  const noProvider = /NoCredentialProviders: no valid providers in chain/
  return [
    {
      ...program(folder, 'current/aws-sdk-go-v2', 'aws-sdk-go-v2', 'github.com/aws/aws-sdk-go-v2'),
      ...shared,
      // On GitLab it takes the profile of story 3 itself.
      without: { github: noRole, 'ecs-ec2': /Invalid Configuration: Missing Region/ },
      refusal:
        /failed to load credentials, .*LEASE_EXPIRED: .*\((EXCHANGE_REFUSED|PROOF_EXPIRED)\)|error in credential_process: exit status 1/,
      remarks: [
        'Without Mayfly it takes eight seconds to find that there is no role: three tries, of three tries each.',
        `By credential-process the reason is not in its error but on the program's standard error.`,
      ],
    },
    {
      ...program(folder, 'current/aws-sdk-go', 'aws-sdk-go', 'github.com/aws/aws-sdk-go'),
      ...shared,
      without: {
        gitlab: noProvider,
        github: noProvider,
        'ecs-ec2': /MissingRegion: could not find region configuration/,
      },
      refusal: /NoCredentialProviders: no valid providers in chain|ProcessProviderExecutionError/,
      remarks: [
        'It hides what the credential endpoint says, unless the program sets CredentialsChainVerboseErrors: the reason is in the log of Mayfly. It takes five seconds of retries to say so.',
        `By credential-process the reason is on the program's standard error.`,
      ],
    },
  ]
}

// The AWS form of the credential file asks the metadata service of EC2: on Fargate there is none, nor in a pod that is
// kept from its node's, and on an instance it answers with the role of the node.
const nodeRole = /Permission 'iam\.serviceAccounts\.getAccessToken' denied/
const refusal = /compute: Received (400|503) .*\b(EXCHANGE_REFUSED|LEASE_EXPIRED)\b/
// It looks for a login in HOME, which is not Mayfly's to change, and CLOUDSDK_CONFIG does not move that.
const misses = { shadow: /cannot fetch token: 401/ }
const ownLogin =
  'A login of `gcloud auth application-default` in HOME comes first with it; `mayfly run` warns of one. Containers and CI jobs have none.'
const fromMetadata = { cloud: 'google', deliveries: ['gce'], refusal, misses } as const
const datasets = {
  calls: 'GET of the datasets of BigQuery',
  says: /"kind": ?"bigquery#datasetList"/,
} as const

function googleClients(folder: string): readonly Client[] {
  const refused = /169\.254\.169\.254:80: connect: (connection refused|network is unreachable)/
  const unanswered = new RegExp(`${refused.source}|^context deadline exceeded$`)
  const endless = {
    ecs: unanswered,
    eks: unanswered,
    'ecs-ec2': nodeRole,
  }
  const unable =
    /oauth2\/google: unable to generate access token: .*169\.254\.169\.254:80: (connect|i\/o timeout)/
  const patience =
    'Without Mayfly it has no end of its own where 169.254.169.254 refuses the connection or drops it: it takes that for a fault that passes, and the call ends with its deadline.'
  return [
    {
      ...program(folder, 'current/bigquery', 'cloud.google.com/go/bigquery'),
      ...fromMetadata,
      calls: 'insert into BigQuery, SELECT from it',
      says: /^inserted and read back 1 lamp, 2 desk, 3 chair$/,
      without: endless,
      remarks: [patience, ownLogin],
    },
    {
      ...program(folder, 'current/storage', 'cloud.google.com/go/storage'),
      ...fromMetadata,
      calls: 'list of the objects of a bucket of Cloud Storage',
      says: /^the bucket has \d+ objects$/,
      without: endless,
      remarks: [patience, ownLogin],
    },
    {
      ...program(folder, 'current/oauth2', 'golang.org/x/oauth2'),
      ...fromMetadata,
      ...datasets,
      without: {
        ecs: unable,
        eks: unable,
        'ecs-ec2': nodeRole,
      },
      remarks: [
        'Where packets to 169.254.169.254 are dropped, it takes 30 seconds to fail without Mayfly, whatever the deadline of the call.',
        ownLogin,
      ],
    },
  ]
}

/** Of December 2020, before it knew `external_account`. */
function oldOauth2(folder: string): Client {
  const unknown = /unknown credential type: "external_account"/
  return {
    ...program(folder, 'before-external-account/oauth2', 'golang.org/x/oauth2'),
    ...fromMetadata,
    ...datasets,
    without: { ecs: unknown, 'ecs-ec2': unknown, eks: unknown },
    remarks: [ownLogin],
  }
}
