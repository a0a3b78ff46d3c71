import type { BindingDocument, PoolProviderDocument, RoleDocument } from '../registry/documents.ts'
import type {
  GivenAuthorizationServer,
  GivenRole,
  GivenServiceAccount,
  GivenTrust,
} from '../registry/given.ts'
import { isMembers } from '../registry/places.ts'
import type { Path } from '../wire/placed-document.ts'
import { providerName } from './cel-tokens.ts'
import type { Asks, Suspect } from './rule.ts'

// The documents in a trust of which something is suspected: told from the others by their places.

type Placed = { readonly place: object }

function at<Item extends Placed>(items: readonly Item[], ...places: readonly (object | undefined)[]): Item[] {
  return items.filter(({ place }) => places.includes(place))
}

/** Of what was given, what decides about one document: however much there is, looking at all of it takes so much longer. */
export function only(given: GivenTrust, { kind, given: one }: Suspect, asks?: Asks): GivenTrust {
  const google = asks?.cloud === 'google' ? asks : undefined
  return {
    ...given,
    roles: kind === 'role' ? at(given.roles, one.place) : [],
    poolProviders: at(given.poolProviders, one.place, google?.provider.place),
    serviceAccounts: at(given.serviceAccounts, one.place, google?.account.place).map((each) => ({
      ...each,
      document: whateverTheTime(each.document),
    })),
    projectBindings: given.projectBindings.map(whateverTheTime),
    // Of an application's credentials the one that is looked at, as if it were alone.
    credentials: at(given.credentials, one.place),
    authorizationServers: at(given.authorizationServers, one.place),
  }
}

/** Without the conditions of bindings: what one of them lets in, it lets in some time. */
function whateverTheTime<Holder extends { readonly bindings: readonly BindingDocument[] }>(
  holder: Holder,
): Holder {
  return { ...holder, bindings: holder.bindings.map(({ condition: _, ...rest }) => rest) }
}

/**
 * The same with what stands at a path alone of all that can let a token in: one statement of a role, besides those that
 * deny; one member of a binding; one rule of an authorization server. What another lets in is another finding.
 */
export function alone(trust: GivenTrust, { kind, given: one }: Suspect, path: Path): GivenTrust {
  const [list, index, , at] = path
  if (typeof index !== 'number') return trust
  const change = <Item extends Placed>(items: readonly Item[], changed: (item: Item) => Item): Item[] =>
    items.map((each) => (each.place === one.place ? changed(each) : each))
  if (kind === 'role' && list === 'Statement')
    return { ...trust, roles: change(trust.roles, (role) => withStatementAlone(role, index)) }
  if (kind === 'account' && list === 'bindings')
    return {
      ...trust,
      serviceAccounts: change(trust.serviceAccounts, (account) =>
        withMemberAlone(account, index, Number(at)),
      ),
    }
  if (kind === 'server' && list === 'rules')
    return {
      ...trust,
      authorizationServers: change(trust.authorizationServers, (server) => withRuleAlone(server, index)),
    }
  return trust
}

function withStatementAlone(role: GivenRole, index: number): GivenRole {
  const policy = role.document.assumeRolePolicyDocument
  const kept = [policy.Statement].flat().filter((each, i) => i === index || !isAllow(each))
  return { ...role, document: { ...role.document, assumeRolePolicyDocument: { ...policy, Statement: kept } } }
}

function isAllow(statement: unknown): boolean {
  return isMembers(statement) && statement.Effect === 'Allow'
}

function withMemberAlone(account: GivenServiceAccount, index: number, at: number): GivenServiceAccount {
  const { role, members } = account.document.bindings[index] ?? { role: '', members: [] }
  const bindings = members[at] === undefined ? [] : [{ role, members: [members[at]] }]
  return { ...account, document: { ...account.document, bindings } }
}

function withRuleAlone(server: GivenAuthorizationServer, index: number): GivenAuthorizationServer {
  return { ...server, document: { ...server.document, rules: server.document.rules.slice(index, index + 1) } }
}

/** Of what was given, what the rules about one document look at. */
export function surrounding(given: GivenTrust, { kind, given: one }: Suspect): GivenTrust {
  const ofGoogle = kind === 'provider' || kind === 'account' || kind === 'project'
  return {
    ...given,
    roles: at(given.roles, one.place),
    poolProviders: ofGoogle ? given.poolProviders : [],
    serviceAccounts:
      kind === 'account' ? at(given.serviceAccounts, one.place) : ofGoogle ? given.serviceAccounts : [],
    credentials: at(given.credentials, one.place),
    authorizationServers: at(given.authorizationServers, one.place),
  }
}

/** With another document in the place of the suspected one. */
export function replaced(given: GivenTrust, { given: old }: Suspect, document: object): GivenTrust {
  const swap = <Item extends Placed>(items: readonly Item[]): Item[] =>
    items.map((each) => (each.place === old.place ? { ...each, document } : each))
  return {
    ...given,
    roles: swap(given.roles),
    poolProviders: swap(given.poolProviders),
    serviceAccounts: swap(given.serviceAccounts),
    credentials: swap(given.credentials),
    authorizationServers: swap(given.authorizationServers),
    projectBindings: given.projectBindings.map((each) =>
      each.place === old.place ? { ...each, ...document } : each,
    ),
  }
}

/** As the vendor's own tools have it: of a role its trust policy, of an account or a project its bindings. */
export function vendorsOwn(document: Suspect, fixed: object): unknown {
  if (document.kind === 'role') return (fixed as RoleDocument).assumeRolePolicyDocument
  if (document.kind === 'account' || document.kind === 'project')
    return { bindings: (fixed as { bindings: readonly BindingDocument[] }).bindings }
  if (document.kind === 'server') return { authorizationServers: [fixed] }
  if (document.kind !== 'provider') return fixed
  const { id: _, disabled, oidc, ...rest } = fixed as PoolProviderDocument
  const name = providerName(document.given).replace('//iam.googleapis.com/', '')
  const { reach: __, ...printed } = oidc ?? { reach: 'public' }
  return { name, ...rest, ...(disabled && { disabled }), ...(oidc && { oidc: printed }) }
}
