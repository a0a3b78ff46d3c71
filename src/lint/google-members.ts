import type { BindingDocument } from '../registry/documents.ts'
import type { GivenProjectBindings, GivenServiceAccount } from '../registry/given.ts'
import { compileBindings, type Member } from '../trust/google-bindings.ts'
import { compileProvider } from '../trust/google-provider.ts'
import { type TokenProvider, tokenProviders } from './cel-tokens.ts'
import type { Claims, Rule, Suspect, Suspicion } from './rule.ts'

// Who has a role on a service account, or on a whole project.

type Given = Parameters<Rule['find']>[0]

/** A member of a binding, with its place. */
export interface Listed {
  readonly document: Suspect &
    (
      | { readonly kind: 'account'; readonly given: GivenServiceAccount }
      | { readonly kind: 'project'; readonly given: GivenProjectBindings }
    )
  readonly role: string
  readonly member: Member
  /** The title of the binding's condition. */
  readonly during?: string
  readonly path: Suspicion['path']
}

export function accountMembers({ serviceAccounts }: Given): Listed[] {
  return serviceAccounts.flatMap((given) => membersIn({ kind: 'account', given }, given.document.bindings))
}

export function projectMembers({ projectBindings }: Given): Listed[] {
  return projectBindings.flatMap((given) => membersIn({ kind: 'project', given }, given.bindings))
}

function membersIn(document: Listed['document'], bindings: readonly BindingDocument[]): Listed[] {
  return compileBindings(bindings).flatMap(({ role, members, condition }, i) =>
    members.map((member, j) => ({
      ...{ document, role, member, path: ['bindings', i, 'members', j] },
      ...(condition && { during: condition.title }),
    })),
  )
}

/** One that is of a pool, with a provider of that pool and a service account that are at hand. */
export interface Bound extends Listed {
  readonly account: GivenServiceAccount
  readonly provider: TokenProvider
  readonly member: Member & { readonly pool: string }
}

/** Who of a pool has a role on a service account. */
export function boundMembers(given: Given): Bound[] {
  const providers = tokenProviders(given.poolProviders)
  return accountMembers(given).flatMap((listed) =>
    listed.document.kind === 'account' ? boundTo(listed, listed.document.given, providers) : [],
  )
}

export function boundTo(
  listed: Listed,
  account: GivenServiceAccount,
  providers: readonly TokenProvider[],
): Bound[] {
  const { member } = listed
  if (!('pool' in member)) return []
  return providers
    .filter((provider) => member.pool === poolOf(provider))
    .map((provider) => ({ ...listed, account, member, provider }))
}

export function poolOf({ given: { projectNumber, pool } }: Pick<TokenProvider, 'given'>): string {
  return `projects/${projectNumber}/locations/global/workloadIdentityPools/${pool.id}`
}

/** What a member of its own is for a token, as its provider maps it. */
export function principalOf({ member, provider }: Bound, token: Claims): string {
  return subjectMember(member.pool, compileProvider(provider.given.document).map(token).subject)
}

export function subjectMember(pool: string, subject: string): string {
  return `principal://iam.googleapis.com/${pool}/subject/${subject}`
}

/** What is suspected of a member and can be seen by tokens. */
export function suspected({ document, account, provider, path, during }: Bound) {
  return {
    document,
    ...(during !== undefined && { during }),
    asks: { cloud: 'google', provider: provider.given, account },
    path,
    effect: 'admits',
  } as const
}

/** What is seen in the document alone. */
export function tokenless({ document, path, during }: Listed, message: string, fixed: object): Suspicion {
  const seen = { document, path, message, ...(during !== undefined && { during }) }
  return { ...seen, effect: 'weakens', tokens: [], legitimate: [], fixed }
}

/** The holder of the bindings with another member. */
export function withMember(listed: Listed, text: string): object {
  return changed(listed, (members, at) => members.with(at, text))
}

/** The same without the member. */
export function withoutMember(listed: Listed): object {
  return changed(listed, (members, at) => members.toSpliced(at, 1))
}

function changed(
  { document, path }: Listed,
  change: (members: readonly string[], at: number) => readonly string[],
): object {
  const holder = document.kind === 'account' ? document.given.document : { bindings: document.given.bindings }
  const [, index, , at] = path.map(Number)
  const bindings = holder.bindings.flatMap((each, i) => {
    const members = i === index ? change(each.members, at!) : each.members
    return members.length > 0 ? [{ ...each, members }] : []
  })
  return { ...holder, bindings }
}
