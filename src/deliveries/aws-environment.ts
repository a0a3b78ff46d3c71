import type { Environment } from '../world.ts'
import type { Change } from './delivery.ts'

const unset = (variable: string, reason: string): Change => ({ variable, action: 'unset', reason })

const staticKeys = 'Keys in the environment are the first thing every AWS SDK takes, and they expire.'
const profile =
  'A named profile wins over the container provider in every SDK, and over keys in the environment in AWS SDK for JavaScript v3.'
const webIdentity =
  'The web identity provider comes before the container provider; Mayfly makes that exchange itself, and renews it for programs that cannot (AWS CDK 2.150).'

/** Other identities that an AWS SDK would take before the one that is delivered. */
export const otherAwsIdentities: readonly Change[] = [
  unset('AWS_ACCESS_KEY_ID', staticKeys),
  unset('AWS_SECRET_ACCESS_KEY', staticKeys),
  unset('AWS_SESSION_TOKEN', staticKeys),
  unset('AWS_SECURITY_TOKEN', 'The old name of AWS_SESSION_TOKEN, which botocore still reads.'),
  unset('AWS_CREDENTIAL_EXPIRATION', 'Belongs to the keys above: botocore takes it for theirs.'),
  unset('AWS_ACCESS_KEY', 'The old name of AWS_ACCESS_KEY_ID, which the Go and Java SDKs still read.'),
  unset('AWS_SECRET_KEY', 'The old name of AWS_SECRET_ACCESS_KEY, which the Go and Java SDKs still read.'),
  unset('AWS_PROFILE', profile),
  unset('AWS_DEFAULT_PROFILE', `The old name of AWS_PROFILE in botocore and the AWS CLI. ${profile}`),
  unset('AWS_WEB_IDENTITY_TOKEN_FILE', webIdentity),
  unset('AWS_ROLE_ARN', webIdentity),
  unset('AWS_ROLE_SESSION_NAME', 'Belongs to AWS_ROLE_ARN.'),
  unset(
    'AWS_CREDENTIAL_FILE',
    'The file of the old EC2 tools, which botocore reads before the container provider.',
  ),
]

/** For deliveries that come after profiles. */
export const noCredentialProfiles: Change = unset(
  'AWS_CREDENTIAL_PROFILES_FILE',
  'AWS SDK for Java v1 takes the profiles of this file before the container provider.',
)

/** Containers' own credentials: the platform's, or those of a Mayfly around this one. */
export const otherContainerCredentials: readonly Change[] = [
  unset(
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    "Most SDKs take it before the full URI: the task's own role in place of this one. Unset and not empty, since botocore calls 169.254.170.2 for an empty one.",
  ),
  unset(
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    'The platform sets it for its own endpoint (EKS Pod Identity), and most SDKs take it before AWS_CONTAINER_AUTHORIZATION_TOKEN.',
  ),
]

/** Keeps a failing delivery from ending in the identity of the machine. */
export const noInstanceRole: Change = {
  variable: 'AWS_EC2_METADATA_DISABLED',
  action: 'set',
  value: 'true',
  reason:
    "The Java SDK goes on from a failing container provider to the instance metadata service: on ECS on EC2 and on EKS that is the node's role, the wrong identity.",
}

/** The region under both names; none when nobody knows it. */
export function regionRows(region: string | undefined): Change[] {
  if (region === undefined) return []
  return [
    {
      variable: 'AWS_REGION',
      action: 'set',
      value: region,
      reason: 'The SDKs need a region, and no container credential endpoint tells one.',
    },
    {
      variable: 'AWS_DEFAULT_REGION',
      action: 'set',
      value: region,
      reason: 'botocore and the AWS CLI read this name of the region and not AWS_REGION.',
    },
  ]
}

/** The region that the program is told of: the configured one, its own, or that of the exchange. */
export function regionFor(
  planned: string | undefined,
  env: Environment,
  exchanged: string | undefined,
): string | undefined {
  return [planned, env.AWS_REGION, env.AWS_DEFAULT_REGION, exchanged].find(
    (each) => each !== undefined && each !== '',
  )
}
