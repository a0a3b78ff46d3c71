import { MayflyError } from '../errors.ts'
import { chosenClaims } from './chosen-claims.ts'
import { madeUpCommit, madeUpId } from './made-up.ts'
import { audienceClaim, type Claims, type Inputs, type Shape, type Token } from './shape.ts'

/**
 * A job's ID token (`id_tokens:` in `.gitlab-ci.yml`). Every number but `runner_id` and every boolean is a string.
 * @see https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export const gitlab = {
  name: 'gitlab',
  inputs: {
    project: 'GROUP/PROJECT; acme/shop',
    project_path: 'the same as project',
    project_id: 'number of the project; made up from its path',
    job_project_path: 'project that runs the job, where PROJECT is a fork with a merge request; the same',
    ref: 'branch; main',
    tag: 'tag, in place of a branch',
    environment: 'deployment environment of the job; none',
    user: 'login of whoever started the pipeline; jo',
    server_fqdn: 'host of the instance, where ci_id_tokens_issuer_url is another; as in the issuer',
    ci_id_token_sub_claim_components:
      'what sub is made of, as the project sets it; project_path,ref_type,ref',
  },
  // Where whoever started the pipeline has asked for them in the profile.
  optional: /^user_identities$/,
  // The default timeout of a job.
  lifetimeSeconds: 3600,
  jwksPath: '/oauth/discovery/keys',
  claims(inputs, token) {
    const project = inputs.project ?? inputs.project_path ?? 'acme/shop'
    const refPath = refPathOf(inputs)
    const claims = {
      ...projectClaims(inputs, project),
      ...userClaims(inputs.user ?? 'jo', project),
      pipeline_id: madeUpId(`pipeline ${project} ${refPath}`),
      pipeline_source: 'push',
      job_id: madeUpId(`job ${project} ${refPath}`),
      ...refClaims(inputs, refPath),
      groups_direct: [project.split('/', 1)[0]],
      ...environmentClaims(inputs),
      runner_id: Number(madeUpId('runner')),
      runner_environment: token.issuer === 'https://gitlab.com' ? 'gitlab-hosted' : 'self-hosted',
      ...commitClaims(project, refPath, inputs.server_fqdn ?? token.issuer.replace(/^https?:\/\//, '')),
      project_visibility: 'private',
      ...standardClaims(token),
    }
    return { ...claims, sub: subject(inputs, claims), aud: audienceClaim(token.audience, token.issuer) }
  },
  discovery: (issuer, algorithm) => ({
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    userinfo_endpoint: `${issuer}/oauth/userinfo`,
    scopes_supported: ['openid', 'profile', 'email'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    grant_types_supported: [
      'authorization_code',
      'password',
      'client_credentials',
      'device_code',
      'refresh_token',
    ],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
    claim_types_supported: ['normal'],
    claims_supported: [
      'iss sub aud exp iat sub_legacy name nickname preferred_username email email_verified website profile picture',
      'groups groups_direct https://gitlab.org/claims/groups/owner https://gitlab.org/claims/groups/maintainer',
      'https://gitlab.org/claims/groups/developer',
    ].flatMap((line) => line.split(' ')),
    code_challenge_methods_supported: ['plain', 'S256'],
  }),
} as const satisfies Shape

/** Where the claims come from that a fork's merge request splits: whose code it is, and whose job. */
function projectClaims(inputs: Inputs, project: string): Claims {
  const own = pathClaims(project, inputs.project_id)
  const { job_project_path: target = project } = inputs
  const running = Object.entries(target === project ? own : pathClaims(target))
  return { ...own, ...Object.fromEntries(running.map(([name, value]) => [`job_${name}`, value])) }
}

function pathClaims(project: string, id = madeUpId(`project ${project}`)): Claims {
  const namespace = project.split('/').slice(0, -1).join('/')
  return {
    namespace_id: madeUpId(`namespace ${namespace}`),
    namespace_path: namespace,
    project_id: id,
    project_path: project,
  }
}

function userClaims(login: string, project: string): Claims {
  return {
    user_id: madeUpId(`user ${login}`),
    user_login: login,
    user_email: `${login}@${project.split('/', 1)[0]}.example`,
    user_access_level: 'maintainer',
  }
}

/** All of them, or none when the job has no environment. */
function environmentClaims({ environment }: Inputs): Claims {
  if (environment === undefined) return {}
  return {
    environment,
    environment_protected: 'false',
    deployment_tier: tier(environment),
    environment_action: 'start',
  }
}

const tiers = {
  development: ['dev', 'review', 'trunk'],
  testing: ['test', 'qa'],
  staging: ['stag', 'model', 'demo'],
  production: ['prod', 'live'],
}

/** Where the job names none, GitLab takes it from the environment's name. */
function tier(environment: string): string {
  const name = environment.toLowerCase()
  const found = Object.entries(tiers).find(([, words]) => words.some((word) => name.includes(word)))
  return found?.[0] ?? 'other'
}

function refPathOf({ ref = 'main', tag }: Inputs): string {
  return tag === undefined ? `refs/heads/${ref}` : `refs/tags/${tag}`
}

function refClaims({ ref = 'main', tag }: Inputs, refPath: string): Claims {
  return {
    ref: tag ?? ref,
    ref_type: tag === undefined ? 'branch' : 'tag',
    ref_path: refPath,
    // As in a new project: the default branch is protected and nothing else.
    ref_protected: String(refPath === 'refs/heads/main'),
  }
}

function commitClaims(project: string, refPath: string, host: string): Claims {
  const sha = madeUpCommit(`${project} ${refPath}`)
  return {
    sha,
    ci_config_ref_uri: `${host}/${project}//.gitlab-ci.yml@${refPath}`,
    ci_config_sha: sha,
  }
}

const components = 'ci_id_token_sub_claim_components'
const componentNames = [
  'project_path',
  'project_id',
  'ref_type',
  'ref',
  'ref_protected',
  'environment_protected',
  'deployment_tier',
]

/**
 * What a project may put there, and that the project comes first.
 * @see https://docs.gitlab.com/api/projects/#edit-a-project
 */
function subject(inputs: Inputs, claims: Claims): string {
  const chosen = inputs[components] ?? 'project_path,ref_type,ref'
  if (!/^project_(path|id)(,|$)/.test(chosen)) throw projectIsFirst(chosen)
  const known = componentNames.filter((name) => Object.hasOwn(claims, name))
  const parts = Object.fromEntries(known.map((name) => [name, `${name}:${claims[name]}`]))
  return chosenClaims(components, chosen, parts)
    .map(([, part]) => part)
    .join(':')
}

function projectIsFirst(chosen: string): MayflyError {
  return new MayflyError('COMMAND_USAGE', {
    message: `${components}: GitLab takes project_path or project_id first, not "${chosen}"`,
    hint: `For instance ${components}=project_id,ref_type,ref.`,
  })
}

function standardClaims({ issuer, issuedAt, lifetimeSeconds, id }: Token): Claims {
  return { jti: id, iss: issuer, iat: issuedAt, nbf: issuedAt - 5, exp: issuedAt + lifetimeSeconds }
}
