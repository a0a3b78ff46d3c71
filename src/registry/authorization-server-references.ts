import type * as v from 'valibot'
import type { AuthorizationServerDocument, TokenRuleDocument } from './documents.ts'
import { at } from './rules.ts'

type Tell = (message: string, path: [v.IssuePathItem, ...v.IssuePathItem[]]) => void

/** Names at one place of an authorization server, and what has them. */
interface References {
  readonly names: readonly string[]
  readonly known: ReadonlySet<string>
  /** What has no such name. */
  readonly what: string
  readonly path: readonly [string, ...(string | number)[]]
}

/** Tells of every name in an authorization server that nothing in it has, and of what one name would mean twice. */
export function checkReferences(server: AuthorizationServerDocument, tell: Tell): void {
  for (const { names, known, what, path } of [...ruleReferences(server), ...clientReferences(server)])
    for (const name of names)
      if (!known.has(name)) tell(`${JSON.stringify(name)} is not ${what}`, at(...path))
  checkProviders(server, tell)
  checkAssertions(server, tell)
  checkSubjects(server, tell)
}

function ruleReferences(server: AuthorizationServerDocument): References[] {
  const issuers = new Set([server.issuer, ...server.providers.map((each) => each.issuer)])
  const issuer = { known: issuers, what: 'the issuer of a provider, or of this authorization server' }
  const clients = { known: confidential(server), what: 'a client with assertions or jwks' }
  const scopes = new Map(server.resources.map((each) => [each.identifier, new Set(each.scopes)]))
  return server.rules.flatMap((rule, i): References[] => [
    { ...issuer, names: [rule.issuer], path: ['rules', i, 'issuer'] },
    { ...issuer, names: rule.actor ? [rule.actor.issuer] : [], path: ['rules', i, 'actor', 'issuer'] },
    { ...clients, names: rule.clients ?? [], path: ['rules', i, 'clients'] },
    ...rule.resources.flatMap(({ identifier, scopes: names }, j): References[] => {
      const known = scopes.get(identifier)
      const path = ['rules', i, 'resources', j] as const
      const resources = new Set(scopes.keys())
      return known
        ? [{ names, known, what: `a scope of ${identifier}`, path: [...path, 'scopes'] }]
        : [{ names: [identifier], known: resources, what: 'a resource', path: [...path, 'identifier'] }]
    }),
  ])
}

function clientReferences(server: AuthorizationServerDocument): References[] {
  const issuers = new Set(server.providers.map((each) => each.issuer))
  const clients = { known: confidential(server), what: 'a client with assertions or jwks' }
  return [
    ...server.clients.map(
      ({ assertions = [] }, i): References => ({
        names: assertions.map((each) => each.issuer),
        known: issuers,
        what: 'the issuer of a provider',
        path: ['clients', i, 'assertions'],
      }),
    ),
    ...server.resources.map(
      ({ introspectionClients: names = [] }, i): References => ({
        ...clients,
        names,
        path: ['resources', i, 'introspectionClients'],
      }),
    ),
  ]
}

/** IDs of the clients that can prove who they are. */
function confidential({ clients }: AuthorizationServerDocument): ReadonlySet<string> {
  return new Set(clients.filter((each) => each.assertions?.length || each.jwks).map((each) => each.clientId))
}

function checkProviders({ issuer, providers }: AuthorizationServerDocument, tell: Tell): void {
  const own = providers.findIndex((each) => each.issuer === issuer)
  if (own >= 0) tell('the authorization server is no provider of itself', at('providers', own, 'issuer'))
}

/** A token has to be the assertion of one client at most: nobody chooses who to be. */
function checkAssertions({ clients }: AuthorizationServerDocument, tell: Tell): void {
  const holders = new Map<string, string>()
  for (const [i, { clientId, assertions = [] }] of clients.entries())
    for (const { issuer, subject } of assertions) {
      const holder = holders.get(`${issuer} ${subject}`)
      if (holder !== undefined)
        tell(`${subject} of ${issuer} is the client ${holder} already`, at('clients', i, 'assertions'))
      holders.set(`${issuer} ${subject}`, clientId)
    }
}

/**
 * Two issuers may call different workloads by one name, as two clusters do: a service that both come to could not tell them
 * apart. The server's own access tokens have names that were told apart before.
 */
function checkSubjects({ issuer, rules }: AuthorizationServerDocument, tell: Tell): void {
  const holders = new Map<string, TokenRuleDocument>()
  for (const [i, rule] of rules.entries()) {
    if (rule.subjectMapping !== undefined || rule.issuer === issuer) continue
    const others = rule.resources.flatMap(({ identifier }) => {
      const holder = holders.get(identifier) ?? rule
      holders.set(identifier, holder)
      return holder.issuer === rule.issuer ? [] : [`${identifier} and rule ${holder.name}`]
    })
    if (others.length > 0)
      tell(`needs a subjectMapping, to tell its subjects from another issuer's: ${others[0]}`, at('rules', i))
  }
}
