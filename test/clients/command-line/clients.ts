import type { Client } from '../client.ts'
import { awsCommands } from './aws.ts'
import { installedTools, type Tool } from './tools.ts'

type Command = Omit<Client, 'version' | 'language' | 'living' | 'clock'> & { readonly tool: Tool }

/** Those that this machine has. Each run needs a HOME of its own: gcloud keeps accounts, tokens and what it found there. */
export function clients(): readonly Client[] {
  const installed = installedTools()
  return commands.flatMap(({ tool, ...command }) => {
    const version = installed.get(tool)
    if (version === undefined) return []
    return [{ ...command, version, language: 'command-line', living: false, clock: 'libfaketime' } as const]
  })
}

const script = (name: string) => ['sh', `test/clients/command-line/${name}.sh`]

/** The same wherever there is no metadata server of Google's. */
function elsewhere(pattern: RegExp) {
  return { ecs: pattern, 'ecs-ec2': pattern, eks: pattern, github: pattern, gitlab: pattern, none: pattern }
}

const gcloud = {
  cloud: 'google',
  deliveries: ['gce', 'env'],
  // It reads no GOOGLE_APPLICATION_CREDENTIALS. After `gcloud auth login --cred-file`, which succeeds without a request,
  // it asks for the role of an EC2 instance.
  without: elsewhere(/You do not currently have an active account selected|host='169\.254\.169\.254'/),
  refusal: /EXCHANGE_REFUSED/,
  remarks: [
    'While the token service is away and the last token has expired, it crashes with `HTTP Error 503` and hides the reason: it asks for an ID token first.',
  ],
} as const

const notSet = /AWS_CONTAINER_CREDENTIALS_RELATIVE_URI/
const awsByCurl: Command = {
  tool: 'curl',
  name: 'curl --aws-sigv4',
  cloud: 'aws',
  command: script('curl-aws'),
  calls: 'sts:GetCallerIdentity',
  says: /<Arn>arn:aws:sts::\d{12}:assumed-role\//,
  deliveries: ['ecs'],
  without: {
    ...{ eks: notSet, gce: notSet, github: notSet, gitlab: notSet, none: notSet },
    'ecs-ec2': /AWS_REGION: parameter not set/,
  },
  refusal: /EXCHANGE_REFUSED/,
  remarks: [
    'A script that knows 169.254.170.2 alone finds no variable for it: it has to ask AWS_CONTAINER_CREDENTIALS_FULL_URI.',
  ],
}

const googleByCurl: Command = {
  tool: 'curl',
  name: 'curl',
  cloud: 'google',
  command: script('curl-google'),
  calls: 'bigquery.datasets.list',
  says: /"datasetId":\s*"\w+"/,
  deliveries: ['gce'],
  without: elsewhere(/Could not resolve host: metadata\.google\.internal/),
  refusal: /EXCHANGE_REFUSED/,
  remarks: [
    'A script that knows metadata.google.internal alone finds no such host: it has to ask GCE_METADATA_HOST.',
  ],
}

const commands: readonly Command[] = [
  ...awsCommands.map(({ args, ...of }): Command => ({ ...of, tool: 'aws', command: ['aws', ...args] })),
  {
    ...gcloud,
    tool: 'gcloud',
    name: 'gcloud auth print-access-token',
    command: script('gcloud-token'),
    calls: 'bigquery.datasets.list by curl',
    says: /"datasetId":\s*"\w+"/,
  },
  {
    ...gcloud,
    tool: 'gcloud',
    name: 'gcloud storage ls',
    command: ['gcloud', 'storage', 'ls', '--project=acme'],
    calls: 'storage.buckets.list',
    says: /^gs:\/\/pictures\/$/m,
  },
  {
    ...gcloud,
    tool: 'bq',
    name: 'bq query',
    command: [
      'bq',
      '--project_id=acme',
      'query',
      '--use_legacy_sql=false',
      '--max_rows=3',
      'SELECT item FROM sales.orders',
    ],
    calls: 'bigquery.jobs.insert',
    says: /\blamp\b/,
  },
  {
    ...gcloud,
    tool: 'gsutil',
    name: 'gsutil ls',
    command: ['gsutil', 'ls', '-p', 'acme'],
    calls: 'storage.buckets.list',
    says: /^gs:\/\/pictures\/$/m,
    deliveries: ['gce'],
    // It goes on without an account, as nobody.
    without: elsewhere(/ServiceException: 401/),
    // The endpoint's answer, and with it the code, it keeps to itself.
    refusal: /Could not reach metadata service: Bad Request|EXCHANGE_REFUSED/,
    remarks: ['Of a refusal it shows the status alone: the reason is in what Mayfly wrote.'],
  },
  awsByCurl,
  googleByCurl,
]
