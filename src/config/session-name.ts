import { hostname } from 'node:os'
import type { Environment } from '../world.ts'

/**
 * A session name for CloudTrail that leads back to the workload: the pipeline in CI, else the host (in a pod, its name).
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html "RoleSessionName"
 */
export function sessionName(env: Environment, host: () => string = hostname): string {
  const { GITLAB_CI, CI_PROJECT_ID, CI_PIPELINE_ID, GITHUB_ACTIONS, GITHUB_RUN_ID, AWS_BATCH_JOB_ID } = env
  if (GITLAB_CI && CI_PROJECT_ID && CI_PIPELINE_ID)
    return sanitised(`GitLabRunner-${CI_PROJECT_ID}-${CI_PIPELINE_ID}`)
  if (GITHUB_ACTIONS && GITHUB_RUN_ID) return sanitised(`GitHubActions-${GITHUB_RUN_ID}`)
  if (AWS_BATCH_JOB_ID) return sanitised(`mayfly-${AWS_BATCH_JOB_ID}`)
  return sanitised(`mayfly-${env.HOSTNAME || env.COMPUTERNAME || host()}`)
}

const sanitised = (name: string) => name.replace(/[^\w+=,.@-]/g, '-').slice(0, 64)
