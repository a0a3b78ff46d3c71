import { type Context, Hono } from 'hono'
import type { AwsCredential } from '../credential.ts'
import { accountOfArn } from '../sts/aws/arn.ts'
import { isoSecond } from '../wire/iso-time.ts'
import type { Environment } from '../world.ts'
import type { Platform, Site, Stage } from './platform.ts'
import { roleFor } from './roles.ts'
import { sessions } from './sessions.ts'

export const ecs: Platform = {
  name: 'ecs',
  summary: 'a task of ECS on Fargate: the task role at 169.254.170.2, and no EC2 metadata',
  takes: ['role', 'region'],
  open: async (stage) => ecsSite(stage, 'FARGATE'),
}

/** What an ECS task finds, whatever it runs on. @throws LAB_ROLE */
export function ecsSite(stage: Stage, launchType: LaunchType): Site {
  const { region, role } = stage.workload
  const withoutRole = role === 'none'
  const roleArn = withoutRole ? undefined : roleFor(stage, 'ecs-tasks.amazonaws.com')
  const account = roleArn === undefined ? accountIn(stage) : accountOfArn(roleArn)
  const task = { region, account, launchType }
  const credentials = roleArn && {
    roleArn,
    current: sessions(stage, { roleArn, service: 'ecs-tasks.amazonaws.com', sessionName: ecsTaskId }),
  }
  return {
    env: {
      ...ecsVariables(launchType),
      ...(launchType === 'FARGATE' && regionVariables(region)),
      ...(credentials && ecsRoleVariables),
    },
    metadata: { '169.254.170.2': ecsAgent({ task, ...(credentials && { credentials }) }) },
  }
}

type LaunchType = 'FARGATE' | 'EC2'

export const ecsTaskId = '158d1c8083dd49d6b527399fd6414f5c'
const credentialsPath = '/v2/credentials/0f2bd9a3-5dc1-4a35-bd3c-1d6f3ed7c4ce'
const container = '9781c248-0edd-4cdb-9a93-f63cb662a5d3-0000000000'
const agentUrl = 'http://169.254.170.2'

/** The variables of every container of ECS. */
export function ecsVariables(launchType: LaunchType, url = agentUrl): Environment {
  return {
    ECS_CONTAINER_METADATA_URI: `${url}/v3/${container}`,
    ECS_CONTAINER_METADATA_URI_V4: `${url}/v4/${container}`,
    AWS_EXECUTION_ENV: `AWS_ECS_${launchType}`,
  }
}

/** Fargate tells a task its region; on EC2 the agent does so since 2026 only (amazon-ecs-agent#3106, #4946). */
const regionVariables = (region: string): Environment => ({ AWS_REGION: region, AWS_DEFAULT_REGION: region })

/** Set besides where the task has a task role. The task execution role does not set it. */
export const ecsRoleVariables: Environment = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: credentialsPath }

export interface EcsAgent {
  readonly task: { readonly region: string; readonly account: string; readonly launchType: LaunchType }
  /** Absent: the task has no task role. */
  readonly credentials?: { readonly roleArn: string; current(): Promise<AwsCredential> }
}

/**
 * What answers at 169.254.170.2: the task role's credentials, rotated, and the task's metadata, versions 3 and 4.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
 */
export function ecsAgent({ task, credentials }: EcsAgent): Hono {
  const app = new Hono()
  if (credentials)
    app.get(credentialsPath, async (c) => c.json(answer(await credentials.current(), credentials.roleArn)))
  for (const version of ['v3', 'v4']) {
    app.get(`/${version}/${container}`, (c) => c.json(containerMetadata(task)))
    app.get(`/${version}/${container}/task`, (c) => c.json(taskMetadata(task)))
  }
  app.notFound(noSuchTask)
  return app
}

function noSuchTask(c: Context): Response {
  return c.json(
    { code: 'InvalidIdInRequest', message: 'CredentialsV2Request: no such task', HTTPErrorCode: 404 },
    404,
  )
}

function answer(credential: AwsCredential, roleArn: string) {
  return {
    RoleArn: roleArn,
    AccessKeyId: credential.accessKeyId,
    SecretAccessKey: credential.secretAccessKey.reveal(),
    Token: credential.sessionToken?.reveal(),
    Expiration: isoSecond(credential.expiresAtMs),
  }
}

/** The region is in no other place of a task on Fargate. */
function taskMetadata(task: EcsAgent['task']) {
  const { region, account, launchType } = task
  return {
    Cluster: `arn:aws:ecs:${region}:${account}:cluster/default`,
    TaskARN: `arn:aws:ecs:${region}:${account}:task/default/${ecsTaskId}`,
    Family: 'mayfly-lab',
    Revision: '1',
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    AvailabilityZone: `${region}a`,
    LaunchType: launchType,
    Containers: [containerMetadata(task)],
  }
}

function containerMetadata({ region, account }: EcsAgent['task']) {
  return {
    DockerId: container,
    Name: 'workload',
    DockerName: 'workload',
    Labels: {
      'com.amazonaws.ecs.cluster': 'default',
      'com.amazonaws.ecs.container-name': 'workload',
      'com.amazonaws.ecs.task-arn': `arn:aws:ecs:${region}:${account}:task/default/${ecsTaskId}`,
    },
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    Type: 'NORMAL',
  }
}

function accountIn({ sts }: Stage): string {
  return sts.registered().aws.keys().next().value ?? '123456789012'
}
