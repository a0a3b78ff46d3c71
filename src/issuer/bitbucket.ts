import { madeUpUuid } from './made-up.ts'
import { requiredMembers } from './required-members.ts'
import { audienceClaim, type Inputs, type Shape } from './shape.ts'

/**
 * A step's token, `BITBUCKET_STEP_OIDC_TOKEN` (`oidc: true`). A workspace has its own issuer, every UUID its braces, and
 * a token neither `jti` nor `nbf`.
 * @see https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
 */
export const bitbucket = {
  name: 'bitbucket',
  inputs: {
    repository: 'WORKSPACE/REPOSITORY; shop in the workspace of the issuer',
    branchName: 'branch; main',
    deployment: 'deployment environment of the step; none',
    repositoryUuid: 'made up from its name',
    workspaceUuid: 'made up from its name',
    deploymentEnvironmentUuid: 'made up from its name',
    stepUuid: 'another in every token, as every run of a step has its own',
  },
  lifetimeSeconds: 3600,
  jwksPath: '/keys.json',
  claims(inputs, { issuer, audience, issuedAt, lifetimeSeconds, id }) {
    const job = jobOf(inputs, issuer)
    const step = inputs.stepUuid ?? `{${id}}`
    const environment = environmentOf(inputs, job.repository)
    return {
      sub: [job.repositoryUuid, ...(environment ? [environment] : []), step].join(':'),
      aud: audienceClaim(audience, `ari:cloud:bitbucket::workspace/${job.workspaceUuid.slice(1, -1)}`),
      stepUuid: step,
      iss: issuer,
      repositoryUuid: job.repositoryUuid,
      branchName: job.branch,
      exp: issuedAt + lifetimeSeconds,
      iat: issuedAt,
      pipelineUuid: braced(`pipeline ${job.repository} ${job.branch}`),
      workspaceUuid: job.workspaceUuid,
      ...(environment && { deploymentEnvironmentUuid: environment }),
    }
  },
  discovery: (_issuer, algorithm) => requiredMembers(algorithm),
} as const satisfies Shape

interface Job {
  readonly repository: string
  readonly branch: string
  readonly repositoryUuid: string
  readonly workspaceUuid: string
}

function jobOf(inputs: Inputs, issuer: string): Job {
  const { repository = `${workspaceOf(issuer) ?? 'acme'}/shop`, branchName = 'main' } = inputs
  const workspace = repository.split('/', 1)[0]
  return {
    repository,
    branch: branchName,
    repositoryUuid: inputs.repositoryUuid ?? braced(`repository ${repository}`),
    workspaceUuid: inputs.workspaceUuid ?? braced(`workspace ${workspace}`),
  }
}

/** `https://api.bitbucket.org/2.0/workspaces/WORKSPACE/pipelines-config/identity/oidc` */
function workspaceOf(issuer: string): string | undefined {
  return /\/workspaces\/([^/]+)\//.exec(issuer)?.[1]
}

function environmentOf(inputs: Inputs, repository: string): string | undefined {
  const { deployment, deploymentEnvironmentUuid } = inputs
  if (deploymentEnvironmentUuid !== undefined || deployment === undefined) return deploymentEnvironmentUuid
  return braced(`environment ${repository} ${deployment}`)
}

function braced(name: string): string {
  return `{${madeUpUuid(name)}}`
}
