import { chosenClaims } from './chosen-claims.ts'
import { madeUpCommit, madeUpUuid } from './made-up.ts'
import { requiredMembers } from './required-members.ts'
import { audienceClaim, type Claims, type Inputs, type Shape } from './shape.ts'

/**
 * A job's token by `buildkite-agent oidc request-token`. It has no `jti`.
 * @see https://buildkite.com/docs/agent/cli/reference/oidc
 */
export const buildkite = {
  name: 'buildkite',
  inputs: {
    organization_slug: 'organization; acme',
    pipeline_slug: 'pipeline; shop',
    build_branch: 'branch; main',
    build_tag: 'tag of the build; none',
    build_commit: 'commit; made up',
    step_key: 'key of the step, and empty for one without; deploy',
    claim: 'optional claims, with commas: organization_id, pipeline_id, cluster_id, …; none',
    subject_claim: 'the ID that is the whole sub, such as pipeline_id; none',
    aws_session_tag: 'claims, with commas, that are session tags for AWS too; none',
  },
  lifetimeSeconds: 300,
  jwksPath: '/.well-known/jwks',
  claims(inputs, { issuer, audience, issuedAt, lifetimeSeconds }) {
    const job = jobClaims(inputs)
    const optional = optionalClaims(job)
    return {
      iss: issuer,
      sub: subject(inputs, job, optional),
      aud: audienceClaim(audience, `https://buildkite.com/${job.organization_slug}`),
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + lifetimeSeconds,
      ...job,
      ...chosen('claim', inputs, optional),
      ...chosen('subject_claim', inputs, { ...optional, ...identifiers(job) }),
      ...sessionTags(inputs, { ...job, ...optional }),
    }
  },
  discovery: (_issuer, algorithm) => requiredMembers(algorithm),
} as const satisfies Shape

function jobClaims(inputs: Inputs) {
  const { organization_slug = 'acme', pipeline_slug = 'shop', build_branch = 'main', build_tag } = inputs
  const { step_key = 'deploy', build_commit } = inputs
  const build = `${organization_slug}/${pipeline_slug} ${build_tag ?? build_branch}`
  return {
    organization_slug,
    pipeline_slug,
    build_number: 1,
    build_branch,
    ...(build_tag !== undefined && { build_tag }),
    build_commit: build_commit ?? madeUpCommit(build),
    step_key: step_key || null,
    job_id: madeUpUuid(`job ${build} ${step_key}`),
    agent_id: madeUpUuid(`agent ${organization_slug}`),
    build_source: 'webhook',
    runner_environment: 'self-hosted',
  }
}

type Job = ReturnType<typeof jobClaims>

function optionalClaims({ organization_slug: organization, pipeline_slug, build_commit }: Job) {
  const pipeline = `${organization}/${pipeline_slug}`
  return {
    organization_id: madeUpUuid(`organization ${organization}`),
    pipeline_id: madeUpUuid(`pipeline ${pipeline}`),
    build_id: madeUpUuid(`build ${pipeline} ${build_commit}`),
    cluster_id: madeUpUuid(`cluster ${organization}`),
    cluster_name: 'default',
    queue_id: madeUpUuid(`queue ${organization}`),
    queue_key: 'default',
  }
}

/** What no renaming changes: nothing else may be a subject of its own. */
function identifiers(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => name.endsWith('_id')))
}

function subject({ subject_claim: chosenClaim }: Inputs, job: Job, optional: Claims): string {
  const { organization_slug, pipeline_slug, build_branch, build_tag, build_commit, step_key } = job
  if (chosenClaim !== undefined)
    return String(chosenClaims('subject_claim', chosenClaim, identifiers({ ...optional, ...job }))[0]![1])
  const ref = build_tag === undefined ? `refs/heads/${build_branch}` : `refs/tags/${build_tag}`
  return `organization:${organization_slug}:pipeline:${pipeline_slug}:ref:${ref}:commit:${build_commit}:step:${step_key ?? ''}`
}

function chosen(setting: 'claim' | 'subject_claim', inputs: Inputs, from: Claims): Claims {
  const text = inputs[setting]
  return text === undefined ? {} : Object.fromEntries(chosenClaims(setting, text, from))
}

/** All of them are texts: AWS takes nothing else. */
function sessionTags({ aws_session_tag: tags }: Inputs, from: Claims): Claims {
  if (tags === undefined) return {}
  const entries = chosenClaims('aws_session_tag', tags, from)
  const texts = entries.map(([name, value]) => [name, [String(value ?? '')]])
  return { 'https://aws.amazon.com/tags': { principal_tags: Object.fromEntries(texts) } }
}
