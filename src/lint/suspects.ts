import type { BindingDocument, PoolProviderDocument, RoleDocument } from '../registry/documents.ts'
import type { GivenAuthorizationServer, GivenTrust } from '../registry/given.ts'
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
    serviceAccounts: at(given.serviceAccounts, one.place, google?.account.place),
    // Of an application's credentials the one that is looked at, as if it were alone.
    credentials: at(given.credentials, one.place),
    authorizationServers: at(given.authorizationServers, one.place).map((each) => byOneRule(each, asks)),
  }
}

function byOneRule(server: GivenAuthorizationServer, asks: Asks | undefined): GivenAuthorizationServer {
  if (asks?.cloud !== 'oauth') return server
  const rules = server.document.rules.filter(({ name }) => name === asks.rule)
  return { ...server, document: { ...server.document, rules } }
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
