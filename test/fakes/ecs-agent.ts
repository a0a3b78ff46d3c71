import type { AwsCredential } from '../../src/credential.ts'
import { ecsAgent, ecsRoleVariables, ecsTaskId, ecsVariables } from '../../src/lab/ecs.ts'
import type { Environment } from '../../src/world.ts'
import { serveApp } from './serve.ts'

export interface EcsAgentOptions {
  readonly roleArn: string
  readonly region: string
  readonly account: string
  /** New credentials of the task role, as the agent gets them from AWS: the session is named after the task. */
  readonly mint: (taskId: string) => Promise<AwsCredential>
  readonly now: () => number
}

// The agent has new credentials well before the old ones end, so that a task never holds dead ones.
const rotateBeforeMs = 15 * 60_000

/** The lab's ECS agent where a test wants it, with what it has handed out so far. */
export async function serveEcsAgent(options: EcsAgentOptions) {
  const { roleArn, region, account, mint, now } = options
  const rotations: AwsCredential[] = []
  const current = async () => {
    const last = rotations.at(-1)
    if (last && last.expiresAtMs - now() > rotateBeforeMs) return last
    rotations.push(await mint(ecsTaskId))
    return rotations.at(-1)!
  }
  const task = { region, account, launchType: 'FARGATE' } as const
  const app = ecsAgent({ task, credentials: { roleArn, current } })
  const served = await serveApp(app)
  const withoutTaskRole = ecsVariables('FARGATE', served.url)
  return {
    ...served,
    rotations,
    /** The variables of a task that has only a task execution role. */
    withoutTaskRole,
    /** The variables of a task with a task role, exactly as ECS sets them; and where the agent is, since it is not where it belongs. */
    withTaskRole: {
      ...withoutTaskRole,
      ...ecsRoleVariables,
      AWS_CONTAINER_SERVICE_ENDPOINT: served.url,
    } as Environment,
    /** The same by a full address, as EKS, Greengrass and agents on loopback have it. */
    byFullUri: {
      ...withoutTaskRole,
      AWS_CONTAINER_CREDENTIALS_FULL_URI:
        served.url + ecsRoleVariables.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI,
    } as Environment,
  }
}

export type EcsAgent = Awaited<ReturnType<typeof serveEcsAgent>>
