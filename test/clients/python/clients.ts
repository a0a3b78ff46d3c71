import type { Client } from '../client.ts'
import { awsCommands } from '../command-line/aws.ts'
import { venv } from './venv.ts'

/** Each a virtual environment of its own, so that old and new live side by side. */
export const locks = [
  'boto3',
  'boto3-2022',
  'google-auth',
  'google-auth-2020',
  'google-cloud-bigquery',
  'awscli',
  // Of no client: faketime.ts takes its shared object.
  'libfaketime',
] as const
type Lock = (typeof locks)[number]

/** What is said of a program, which may run with several versions of its library. */
type Program = Omit<Client, 'language' | 'version' | 'command' | 'clock'>

/** @param folder where the environments are, or will be */
export function clients(folder: string): readonly Client[] {
  return [
    living(folder, 'boto3', 'pictures.py', boto3),
    living(folder, 'boto3-2022', 'pictures.py', boto3),
    living(folder, 'google-auth', 'datasets.py', googleAuth),
    living(folder, 'google-auth-2020', 'datasets.py', googleAuthOf2020),
    living(folder, 'google-cloud-bigquery', 'orders.py', bigquery),
    ...awsCommands.map(({ args, ...of }) =>
      inVenv(folder, 'awscli', 'awscli', ['-m', 'awscli', ...args], of),
    ),
  ]
}

const living = (folder: string, lock: Lock, program: string, of: Program) =>
  inVenv(folder, lock, of.name, [`test/clients/python/${program}`], of)

function inVenv(folder: string, lock: Lock, library: string, args: readonly string[], of: Program): Client {
  const { python, version } = venv(folder, lock)
  return {
    ...of,
    language: 'python',
    version: version(library),
    command: [python, ...args],
    clock: 'libfaketime',
  }
}

const noCredentials = /NoCredentialsError: Unable to locate credentials/
const boto3: Program = {
  name: 'boto3',
  cloud: 'aws',
  living: true,
  calls: 's3:PutObject, s3:GetObject, sts:GetCallerIdentity',
  says: /^arn:aws:sts::\d{12}:assumed-role\/\S+ stored a picture of a cat$/,
  deliveries: ['ecs', 'credential-process', 'env'],
  // On GitLab it takes the profile of story 3 itself.
  without: { github: noCredentials },
  refusal: /EXCHANGE_REFUSED/,
}

// With the credential file of story 1: it asks for the role of an EC2 instance, wherever it is.
const asksEc2 = /TransportError: .*host='169\.254\.169\.254'.* \/latest\/meta-data\//
const googleAuth: Program = {
  name: 'google-auth',
  cloud: 'google',
  living: true,
  calls: 'bigquery.datasets.list',
  says: /^datasets: \w/,
  deliveries: ['gce'],
  without: {
    ecs: asksEc2,
    eks: asksEc2,
    // The role of the instance that the task runs on, which nobody trusts.
    'ecs-ec2': /RefreshError: .*iam\.serviceAccounts\.getAccessToken\\*' denied/,
  },
  refusal: /EXCHANGE_REFUSED/,
  remarks: [
    'Without Mayfly it takes two minutes to fail where packets for 169.254.169.254 are dropped.',
    'While the token service is away and the last token has expired, it asks again for 15 seconds.',
  ],
}

const unknownType = /DefaultCredentialsError: .*Type is external_account, expected one of/
const googleAuthOf2020: Program = {
  ...googleAuth,
  without: { ecs: unknownType, 'ecs-ec2': unknownType, eks: unknownType },
  remarks: [
    'From before external_account (1.27.0): it cannot read such a file, and under Mayfly it need not.',
  ],
}

const bigquery: Program = {
  ...googleAuth,
  name: 'google-cloud-bigquery',
  calls: 'bigquery.tabledata.insertAll, bigquery.jobs.query',
  says: /^read .*\blamp\b/,
}
