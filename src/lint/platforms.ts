import { claimsOf } from '../issuer/issuer.ts'
import type { IssuerShape } from '../registry/documents.ts'
import type { Claims } from './rule.ts'

/** Whose job a token is of. */
export interface Job {
  readonly owner: string
  readonly project: string
  readonly event?: 'push' | 'pull_request'
  /** A name that was given up and taken by somebody else: the same words, other numbers. */
  readonly recycled?: boolean
}

/** What is known of the tokens of one CI service or cluster. */
export interface Platform {
  readonly name: string
  /** One issuer for everybody: whose job it is stands in the claims alone. */
  readonly shared: boolean
  is(issuer: string, subject: string): boolean
  /** How a subject begins that is of one owner (organisation, group, namespace) alone. */
  readonly ownerPrefix: RegExp
  /** How a subject begins that is of one project (repository, workspace, ServiceAccount) alone. */
  readonly projectPrefix: RegExp
  /** Claims that name an owner or a project. */
  readonly tenantClaims: readonly string[]
  /** The claim by which an owner is told best. */
  readonly ownerClaim?: string
  /** A claim with the number of the project, which no successor of its name has. */
  readonly immutable?: string
  /** Subjects end in the name of a branch, which whoever makes a fork chooses: it may hold another end. */
  readonly endsInBranch?: true
  token(issuer: string, job: Job): Claims
}

/** What examples show of a token. */
const shown = [
  'iss',
  'sub',
  'aud',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'ref',
  'event_name',
  'job_workflow_ref',
  'project_path',
  'project_id',
  'namespace_path',
  'namespace_id',
  'ref_type',
  'ref_protected',
  'pipeline_source',
  'runner_environment',
]

function shaped(shape: IssuerShape, issuer: string, inputs: Readonly<Record<string, string>>): Claims {
  const claims = claimsOf({ issuer: { url: issuer, shape, algorithm: 'RS256' }, nowMs: 0, inputs })
  return Object.fromEntries(Object.entries(claims).filter(([name]) => shown.includes(name)))
}

const audience = 'sts.amazonaws.com'

const github: Platform = {
  name: 'GitHub Actions',
  shared: true,
  is: (issuer) => /^https:\/\/token\.actions\.githubusercontent\.com(\/|$)/.test(issuer),
  ownerPrefix: /^repo:[^/*?]+\//,
  projectPrefix: /^repo:[^/*?]+\/[^:*?]+:/,
  tenantClaims: ['repository', 'repository_id', 'repository_owner', 'repository_owner_id', 'enterprise_id'],
  ownerClaim: 'repository_owner_id',
  immutable: 'repository_id',
  token(issuer, { owner, project, event, recycled }) {
    const numbers = recycled ? { repository_id: '99999999', repository_owner_id: '88888888' } : {}
    const pull = event === 'pull_request' ? { pull_request: '7' } : {}
    return {
      ...shaped('github', issuer, { repository: `${owner}/${project}`, ...numbers, ...pull }),
      aud: audience,
    }
  },
}

const gitlab: Platform = {
  name: 'GitLab',
  shared: true,
  is: (issuer, subject) => issuer === 'https://gitlab.com' || /^project_(path|id):/.test(subject),
  ownerPrefix: /^project_(path:[^/*?]+\/|id:\d+:)/,
  projectPrefix: /^project_(path:[^:*?]+|id:\d+):/,
  tenantClaims: ['project_id', 'project_path', 'namespace_id', 'namespace_path'],
  ownerClaim: 'namespace_id',
  immutable: 'project_id',
  token(issuer, { owner, project, recycled }) {
    const numbers = recycled ? { project_id: '99999999', namespace_id: '88888888' } : {}
    const inputs = { project: `${owner}/${project}` }
    return { ...shaped('gitlab', issuer, inputs), ...numbers, aud: audience }
  },
}

/** One cluster's own issuer: owners are its namespaces. */
const kubernetes: Platform = {
  name: 'Kubernetes',
  shared: false,
  is: (_, subject) => subject.startsWith('system:serviceaccount:'),
  ownerPrefix: /^system:serviceaccount:[^:*?]+:/,
  projectPrefix: /^system:serviceaccount:[^:*?]+:[^:*?]+$/,
  tenantClaims: [],
  token: (iss, { owner, project }) => ({
    iss,
    sub: `system:serviceaccount:${owner}:${project}`,
    aud: audience,
  }),
}

const terraform: Platform = {
  name: 'HCP Terraform',
  shared: true,
  is: (issuer) => issuer === 'https://app.terraform.io',
  ownerPrefix: /^organization:[^:*?]+:/,
  projectPrefix: /^organization:[^:*?]+:project:[^:*?]+:workspace:[^:*?]+:/,
  tenantClaims: [
    'terraform_organization_id',
    'terraform_organization_name',
    'terraform_workspace_id',
    'terraform_full_workspace',
  ],
  ownerClaim: 'terraform_organization_name',
  token(iss, { owner, project, event }) {
    const phase = event === 'pull_request' ? 'plan' : 'apply'
    return {
      iss,
      sub: `organization:${owner}:project:default:workspace:${project}:run_phase:${phase}`,
      aud: audience,
      terraform_organization_name: owner,
      terraform_workspace_name: project,
      terraform_run_phase: phase,
    }
  },
}

const buildkite: Platform = {
  name: 'Buildkite',
  shared: true,
  is: (issuer) => issuer === 'https://agent.buildkite.com',
  ownerPrefix: /^organization:[^:*?]+:/,
  projectPrefix: /^organization:[^:*?]+:pipeline:[^:*?]+:/,
  tenantClaims: ['organization_slug', 'organization_id', 'pipeline_slug', 'pipeline_id'],
  ownerClaim: 'organization_slug',
  token: (iss, { owner, project }) => ({
    iss,
    sub: `organization:${owner}:pipeline:${project}:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:deploy`,
    aud: audience,
    organization_slug: owner,
    pipeline_slug: project,
    build_branch: 'main',
  }),
}

/** An issuer for each organisation. */
const circleci: Platform = {
  name: 'CircleCI',
  shared: false,
  is: (issuer) => issuer.startsWith('https://oidc.circleci.com/org/'),
  ownerPrefix: /^org\/[^/*?]+\//,
  projectPrefix: /^org\/[^/*?]+\/project\/[^/*?]+\//,
  tenantClaims: ['oidc.circleci.com/project-id'],
  endsInBranch: true,
  token(iss, { owner, project, event }) {
    const origin = `github.com/${event === 'pull_request' ? stranger.owner : owner}/${project}`
    // A build of a fork has the project's own IDs: only the second form of subjects says where the code is from.
    const from = event === 'pull_request' ? `/vcs-origin/${origin}/vcs-ref/refs/heads/main` : ''
    return {
      iss,
      sub: `org/${owner}/project/${project}/user/jo${from}`,
      aud: owner,
      'oidc.circleci.com/project-id': project,
      'oidc.circleci.com/vcs-origin': origin,
      'oidc.circleci.com/ssh-rerun': false,
    }
  },
}

/** An issuer of which nothing is known: its subjects have no parts. */
const unknown: Platform = {
  name: 'this issuer',
  shared: false,
  is: () => true,
  ownerPrefix: /^[^*?]/,
  projectPrefix: /^[^*?]+$/,
  tenantClaims: [],
  token: (iss, { owner, project }) => ({ iss, sub: `${owner}-${project}`, aud: audience }),
}

const platforms = [github, terraform, buildkite, circleci, gitlab, kubernetes, unknown]

/** Whose tokens an issuer's are, by its URL or by what a trust says of their subjects. */
export function platformOf(issuer: string, subject = ''): Platform {
  const found = platforms.find((each) => each.is(issuer, subject))!
  // GitLab's own service is everybody's; an instance of one's own has one owner.
  return found === gitlab && issuer !== 'https://gitlab.com' ? { ...gitlab, shared: false } : found
}

/** Claims that name one project of an owner, on whatever platform. */
export const projectClaims: readonly string[] = [
  'sub',
  'repository',
  'repository_id',
  'project_path',
  'project_id',
  'terraform_workspace_id',
  'terraform_workspace_name',
  'terraform_full_workspace',
  'pipeline_slug',
  'pipeline_id',
  'oidc.circleci.com/project-id',
]

/** What follows from the event of a job and from its environment: the author of a pull request does not choose it. */
export const ofEvent: readonly string[] = [
  'ref',
  'ref_type',
  'ref_path',
  'ref_protected',
  'event_name',
  'build_branch',
  'environment',
]

/** Whom examples are of, where the trust names nobody. */
export const own: Job = { owner: 'acme', project: 'shop' }
/** Somebody else. */
export const stranger: Job = { owner: 'evil-corp', project: 'shop' }

/** How far a pattern for subjects is open: to every owner, to every project of one, to every job of a project. */
export type Opening = 'owner' | 'project' | 'job' | 'none'

/** What lies behind the first wildcard is open. */
export function openingOf(pattern: string, platform: Platform): Opening {
  const literal = /^[^*?]*/.exec(pattern)![0]
  if (literal === pattern) return 'none'
  if (!platform.ownerPrefix.test(literal)) return 'owner'
  return platform.projectPrefix.test(literal) ? 'job' : 'project'
}

/** The token of a job on main as that job has it on another branch; undefined where its subject does not say the branch. */
export function onBranch(token: Claims): Claims | undefined {
  const sub = String(token.sub).replace(/main(?=:|$)/, 'feature')
  if (sub === token.sub) return undefined
  return { ...token, sub, ref: String(token.ref ?? '').replace('main', 'feature'), ref_protected: 'false' }
}
