import { MayflyError } from '../errors.ts'
import type { AwsProof } from '../proof.ts'
import { Secret } from '../secret.ts'
import type { Environment, World } from '../world.ts'
import { regionOf } from './region.ts'
import type { Source } from './source.ts'

const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const

/**
 * AWS credentials in environment variables. Nothing renews them: the last source to be looked for.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html
 */
export function awsEnvironment({ env }: World): Source {
  const set = variables.filter((name) => env[name])
  return {
    name: 'aws-environment',
    gives: 'aws',
    detect: () => ({
      here: set.length > 0,
      saw: set.length ? `${set.join(' and ')} set` : `${variables.join(', ')} are not set`,
    }),
    async prove() {
      if (!set.length)
        throw new MayflyError('SOURCE_ABSENT', { message: `${variables.join(', ')} are not set` })
      return proofOf(env)
    },
  }
}

function proofOf(env: Environment): AwsProof {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env
  if (!accessKeyId) throw missing('AWS_ACCESS_KEY_ID', 'the other AWS credential variables are')
  if (!secret) throw missing('AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID is')
  // Key IDs of temporary credentials begin with ASIA (IAM user guide, "Unique ID prefixes"), and are of no use without their token.
  if (!token && accessKeyId.startsWith('ASIA'))
    throw missing('AWS_SESSION_TOKEN', 'AWS_ACCESS_KEY_ID is that of temporary credentials')
  const region = regionOf(env)
  return {
    kind: 'aws',
    credentials: {
      accessKeyId,
      secretAccessKey: new Secret(secret),
      ...(token && { sessionToken: new Secret(token) }),
    },
    ...(region && { region }),
  }
}

function missing(variable: string, though: string): MayflyError {
  return new MayflyError('SOURCE_FAILED', {
    message: `${variable} is not set though ${though}`,
    values: { missing: variable },
    hint: `Set ${variable} too, or unset all three.`,
  })
}
