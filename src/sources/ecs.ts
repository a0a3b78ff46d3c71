import { MayflyError } from '../errors.ts'
import type { AwsProof } from '../proof.ts'
import { Secret } from '../secret.ts'
import { inWords } from '../wire/duration.ts'
import { isCredentialText } from '../wire/printable.ts'
import { readRfc3339 } from '../wire/rfc3339.ts'
import type { Environment, World } from '../world.ts'
import { askPlatform, platformUrl } from './platform.ts'
import { readTokenFile } from './read-token.ts'
import { findRegion } from './region.ts'
import type { Sighting, Source } from './source.ts'

// Link-local or loopback: what does not answer within this is not there.
const timeoutMs = 2000

/**
 * The container credentials of AWS: ECS, Fargate, Batch, CodeBuild, CloudShell and EKS Pod Identity set the same variables.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function ecs(world: World): Source {
  return {
    name: 'ecs',
    gives: 'aws',
    detect: () => sight(world.env),
    async prove(_audience, signal) {
      const who = `the credentials endpoint of ${platformOf(world.env)}`
      const url = endpointOf(world.env)
      const headers = { accept: 'application/json', ...(await authorization(world.env)) }
      const [answer, region] = await Promise.all([
        askPlatform(world.http, { who, url, headers, signal, timeoutMs }),
        findRegion(world, signal),
      ])
      return proofOf(answer, { who, nowMs: world.clock.now(), region })
    },
  }
}

/** Which of the platforms that set these variables this is, by what else it sets. */
function platformOf(env: Environment): string {
  if (env.AWS_BATCH_JOB_ID) return 'AWS Batch'
  if (env.CODEBUILD_BUILD_ID) return 'CodeBuild'
  if (env.AWS_EXECUTION_ENV === 'CloudShell') return 'CloudShell'
  if (/^http:\/\/(169\.254\.170\.23|\[fd00:ec2::23\])[:/]/.test(env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? ''))
    return 'EKS Pod Identity'
  if (env.AWS_EXECUTION_ENV === 'AWS_ECS_FARGATE') return 'ECS on Fargate'
  return signsOfEcs(env).length ? 'ECS' : 'this container'
}

/** What ECS and Batch set in every container, with a task role or without. */
function signsOfEcs(env: Environment): string[] {
  const signs = ['ECS_CONTAINER_METADATA_URI_V4', 'ECS_CONTAINER_METADATA_URI', 'AWS_BATCH_JOB_ID'].filter(
    (name) => env[name],
  )
  const execution = env.AWS_EXECUTION_ENV
  return execution?.startsWith('AWS_ECS_') ? [...signs, `AWS_EXECUTION_ENV=${execution}`] : signs
}

function variableOf(env: Environment): string | undefined {
  return ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'].find(
    (name) => env[name],
  )
}

/** A task without a task role is still seen here: were it not, the next source could answer with somebody else's identity. */
function sight(env: Environment): Sighting {
  const variable = variableOf(env)
  if (variable) return { here: true, saw: `${variable} is set: ${platformOf(env)}` }
  const [sign] = signsOfEcs(env)
  if (sign) return { here: true, saw: `${sign} is set without a task role: ${platformOf(env)}` }
  return { here: false, saw: 'neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set' }
}

/** RELATIVE beats FULL, as in the SDKs. */
function endpointOf(env: Environment): URL {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env
  if (relative) return relativeUrl(env, relative)
  if (full) return platformUrl('AWS_CONTAINER_CREDENTIALS_FULL_URI', full)
  throw noRole(env)
}

/** @see AWS SDK for Java: AWS_CONTAINER_SERVICE_ENDPOINT is in place of the ECS agent's address, for tests. */
function relativeUrl(env: Environment, relative: string): URL {
  const base = env.AWS_CONTAINER_SERVICE_ENDPOINT || 'http://169.254.170.2'
  const origin = platformUrl('AWS_CONTAINER_SERVICE_ENDPOINT', base).origin
  // Without the slash, `@elsewhere` or `.elsewhere` would name another host.
  if (relative.startsWith('/')) return new URL(origin + relative)
  throw new MayflyError('SOURCE_FAILED', {
    message: 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash',
  })
}

function noRole(env: Environment): MayflyError {
  const [sign] = signsOfEcs(env)
  if (!sign)
    return new MayflyError('SOURCE_ABSENT', { message: `no container credentials: ${sight(env).saw}` })
  const [unit, role] = env.AWS_BATCH_JOB_ID
    ? ['AWS Batch job', 'job role (jobRoleArn)']
    : ['ECS task', 'task role (taskRoleArn)']
  return new MayflyError('SOURCE_TASK_ROLE', {
    message: `this ${unit} has no ${role}: ${sign} is set and AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not, and the execution role gives a program no credentials`,
    values: { sign, missing: env.AWS_BATCH_JOB_ID ? 'jobRoleArn' : 'taskRoleArn' },
  })
}

/** The file beats the variable and is read at every call: EKS rewrites it. */
async function authorization(env: Environment): Promise<{ authorization?: string }> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = env
  const value = file ? await readTokenFile(file) : token
  if (!value) return {}
  if (/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(value)) return { authorization: value }
  throw new MayflyError('SOURCE_FAILED', {
    message: `the authorization token ${file ? `in ${file}` : 'of AWS_CONTAINER_AUTHORIZATION_TOKEN'} cannot be sent in a header: it has line breaks or other control characters`,
  })
}

interface Circumstances {
  readonly who: string
  readonly nowMs: number
  readonly region: string | undefined
}

function proofOf(answer: Record<string, unknown>, { who, nowMs, region }: Circumstances): AwsProof {
  const text = (name: string): string => {
    const value = answer[name]
    if (typeof value === 'string' && value) return value
    throw new MayflyError('SOURCE_FAILED', {
      message: `${who} answered without \`${name}\``,
      values: { missing: name },
    })
  }
  const key = (name: string): string => {
    if (isCredentialText(text(name))) return text(name)
    throw new MayflyError('SOURCE_FAILED', {
      message: `${who} answered with a \`${name}\` that has characters which no credential has`,
      values: { member: name },
    })
  }
  // An unreadable date is no reason to refuse working credentials.
  const lateMs = nowMs - (readRfc3339(text('Expiration')) ?? Number.POSITIVE_INFINITY)
  if (lateMs >= 0)
    throw new MayflyError('PROOF_EXPIRED', {
      message: `${who} gave credentials that expired ${inWords(lateMs)} ago by this machine's clock`,
      values: { expiration: text('Expiration') },
    })
  const secretAccessKey = new Secret(key('SecretAccessKey'))
  const sessionToken = new Secret(key('Token'))
  const credentials = { accessKeyId: key('AccessKeyId'), secretAccessKey, sessionToken }
  return { kind: 'aws', credentials, ...(region && { region }) }
}
