import { MayflyError } from '../../errors.ts'
import type { Check } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import {
  type AccessQuestion,
  type Binding,
  evaluateBindings,
  type Permission,
} from '../../trust/google-bindings.ts'
import type { Circumstances } from '../../trust/google-condition.ts'
import type { GoogleIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { TrustDenied } from '../trust-denied.ts'
import { principalName } from './access-token.ts'
import type { IamRoute } from './iam-route.ts'
import type { GoogleProject } from './registered.ts'

/** A call that its caller may make. */
export interface IamGrant {
  readonly project: Pick<GoogleProject, 'projectNumber' | 'projectId'>
  /** Whether the caller has a permission on what the call names. */
  holds(permission: string): boolean
  /** The same with what the call is found to do, which conditions can ask about. @throws TRUST_DENIED */
  demand(permission: Permission, api: Circumstances['api']): void
}

/** Either scope lets its holder call this API; Resource Manager's asks for the first. */
const iamScopes = ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/iam']

/**
 * By the project's own policy, and for a service account by its too. A project that is not there is refused like one that
 * is closed.
 * @throws TRUST_SCOPES, TRUST_BOUNDARY, TRUST_DENIED
 */
export function authorizeIam(
  route: IamRoute,
  identity: GoogleIdentity,
  registered: Snapshot,
  nowMs: number,
): IamGrant {
  checkScopes(route, identity)
  if (identity.boundary) throw downscoped(route, identity)
  const project = projectOf(route, registered)
  const bindings = project ? bindingsFor(route, project, registered) : []
  const question = { principal: identity.principal, nowMs, ...(isOfProject(route) && { resource: aProject }) }
  const demand = (permission: Permission, api: Circumstances['api'] = {}) => {
    const asked = { ...question, permission, api }
    if (!evaluateBindings(bindings, asked)) throw refused(route, identity, bindings, asked)
  }
  const { permission } = route.method
  if (permission !== undefined) demand(permission)
  const holds = (tested: string) =>
    evaluateBindings(bindings, { ...question, permission: tested as Permission })
  return { project: project ?? nowhere, holds, demand }
}

/** On it nobody holds anything: whoever asks what they hold does not learn that it is not there. */
const nowhere = { projectNumber: '', projectId: '' }

/** What Resource Manager has of a project. @see https://cloud.google.com/iam/docs/conditions-resource-attributes */
const aProject = {
  type: 'cloudresourcemanager.googleapis.com/Project',
  service: 'cloudresourcemanager.googleapis.com',
}

function isOfProject({ name }: IamRoute): boolean {
  return name.startsWith('projects.')
}

function checkScopes(route: IamRoute, identity: GoogleIdentity): void {
  const expected = isOfProject(route) ? iamScopes.slice(0, 1) : iamScopes
  if (identity.scopes.some((each) => expected.includes(each))) return
  throw new MayflyError('TRUST_SCOPES', {
    message: `the access token of ${principalName(identity)} is for ${identity.scopes.join(' ')}, which does not reach IAM`,
    values: { presented: identity.scopes, expected, service: serviceOf(route) },
  })
}

function serviceOf(route: IamRoute): string {
  return isOfProject(route) ? aProject.service : 'iam.googleapis.com'
}

/** Downscoped tokens are for Cloud Storage alone. */
function downscoped({ name, method: { permission } }: IamRoute, identity: GoogleIdentity): MayflyError {
  return new MayflyError('TRUST_BOUNDARY', {
    message: `the access token of ${principalName(identity)} is downscoped, and makes no call of IAM such as ${name}`,
    values: { permission },
  })
}

/** `-` is the project of the account that is named. */
function projectOf(
  { project, names: [account = ''] }: IamRoute,
  registered: Snapshot,
): GoogleProject | undefined {
  if (project !== '-') return registered.project(project)
  const { projectNumber } =
    registered.serviceAccount(account) ?? registered.deletedServiceAccount(account) ?? {}
  return projectNumber === undefined ? undefined : registered.project(projectNumber)
}

function bindingsFor(
  { name, names: [account = ''] }: IamRoute,
  project: GoogleProject,
  registered: Snapshot,
): readonly Binding[] {
  if (!name.startsWith('serviceAccounts.')) return project.bindings()
  const found = registered.serviceAccount(account)
  return found?.projectNumber === project.projectNumber ? found.bindings() : project.bindings()
}

function refused(
  route: IamRoute,
  identity: GoogleIdentity,
  bindings: readonly Binding[],
  question: AccessQuestion,
): TrustDenied {
  const { permission } = question
  const { name, project, resource } = route
  const trace: Check[] = []
  evaluateBindings(bindings, question, trace)
  const decision = decisionOf(trace)
  const why = decision.nearMiss ? `: ${decision.nearMiss}` : ''
  const message = `${principalName(identity)} has no ${permission} in the project ${project}${why}`
  const on = name.startsWith('serviceAccounts.') ? {} : { resource, service: serviceOf(route) }
  const hint = `Bind a role that has it under \`bindings:\` of the project, such as ${roleFor(name)}.`
  return new TrustDenied('TRUST_DENIED', { message, values: { permission, ...on }, hint }, decision)
}

function roleFor(name: string): string {
  if (name.startsWith('projects.')) return 'roles/resourcemanager.projectIamAdmin'
  return name.startsWith('serviceAccounts.')
    ? 'roles/iam.serviceAccountAdmin'
    : 'roles/iam.workloadIdentityPoolAdmin'
}
