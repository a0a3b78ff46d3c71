import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../client.ts'

export function clients(folder: string): readonly Client[] {
  return [...googleAuth, bigquery, ...awsSdks].map(({ module, ...client }) => ({
    ...client,
    language: 'java',
    living: true,
    clock: 'libfaketime',
    command: command(folder, module),
  }))
}

/** A client, and the Maven module that it is. */
interface Built extends Omit<Client, 'language' | 'living' | 'clock' | 'command'> {
  readonly module: string
}

const toGoogle = {
  cloud: 'google',
  deliveries: ['gce'],
  refusal: /PERMISSION_DENIED.*\(EXCHANGE_REFUSED\)/,
} as const
const toAws = {
  cloud: 'aws',
  calls: 'sts:GetCallerIdentity, s3:PutObject, s3:GetObject',
  says: /^alive as arn:aws:sts::/,
  deliveries: ['ecs', 'credential-process', 'env'],
  refusal: /EXCHANGE_REFUSED/,
} as const

const proxies =
  'Reads no HTTPS_PROXY: Java has its proxy from -Dhttps.proxyHost. With that, what it asks of a delivery goes around the proxy.'

// With the credential file of story 1: too old for it, or asks for the role of an EC2 instance, wherever it is. On an
// instance that is answered: by the role of the node, which nobody trusts.
const unknownType = /Error reading credentials from stream, 'type' value 'external_account' not recognized/
const asksEc2 = /Failed to retrieve AWS IAM role/
const asTheNode = /Permission 'iam\.serviceAccounts\.getAccessToken' denied/
const silence = 'Without Mayfly, where packets for 169.254.169.254 are dropped, it says so after 20 seconds.'

// Without that file.
const notAvailable = /The Application Default Credentials are not available/
const notFound = /Your default credentials were not found/

const googleAuth: readonly Built[] = [
  {
    ...googleAuthAt('before-external-account'),
    without: {
      ecs: unknownType,
      'ecs-ec2': unknownType,
      eks: unknownType,
      gitlab: notAvailable,
      github: notAvailable,
    },
    remarks: [proxies, 'Knows no external_account, and need not: to it this is a machine of Compute Engine.'],
  },
  {
    ...googleAuthAt('fixed'),
    without: { ecs: asksEc2, 'ecs-ec2': asTheNode, eks: asksEc2, gitlab: notAvailable, github: notAvailable },
    remarks: [proxies, silence],
  },
  {
    ...googleAuthAt('current'),
    without: { ecs: asksEc2, 'ecs-ec2': asTheNode, eks: asksEc2, gitlab: notFound, github: notFound },
    remarks: [proxies, silence],
  },
]

function googleAuthAt(which: 'before-external-account' | 'fixed' | 'current') {
  return {
    ...toGoogle,
    module: `google-auth-${which}`,
    name: 'google-auth-library-oauth2-http',
    version: version(`google-auth.${which}`),
    calls: 'datasets.list of BigQuery',
    says: /"kind":"bigquery#datasetList"/,
  }
}

const noCredentials =
  /NullPointerException: Cannot invoke "com\.google\.auth\.Credentials\.getUniverseDomain\(\)"/

const bigquery: Built = {
  ...toGoogle,
  module: 'bigquery',
  name: 'google-cloud-bigquery',
  version: version('bigquery'),
  calls: 'tabledata.insertAll and SELECT of BigQuery',
  says: /^\d+ rows$/,
  without: { ecs: asksEc2, 'ecs-ec2': asTheNode, eks: asksEc2, gitlab: noCredentials, github: noCredentials },
  remarks: [proxies, silence],
}

const awsSdks: readonly Built[] = [
  {
    ...toAws,
    module: 'aws-sdk-1',
    name: 'aws-sdk-java',
    version: version('aws-sdk-1'),
    without: {
      gitlab: /Unable to load credentials from profile \[default\]: Source profile name is not specified/,
      // With a role and no token file, its credentials ask STS with its credentials.
      github: /StackOverflowError/,
    },
    remarks: [
      'Reads no AWS_SHARED_CREDENTIALS_FILE, and no profile’s credentials in AWS_CONFIG_FILE: Mayfly hides and names profiles by AWS_CREDENTIAL_PROFILES_FILE too.',
      'Its S3 client goes on without a signature where it has no credentials: S3 says AccessDenied, and nobody the reason. Its other clients say it.',
    ],
  },
  {
    ...toAws,
    module: 'aws-sdk-2',
    name: 'aws-sdk-java-v2',
    version: version('aws-sdk-2'),
    // On GitLab it takes the profile of story 3 itself.
    without: { github: /Unable to load credentials from any of the providers in the chain/ },
    remarks: [
      'Goes on from a container endpoint that fails to the instance metadata service. On ECS on EC2 it then calls as the node, unless AWS_EC2_METADATA_DISABLED is true: Mayfly sets it.',
      'A refusal in the very first answer of a delivery is told as `Failed to load credentials from metadata service` alone; the reason is in Mayfly’s own log. Later ones are told in full.',
    ],
  },
]

// The first compiler alone and a collector without threads of its own halve the processor time of a start. No file of
// counters in /tmp: it is named by the process ID, which is another box's too, and the JVM says so on standard output.
// None of it changes what a library sees.
const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData']

// Java takes the home folder of the user database and not HOME, and here they differ, since each client has a HOME of
// its own. On its users' machines they are one.
const atHome = 'exec java -Duser.home="$HOME" "$@"'

function command(folder: string, module: string): readonly string[] {
  const places = [`${module}/classes`, 'answer-lines/classes', `${module}/libraries/*`]
  const classPath = places.map((each) => join(folder, each)).join(':')
  return ['sh', '-c', atHome, 'java', ...quickStart, '-cp', classPath, 'Main']
}

/** The property of that name in pom.xml. */
function version(name: string): string {
  const [, found] = new RegExp(`<${name}>(.+)</${name}>`).exec(pom()) ?? []
  if (found !== undefined) return found
  throw new Error(`test/clients/java/pom.xml has no property ${name}`)
}

function pom(): string {
  return readFileSync(new URL('./pom.xml', import.meta.url), 'utf8')
}
