import { chosenClaims } from './chosen-claims.ts'
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
    repository_visibility: 'public, private or internal; private',
    enterprise: 'slug of the enterprise that the owner belongs to; none',
    job_workflow_ref:
      'OWNER/REPOSITORY/.github/workflows/FILE@REF of the reusable workflow; the workflow itself',
    created_at: 'when the repository was made, renamed or transferred; after 2026-07-15 its sub is immutable',
    immutable: 'true for the sub with these numbers in it, whenever made; false for the other',
    include_claim_keys: 'what sub is made of, as the repository or its owner sets it; repo,context',
  },
  // Custom properties of the repository, as far as its organization or enterprise puts them into tokens.
  optional: /^repo_property_\w+$/,
  lifetimeSeconds: 300,
  jwksPath: '/.well-known/jwks',
  claims(inputs, token) {
    const job = jobOf(inputs)
    const claims = {
      ...standardClaims(token),
      sub: '',
      aud: audienceClaim(token.audience, `https://github.com/${job.owner}`),
      ref: job.ref,
      sha: job.sha,
      repository: job.repository,
      repository_owner: job.owner,
      repository_owner_id: job.ownerId,
      ...enterpriseClaims(inputs),
      run_id: madeUpId(`run ${job.repository} ${job.ref}`),
      run_number: '1',
      run_attempt: '1',
      repository_visibility: inputs.repository_visibility ?? 'private',
      repository_id: job.repositoryId,
      actor_id: madeUpId(`user ${job.actor}`),
      actor: job.actor,
      workflow: job.workflow,
      ...eventClaims(job),
      ref_protected: String(job.ref === 'refs/heads/main'),
      ref_type: job.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
      ...workflowClaims(job, inputs),
      ...environmentClaims(job),
      check_run_id: madeUpId(`check ${job.repository} ${job.ref}`),
      runner_environment: 'github-hosted',
    }
    return { ...claims, sub: subject(job, claims, inputs.include_claim_keys) }
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
    immutable: isImmutable(inputs),
    environment: inputs.environment,
    pullRequest: inputs.pull_request,
  }
}

function refOf({ ref = 'main', tag, pull_request: pullRequest }: Inputs): string {
  if (pullRequest !== undefined) return `refs/pull/${pullRequest}/merge`
  if (tag !== undefined) return `refs/tags/${tag}`
  return ref.startsWith('refs/') ? ref : `refs/heads/${ref}`
}

/** Later than any time on the last day of the old sub. */
function isImmutable({ immutable, created_at: created }: Inputs): boolean {
  if (immutable !== undefined) return immutable === 'true'
  return created !== undefined && created.slice(0, 10) > '2026-07-15'
}

/** @see https://docs.github.com/en/actions/reference/security/oidc "Customizing the subject claims" */
function subject(job: Job, claims: Claims, keys = 'repo,context'): string {
  const repo = `repo:${escaped(repositoryOf(job))}`
  const others = Object.entries(claims).filter(([, value]) => typeof value === 'string' && value !== '')
  const parts = {
    ...Object.fromEntries(others.map(([name, value]) => [name, `${name}:${escaped(String(value))}`])),
    repo,
    repository: repo,
    context: contextOf(job),
  }
  return chosenClaims('include_claim_keys', keys, parts)
    .map(([, part]) => part)
    .join(':')
}

function repositoryOf({ repository, repositoryId, owner, ownerId, immutable }: Job): string {
  const name = repository.slice(owner.length + 1)
  return immutable ? `${owner}@${ownerId}/${name}@${repositoryId}` : repository
}

/** An environment hides the rest, and a pull request the ref. */
function contextOf({ environment, pullRequest, ref }: Job): string {
  if (environment !== undefined) return `environment:${escaped(environment)}`
  return pullRequest === undefined ? `ref:${escaped(ref)}` : 'pull_request'
}

/** A colon in a value would read as the end of it. */
function escaped(value: string): string {
  return value.replaceAll(':', '%3A')
}

function eventClaims({ pullRequest }: Job): Claims {
  return pullRequest === undefined
    ? { head_ref: '', base_ref: '', event_name: 'push' }
    : { head_ref: `pull-${pullRequest}`, base_ref: 'main', event_name: 'pull_request' }
}

function enterpriseClaims({ enterprise }: Inputs): Claims {
  return enterprise === undefined ? {} : { enterprise_id: madeUpId(`enterprise ${enterprise}`), enterprise }
}

/** The workflow that runs, and the reusable one that a job of it may be in. */
function workflowClaims({ repository, workflow, ref, sha }: Job, inputs: Inputs): Claims {
  const workflowRef = `${repository}/.github/workflows/${workflow}@${ref}`
  const { job_workflow_ref: jobRef = workflowRef } = inputs
  return {
    workflow_ref: workflowRef,
    workflow_sha: sha,
    job_workflow_ref: jobRef,
    job_workflow_sha: jobRef === workflowRef ? sha : madeUpCommit(jobRef),
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
