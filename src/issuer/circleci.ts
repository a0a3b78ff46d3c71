import { madeUpUuid } from './made-up.ts'
import { requiredMembers } from './required-members.ts'
import { audienceClaim, type Inputs, type Shape } from './shape.ts'

/**
 * A job's token, `CIRCLE_OIDC_TOKEN` or `CIRCLE_OIDC_TOKEN_V2`. An organization has its own issuer, and a token neither
 * `jti` nor `nbf`.
 * @see https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/ "Format of the OpenID Connect ID token"
 */
export const circleci = {
  name: 'circleci',
  inputs: {
    version: '2 for CIRCLE_OIDC_TOKEN_V2, whose sub says where the code is from; 1',
    'org-id': 'UUID of the organization; what the issuer ends with',
    'project-id': 'UUID of the project; made up from the repository',
    'user-id': 'UUID of whoever started the job; made up',
    'vcs-origin': 'repository; github.com/acme/shop',
    'vcs-ref': 'branch, or refs/…; main',
    'context-ids': 'UUIDs of the contexts of the job, with commas; one, made up',
    'ssh-rerun': 'true for a job that was run again with SSH; false',
  },
  lifetimeSeconds: 3600,
  jwksPath: '/.well-known/jwks-pub.json',
  claims(inputs, { issuer, audience, issuedAt, lifetimeSeconds }) {
    const organization = inputs['org-id'] ?? issuer.split('/').at(-1)!
    const job = jobOf(inputs)
    return {
      iss: issuer,
      sub: subject(organization, job, inputs.version),
      aud: audienceClaim(audience, organization),
      iat: issuedAt,
      exp: issuedAt + lifetimeSeconds,
      'oidc.circleci.com/context-ids': (inputs['context-ids'] ?? madeUpUuid('context')).split(','),
      'oidc.circleci.com/job-id': madeUpUuid(`job ${job.name}`),
      'oidc.circleci.com/org-id': organization,
      'oidc.circleci.com/pipeline-definition-id': madeUpUuid(`pipeline definition ${job.origin}`),
      'oidc.circleci.com/pipeline-id': madeUpUuid(`pipeline ${job.name}`),
      'oidc.circleci.com/project-id': job.project,
      'oidc.circleci.com/ssh-rerun': inputs['ssh-rerun'] === 'true',
      'oidc.circleci.com/vcs-origin': job.origin,
      'oidc.circleci.com/vcs-ref': job.ref,
      'oidc.circleci.com/workflow-id': madeUpUuid(`workflow ${job.name}`),
    }
  },
  discovery: (_issuer, algorithm) => requiredMembers(algorithm),
} as const satisfies Shape

interface Job {
  /** Of which its IDs are made up. */
  readonly name: string
  readonly project: string
  readonly user: string
  readonly origin: string
  readonly ref: string
}

function jobOf(inputs: Inputs): Job {
  const { 'vcs-origin': origin = 'github.com/acme/shop', 'vcs-ref': said = 'main' } = inputs
  const ref = said.startsWith('refs/') ? said : `refs/heads/${said}`
  return {
    name: `${origin} ${ref}`,
    project: inputs['project-id'] ?? madeUpUuid(`project ${origin}`),
    user: inputs['user-id'] ?? madeUpUuid('user jo'),
    origin,
    ref,
  }
}

function subject(organization: string, { project, user, origin, ref }: Job, version = '1'): string {
  const who = `org/${organization}/project/${project}/user/${user}`
  return version === '2' ? `${who}/vcs-origin/${origin}/vcs-ref/${ref}` : who
}
