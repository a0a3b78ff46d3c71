import { madeUpCommit, madeUpId } from './made-up.ts'
import { audienceClaim, type Claims, type Inputs, type Shape, type Token } from './shape.ts'

/**
 * A job's token from `ACTIONS_ID_TOKEN_REQUEST_URL`. Every number and boolean is a string.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export const github = {
  name: 'github',
  inputs: {
    repository: 'OWNER/REPOSITORY; acme/shop',
    repo: 'the same as repository',
    ref: 'branch, or refs/…; main',
    tag: 'tag, in place of a branch',
    environment: 'deployment environment of the job; none',
    pull_request: 'number of the pull request that started the run',
    actor: 'login of whoever started the run; jo',
    workflow: 'file below .github/workflows; deploy.yml',
    repository_id: 'number of the repository; made up from its name',
    repository_owner_id: 'number of the owner; made up from the name',
    immutable: 'true for the sub of repositories made after 2026-07-15, which has these numbers in it',
  },
  lifetimeSeconds: 300,
  jwksPath: '/.well-known/jwks',
  claims(inputs, token) {
    const job = jobOf(inputs)
    return {
      ...standardClaims(token),
      sub: subject(job),
      aud: audienceClaim(token.audience, `https://github.com/${job.owner}`),
      ref: job.ref,
      sha: job.sha,
      repository: job.repository,
      repository_owner: job.owner,
      repository_owner_id: job.ownerId,
      run_id: madeUpId(`run ${job.repository} ${job.ref}`),
      run_number: '1',
      run_attempt: '1',
      repository_visibility: 'private',
      repository_id: job.repositoryId,
      actor_id: madeUpId(`user ${job.actor}`),
      actor: job.actor,
      workflow: job.workflow,
      head_ref: job.pullRequest === undefined ? '' : `pull-${job.pullRequest}`,
      base_ref: job.pullRequest === undefined ? '' : 'main',
      event_name: job.pullRequest === undefined ? 'push' : 'pull_request',
      ref_protected: String(job.ref === 'refs/heads/main'),
      ref_type: job.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
      ...workflowClaims(job),
      ...environmentClaims(job),
      check_run_id: madeUpId(`check ${job.repository} ${job.ref}`),
      runner_environment: 'github-hosted',
    }
  },
  discovery: (_issuer, algorithm) => ({
    subject_types_supported: ['public', 'pairwise'],
    response_types_supported: ['id_token'],
    claims_supported: [
      'sub aud exp iat iss jti nbf ref sha repository repository_id repository_owner repository_owner_id enterprise',
      'enterprise_id run_id run_number run_attempt actor actor_id workflow workflow_ref workflow_sha head_ref base_ref',
      'event_name ref_type ref_protected environment environment_node_id job_workflow_ref job_workflow_sha',
      'repository_visibility runner_environment issuer_scope check_run_id',
    ].flatMap((line) => line.split(' ')),
    id_token_signing_alg_values_supported: [algorithm],
    scopes_supported: ['openid'],
  }),
} as const satisfies Shape

interface Job {
  readonly repository: string
  readonly repositoryId: string
  readonly owner: string
  readonly ownerId: string
  /** `refs/…` */
  readonly ref: string
  readonly sha: string
  readonly actor: string
  readonly workflow: string
  readonly immutable: boolean
  readonly environment: string | undefined
  readonly pullRequest: string | undefined
}

function jobOf(inputs: Inputs): Job {
  const repository = inputs.repository ?? inputs.repo ?? 'acme/shop'
  const owner = repository.split('/', 1)[0]!
  const ref = refOf(inputs)
  return {
    repository,
    repositoryId: inputs.repository_id ?? madeUpId(`repository ${repository}`),
    owner,
    ownerId: inputs.repository_owner_id ?? madeUpId(`user ${owner}`),
    ref,
    sha: madeUpCommit(`${repository} ${ref}`),
    actor: inputs.actor ?? 'jo',
    workflow: inputs.workflow ?? 'deploy.yml',
    immutable: inputs.immutable === 'true',
    environment: inputs.environment,
    pullRequest: inputs.pull_request,
  }
}

function refOf({ ref = 'main', tag, pull_request: pullRequest }: Inputs): string {
  if (pullRequest !== undefined) return `refs/pull/${pullRequest}/merge`
  if (tag !== undefined) return `refs/tags/${tag}`
  return ref.startsWith('refs/') ? ref : `refs/heads/${ref}`
}

/** An environment hides the rest, and a pull request the ref. */
function subject(job: Job): string {
  const name = job.repository.slice(job.owner.length + 1)
  const repository = job.immutable
    ? `${job.owner}@${job.ownerId}/${name}@${job.repositoryId}`
    : job.repository
  if (job.environment !== undefined)
    return `repo:${escaped(repository)}:environment:${escaped(job.environment)}`
  if (job.pullRequest !== undefined) return `repo:${escaped(repository)}:pull_request`
  return `repo:${escaped(repository)}:ref:${escaped(job.ref)}`
}

/** A colon in a value would read as the end of it. */
function escaped(value: string): string {
  return value.replaceAll(':', '%3A')
}

function workflowClaims({ repository, workflow, ref, sha }: Job): Claims {
  const workflowRef = `${repository}/.github/workflows/${workflow}@${ref}`
  return {
    workflow_ref: workflowRef,
    workflow_sha: sha,
    job_workflow_ref: workflowRef,
    job_workflow_sha: sha,
  }
}

function environmentClaims({ environment, repository }: Job): Claims {
  if (environment === undefined) return {}
  return {
    environment,
    environment_node_id: `EN_${madeUpCommit(`${repository} ${environment}`).slice(0, 16)}`,
  }
}

function standardClaims({ issuer, issuedAt, lifetimeSeconds, id }: Token): Claims {
  return { jti: id, iss: issuer, iat: issuedAt, nbf: issuedAt - 600, exp: issuedAt + lifetimeSeconds }
}
