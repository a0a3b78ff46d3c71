import type { Check } from './decision.ts'
import { objectAt, refuse, stringAt, stringsAt } from './document.ts'
import { type AdminPermission, adminRoles } from './google-admin-roles.ts'
import { type BindingCondition, type Circumstances, compileCondition } from './google-condition.ts'

/** Who holds a Google access token: a federated principal's mapped attributes, or a service account's e-mail. */
export type GooglePrincipal =
  | {
      readonly type: 'federated'
      /** `projects/N/locations/global/workloadIdentityPools/P` */
      readonly pool: string
      readonly subject: string
      readonly groups: readonly string[]
      /** By name, without the `attribute.` prefix. */
      readonly attributes: Readonly<Record<string, string>>
    }
  | {
      readonly type: 'service-account'
      readonly email: string
      /** Tells it from an account that has the same e-mail later. */
      readonly uniqueId?: string
    }

/** A compiled member of a binding. */
export type Member = { readonly text: string } & (
  | { readonly kind: 'subject'; readonly pool: string; readonly value: string }
  | { readonly kind: 'group'; readonly pool: string; readonly value: string }
  | { readonly kind: 'attribute'; readonly pool: string; readonly name: string; readonly value: string }
  | { readonly kind: 'pool'; readonly pool: string }
  | { readonly kind: 'service-account'; readonly email: string }
  | { readonly kind: 'everyone' }
  /** People, groups and domains of Google's own, and what was deleted: no principal here is one. */
  | { readonly kind: 'elsewhere' }
)

export interface Binding {
  readonly role: string
  readonly members: readonly Member[]
  /** It counts only while this holds. */
  readonly condition?: BindingCondition
  readonly source: string
}

/** Whether somebody has a permission, there and then. */
export interface AccessQuestion extends Circumstances {
  readonly principal: GooglePrincipal
  readonly permission: Permission
}

/** A permission that the token service asks for. */
export type Permission =
  | AdminPermission
  | 'iam.serviceAccounts.getAccessToken'
  | 'iam.serviceAccounts.getOpenIdToken'
  | 'iam.serviceAccounts.signBlob'
  | 'iam.serviceAccounts.signJwt'
  /** To have a token of another account through this one. */
  | 'iam.serviceAccounts.implicitDelegation'

/** @see https://cloud.google.com/iam/docs/roles-permissions/iam */
const rolePermissions: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'roles/iam.workloadIdentityUser',
    ['iam.serviceAccounts.getAccessToken', 'iam.serviceAccounts.getOpenIdToken'],
  ],
  [
    'roles/iam.serviceAccountTokenCreator',
    [
      'iam.serviceAccounts.getAccessToken',
      'iam.serviceAccounts.getOpenIdToken',
      'iam.serviceAccounts.signBlob',
      'iam.serviceAccounts.signJwt',
      'iam.serviceAccounts.implicitDelegation',
    ],
  ],
  ['roles/iam.serviceAccountOpenIdTokenCreator', ['iam.serviceAccounts.getOpenIdToken']],
])

const poolName = /^projects\/(\d+)\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}$/
const host = '//iam.googleapis.com/'
const elsewhere = /^(user|group|domain|projectOwner|projectEditor|projectViewer|deleted):.+$/
const serviceAccount = /^serviceAccount:([^\s:]+@[a-z0-9.-]+|.+\.svc\.id\.goog\[.+\])$/

/**
 * Compiles one member of a binding.
 * @see https://cloud.google.com/iam/docs/principal-identifiers
 * @throws TRUST_POLICY
 */
export function compileMember(text: string, path = 'member'): Member {
  if (text.startsWith(`principal:${host}`) || text.startsWith(`principalSet:${host}`))
    return poolMember(text, path)
  if (text === 'allUsers') return { kind: 'everyone', text }
  if (text === 'allAuthenticatedUsers' || elsewhere.test(text)) return { kind: 'elsewhere', text }
  const email = serviceAccount.exec(text)?.[1]
  if (email !== undefined) return { kind: 'service-account', email, text }
  return refuse(path, text, 'a member: principal://…, principalSet://…, serviceAccount:E-MAIL')
}

/** Whether a member is, or contains, a principal. */
export function matches(member: Member, principal: GooglePrincipal): boolean {
  if (member.kind === 'everyone') return true
  if (member.kind === 'elsewhere') return false
  if (member.kind === 'service-account')
    return principal.type === 'service-account' && principal.email === member.email
  if (principal.type !== 'federated' || principal.pool !== member.pool) return false
  if (member.kind === 'pool') return true
  if (member.kind === 'group') return principal.groups.includes(member.value)
  if (member.kind === 'subject') return principal.subject === member.value
  return attributeOf(principal, member.name) === member.value
}

/** Whether a role has a permission. Roles of one's own making have none here. */
export function roleGrants(role: string, permission: Permission): boolean {
  const has = (permissions: readonly string[] = []) => permissions.includes(permission)
  return has(rolePermissions.get(role)) || has(adminRoles.get(role))
}

/** A binding as a policy has it. */
export interface GivenBinding {
  readonly role: string
  readonly members: readonly string[]
  readonly condition?: object | null | undefined
}

/**
 * Compiles the bindings of an IAM policy.
 * @throws TRUST_POLICY
 */
export function compileBindings(bindings: readonly GivenBinding[], at = 'bindings'): Binding[] {
  return bindings.map((each, i) => compileBinding(each, `${at}[${i}]`))
}

function compileBinding(value: GivenBinding, source: string): Binding {
  const binding = objectAt(value, source)
  const role = stringAt(binding.role, `${source}.role`)
  if (isHashed(role)) refuse(`${source}.role`, role, 'a role with its condition', hashedHint)
  const members = stringsAt(binding.members, `${source}.members`)
  const compiled = members.map(({ text, path }) => compileMember(text, path))
  if (binding.condition === undefined || binding.condition === null)
    return { source, role, members: compiled }
  const path = `${source}.condition`
  const problem = conditionProblem(role, compiled)
  if (problem) refuse(path, binding.condition, 'none', problem)
  return { source, role, members: compiled, condition: compileCondition(binding.condition, path) }
}

/** A policy of version 1 has a hash where the condition is, and leaves it out. */
export function isHashed(role: string): boolean {
  return role.includes('_withcond_')
}

const hashedHint =
  'Its condition is left out in policies of version 1: print the policy with version 3, as gcloud does.'

/**
 * Why a binding cannot have a condition, in Google's words where those are known.
 * @see https://cloud.google.com/iam/docs/conditions-overview "Conditions in allow policies"
 */
export function conditionProblem(role: string, members: readonly Member[]): string | undefined {
  if (/^roles\/(owner|editor|viewer)$/.test(role)) return "Conditions can't be set on primitive roles"
  const everybody = members.find(({ text }) => /^all(Authenticated)?Users$/.test(text))
  return everybody && `Conditions can't be set for ${everybody.text}`
}

/** Whether some binding gives a principal a permission. */
export function evaluateBindings(
  bindings: readonly Binding[],
  question: AccessQuestion,
  trace?: Check[],
): boolean {
  let granted = false
  for (const binding of bindings) {
    if (granted && !trace) return true
    if (applies(binding, question, trace)) granted = true
  }
  trace?.push(permissionCheck(question, granted, bindings.length))
  return granted
}

/** Its condition is asked about last, and only where it decides. */
function applies(binding: Binding, question: AccessQuestion, trace: Check[] | undefined): boolean {
  const { role, members, condition, source } = binding
  const grants = roleGrants(role, question.permission)
  if (!grants && !trace) return false
  const matched = members.map((each) => matches(each, question.principal))
  for (const [i, member] of members.entries()) {
    const found = { role, grants, matched: matched[i]!, source: `${source}.members[${i}]` }
    trace?.push(memberCheck(member, question.principal, found))
  }
  if (!grants || !matched.includes(true)) return false
  if (trace && condition) trace.push(...condition.checks(question, `${source}.condition`))
  return condition?.holds(question) ?? true
}

function poolMember(text: string, path: string): Member {
  const one = text.startsWith(`principal:${host}`)
  const rest = text.slice(text.indexOf(host) + host.length)
  const segments = rest.split('/')
  const pool = segments.slice(0, 6).join('/')
  const kind = segments[6] ?? ''
  const value = segments.slice(7).join('/')
  if (!poolName.test(pool))
    refuse(
      path,
      text,
      `principal${one ? '' : 'Set'}:${host}projects/NUMBER/locations/global/workloadIdentityPools/POOL/…`,
      poolHint(pool),
    )
  if (one) {
    if (kind === 'subject' && value !== '') return { kind, pool, value, text }
    return refuse(
      path,
      text,
      'principal://…/subject/SUBJECT',
      'Groups, attributes and whole pools are a principalSet.',
    )
  }
  if (kind === '*' && segments.length === 7) return { kind: 'pool', pool, text }
  if (kind === 'group' && value !== '') return { kind, pool, value, text }
  const name = /^attribute\.([a-z0-9_]{1,100})$/.exec(kind)?.[1]
  if (name !== undefined && value !== '') return { kind: 'attribute', pool, name, value, text }
  return refuse(path, text, 'principalSet://…/group/GROUP, /attribute.NAME/VALUE or /*')
}

function poolHint(name: string): string | undefined {
  const [, project = '', , , , pool = ''] = name.split('/')
  if (/^[a-z]/.test(project)) return `Name the project by its number, not its ID ${project}.`
  return pool && !/^[a-z0-9-]{4,32}$/.test(pool)
    ? `A pool's ID is 4 to 32 of a-z, 0-9 and -, and ${JSON.stringify(pool)} is not.`
    : undefined
}

function attributeOf(principal: GooglePrincipal & { type: 'federated' }, name: string): string | undefined {
  return Object.hasOwn(principal.attributes, name) ? principal.attributes[name] : undefined
}

function memberCheck(
  member: Member,
  principal: GooglePrincipal,
  found: { role: string; grants: boolean; matched: boolean; source: string },
): Check {
  const { presented, expected } = compared(member, principal)
  const hint = found.matched && !found.grants ? `${found.role} does not give this permission` : undefined
  return {
    check: 'binding',
    outcome: found.matched && found.grants ? 'pass' : 'fail',
    ...(presented !== undefined && { presented }),
    expected,
    operator: found.role,
    source: found.source,
    ...(hint && { hint }),
    part: true,
  }
}

/** Of a member and a principal, the two values that decide. */
function compared(
  member: Member,
  principal: GooglePrincipal,
): { presented: string | readonly string[] | undefined; expected: string } {
  if (principal.type === 'service-account')
    return {
      presented: principal.email,
      expected: member.kind === 'service-account' ? member.email : member.text,
    }
  if (!('pool' in member)) return { presented: principal.subject, expected: member.text }
  if (member.pool !== principal.pool || member.kind === 'pool')
    return { presented: principal.pool, expected: member.pool }
  if (member.kind === 'group') return { presented: principal.groups, expected: member.value }
  if (member.kind === 'subject') return { presented: principal.subject, expected: member.value }
  return { presented: attributeOf(principal, member.name), expected: member.value }
}

function permissionCheck({ principal, permission }: AccessQuestion, granted: boolean, count: number): Check {
  const hint = count === 0 ? 'No bindings are there' : 'No binding gives this principal the permission'
  return {
    check: 'permission',
    outcome: granted ? 'pass' : 'fail',
    presented: asMember(principal),
    expected: permission,
    ...(!granted && { hint }),
  }
}

/** A principal as a binding would name it alone. */
function asMember(principal: GooglePrincipal): string {
  return principal.type === 'service-account'
    ? `serviceAccount:${principal.email}`
    : `principal:${host}${principal.pool}/subject/${principal.subject}`
}
