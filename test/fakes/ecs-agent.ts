import { Hono } from 'hono'
import type { AwsCredential } from '../../src/credential.ts'
import type { Environment } from '../../src/world.ts'
import { type Bindings, serveApp } from './serve.ts'

export interface EcsAgentOptions {
  readonly roleArn: string
  readonly region: string
  readonly account: string
  /** New credentials of the task role, as the agent gets them from AWS: the session is named after the task. */
  readonly mint: (taskId: string) => Promise<AwsCredential>
  readonly now: () => number
  /** Where to listen: 169.254.170.2 and port 80 in a network namespace. Default: loopback, a free port. */
  readonly host?: string
  readonly port?: number
}

const credentialsPath = '/v2/credentials/0f2bd9a3-5dc1-4a35-bd3c-1d6f3ed7c4ce'
const metadataPath = '/v4/9781c248-0edd-4cdb-9a93-f63cb662a5d3-0000000000'
const taskId = '158d1c8083dd49d6b527399fd6414f5c'
// The agent has new credentials well before the old ones end, so that a task never holds dead ones.
const rotateBeforeMs = 15 * 60_000

/** What answers at 169.254.170.2 for a task of ECS: its role's credentials, rotated, and its metadata. */
export async function serveEcsAgent(options: EcsAgentOptions) {
  const { roleArn, region, account, mint, now, host, port } = options
  const rotations: AwsCredential[] = []
  const current = async () => {
    const last = rotations.at(-1)
    if (last && last.expiresAtMs - now() > rotateBeforeMs) return last
    rotations.push(await mint(taskId))
    return rotations.at(-1)!
  }
  const app = new Hono<Bindings>()
  app.get(credentialsPath, async (c) => c.json(answer(await current(), roleArn)))
  app.get(`${metadataPath}/task`, (c) => c.json(task(region, account)))
  app.notFound((c) =>
    c.json({ code: 'InvalidIdInRequest', message: 'no such task', HTTPErrorCode: 404 }, 404),
  )

  const served = await serveApp(app, { ...(host && { host }), ...(port && { port }) })
  const metadata = `${served.url.replace(/:80$/, '')}${metadataPath}`
  const withoutTaskRole: Environment = {
    ECS_CONTAINER_METADATA_URI_V4: metadata,
    ECS_CONTAINER_METADATA_URI: metadata.replace('/v4/', '/v3/'),
    AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
  }
  return {
    ...served,
    rotations,
    /** The variables of a task that has only a task execution role. */
    withoutTaskRole,
    /** The variables of a task with a task role, exactly as ECS sets them; and where the agent is, if not where it belongs. */
    withTaskRole: {
      ...withoutTaskRole,
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: credentialsPath,
      ...(host === undefined && { AWS_CONTAINER_SERVICE_ENDPOINT: served.url }),
    } as Environment,
    /** The same by a full address, as EKS, Greengrass and agents on loopback have it. */
    byFullUri: {
      ...withoutTaskRole,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: served.url + credentialsPath,
    } as Environment,
  }
}

export type EcsAgent = Awaited<ReturnType<typeof serveEcsAgent>>

function answer(credential: AwsCredential, roleArn: string) {
  return {
    RoleArn: roleArn,
    AccessKeyId: credential.accessKeyId,
    SecretAccessKey: credential.secretAccessKey.reveal(),
    Token: credential.sessionToken?.reveal(),
    Expiration: new Date(credential.expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
}

/** Task metadata version 4, as Fargate answers it; the region is in no other place. */
function task(region: string, account: string) {
  return {
    Cluster: `arn:aws:ecs:${region}:${account}:cluster/default`,
    TaskARN: `arn:aws:ecs:${region}:${account}:task/default/${taskId}`,
    Family: 'loader',
    Revision: '7',
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    AvailabilityZone: `${region}a`,
    LaunchType: 'FARGATE',
    Containers: [],
  }
}
