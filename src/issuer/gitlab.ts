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
    ref: 'branch; main',
    tag: 'tag, in place of a branch',
    environment: 'deployment environment of the job; none',
    user: 'login of whoever started the pipeline; jo',
  },
  // The default timeout of a job.
  lifetimeSeconds: 3600,
  jwksPath: '/oauth/discovery/keys',
  claims(inputs, token) {
    const project = inputs.project ?? inputs.project_path ?? 'acme/shop'
    const ref = inputs.tag ?? inputs.ref ?? 'main'
    const refType = inputs.tag === undefined ? 'branch' : 'tag'
    const refPath = `refs/${refType === 'tag' ? 'tags' : 'heads'}/${ref}`
    return {
      ...projectClaims(project),
      ...userClaims(inputs.user ?? 'jo', project),
      pipeline_id: madeUpId(`pipeline ${project} ${refPath}`),
      pipeline_source: 'push',
      job_id: madeUpId(`job ${project} ${refPath}`),
      ref,
      ref_type: refType,
      ref_path: refPath,
      // As in a new project: the default branch is protected and nothing else.
      ref_protected: String(refPath === 'refs/heads/main'),
      groups_direct: [project.split('/', 1)[0]],
      ...environmentClaims(inputs),
      runner_id: Number(madeUpId('runner')),
      runner_environment: token.issuer === 'https://gitlab.com' ? 'gitlab-hosted' : 'self-hosted',
      ...commitClaims(project, refPath, token),
      project_visibility: 'private',
      ...standardClaims(token),
      sub: `project_path:${project}:ref_type:${refType}:ref:${ref}`,
      aud: audienceClaim(token.audience, token.issuer),
    }
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

/** The project that the pipeline is of, and the project that runs the job: they differ for a fork's merge request alone. */
function projectClaims(project: string): Claims {
  const namespace = project.split('/').slice(0, -1).join('/')
  const claims = {
    namespace_id: madeUpId(`namespace ${namespace}`),
    namespace_path: namespace,
    project_id: madeUpId(`project ${project}`),
    project_path: project,
  }
  const running = Object.entries(claims).map(([name, value]) => [`job_${name}`, value])
  return { ...claims, ...Object.fromEntries(running) }
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

function commitClaims(project: string, refPath: string, token: Token): Claims {
  const sha = madeUpCommit(`${project} ${refPath}`)
  const host = token.issuer.replace(/^https?:\/\//, '')
  return {
    sha,
    ci_config_ref_uri: `${host}/${project}//.gitlab-ci.yml@${refPath}`,
    ci_config_sha: sha,
  }
}

function standardClaims({ issuer, issuedAt, lifetimeSeconds, id }: Token): Claims {
  return { jti: id, iss: issuer, iat: issuedAt, nbf: issuedAt - 5, exp: issuedAt + lifetimeSeconds }
}
