import type { AuthorizationServerDocument } from '../registry/documents.ts'
import { meantToken } from './cel-tokens.ts'
import { meantActor, type PlacedRule, rulesIn } from './oauth-conditions.ts'
import { both, suspected } from './placed-condition.ts'
import { own, platformOf, stranger } from './platforms.ts'
import type { Claims, Rule } from './rule.ts'

// What the rules of an authorization server give, to whom, and on whose behalf.

type Given = Parameters<Rule['find']>[0]

/** Rules by which an access token of the server itself is exchanged for another. */
function onwardRules(given: Given): PlacedRule[] {
  return rulesIn(given).filter(({ rule, server }) => rule.issuer === server.issuer)
}

export const anyAudience: Rule = {
  id: 'oauth-onward-any-audience',
  severity: 'high',
  what: 'access tokens for any resource may be exchanged for others',
  why: 'Every service that a user calls receives an access token. A rule that does not ask for whom it was made lets each of them trade it for one of the next service.',
  find: (given) =>
    onwardRules(given).flatMap((each) => {
      const { aud } = accessToken(each)
      const other = each.server.resources.find(({ identifier }) => identifier !== aud)
      if (/\bassertion\.aud\b/.test(each.written) || !other) return []
      return {
        ...suspected(each),
        message: `the rule ${each.rule.name} does not ask for whom an access token was made (aud)`,
        tokens: [{ ...accessToken(each), aud: other.identifier }],
        legitimate: [accessToken(each)],
        fixed: each.with(both(each, `assertion.aud == '${aud}'`)),
      }
    }),
}

export const anyClient: Rule = {
  id: 'oauth-onward-any-client',
  severity: 'high',
  what: 'whoever has an access token may exchange it for another',
  why: 'Without `clients` nobody has to prove who it is: a token that leaked from one service opens the next one too.',
  find: (given) =>
    onwardRules(given)
      .filter(({ rule }) => rule.clients === undefined)
      .map((each) => {
        const client = clientOf(each)
        return {
          ...suspected(each),
          path: each.path.slice(0, 2),
          message: `the rule ${each.rule.name} asks for no client`,
          tokens: [accessToken(each)],
          legitimate: [accessToken(each)],
          legitimateAsks: { ...each.asks, client },
          fixed: { ...each.changed({ clients: [client] }), clients: clientsWith(each.server, client) },
        }
      }),
}

/** A client that can prove who it is: the one that the token's resource knows, or any. */
function clientOf({ server, ...rule }: PlacedRule): string {
  const { aud } = accessToken({ server, ...rule })
  const resource = server.resources.find(({ identifier }) => identifier === aud)
  const confidential = server.clients.find((each) => each.assertions?.length || each.jwks)
  return resource?.introspectionClients?.[0] ?? confidential?.clientId ?? 'CLIENT'
}

function clientsWith({ clients, providers }: AuthorizationServerDocument, clientId: string) {
  const provider = providers.find(({ issuer }) => !platformOf(issuer).shared) ?? providers[0]
  if (clients.some((each) => each.clientId === clientId) || !provider) return clients
  const { sub } = platformOf(provider.issuer).token(provider.issuer, own)
  return [...clients, { clientId, assertions: [{ issuer: provider.issuer, subject: String(sub) }] }]
}

export const anyActor: Rule = {
  id: 'oauth-any-actor',
  severity: 'high',
  what: 'anybody of an issuer may act for the subjects of a rule',
  why: '`actor` names an issuer alone. Without a comparison of `actor.sub` every workload of that issuer may act for others.',
  find: (given) =>
    rulesIn(given).flatMap((each) => {
      const { actor, condition = '' } = each.rule
      if (!actor || /\bactor\.(?!iss\b)\w+/.test(condition)) return []
      const meant = meantActor(actor.issuer, condition, each.server)
      const other = { ...meant, ...platformOf(actor.issuer).token(actor.issuer, stranger), aud: meant.aud }
      const same = `actor.sub == '${meant.sub}'`
      const token = tokenFor(each)
      return {
        ...suspected(each),
        message: `the rule ${each.rule.name} does not say who of ${actor.issuer} may act`,
        asks: { ...each.asks, actor: other },
        legitimateAsks: { ...each.asks, actor: meant },
        tokens: [token],
        legitimate: [token],
        fixed: each.with(both(each, actor.required ? same : `(!has(actor.sub) || ${same})`)),
      }
    }),
}

export const everyResource: Rule = {
  id: 'oauth-every-resource',
  severity: 'medium',
  what: 'a rule gives access tokens for every resource, with every scope',
  why: 'One token that leaks then opens all services. A rule for each pair of caller and service says what is meant.',
  find: (given) =>
    rulesIn(given)
      .filter(givesAll)
      .map((each) => {
        const [first] = each.rule.resources
        const last = each.rule.resources.at(-1)!.identifier
        return {
          ...suspected(each),
          path: [...each.path.slice(0, 2), 'resources'],
          message: `the rule ${each.rule.name} gives every scope of all ${each.rule.resources.length} resources`,
          asks: { ...each.asks, resources: [last] },
          legitimateAsks: each.asks,
          tokens: [tokenFor(each)],
          legitimate: [tokenFor(each)],
          fixed: each.changed({ resources: [first!] }),
        }
      }),
}

function givesAll({ rule, server: { resources } }: PlacedRule): boolean {
  const given = new Map(rule.resources.map(({ identifier, scopes }) => [identifier, scopes]))
  return (
    resources.length > 1 &&
    resources.every(({ identifier, scopes }) => {
      const own = given.get(identifier)
      return own !== undefined && scopes.every((scope) => own.includes(scope))
    })
  )
}

// ── what these share ───────────────────────────────────────────────────────────────────────────────────

function tokenFor(each: PlacedRule): Claims {
  return each.rule.issuer === each.server.issuer ? accessToken(each) : meantToken(each)
}

/** An access token of the server itself, for the resource that the condition names or, without one, that is no target. */
function accessToken({ rule, server, written, ...rest }: PlacedRule): Claims {
  const targets = rule.resources.map(({ identifier }) => identifier)
  const { resources } = server
  const source = resources.find(({ identifier }) => !targets.includes(identifier)) ?? resources[0]
  const scope = resources.flatMap(({ scopes }) => scopes).join(' ')
  const usual = { iss: server.issuer, sub: 'somebody', aud: source?.identifier, client_id: 'somebody', scope }
  const { aud: _, ...met } = meantToken({ ...rest, platform: { ...rest.platform, token: () => usual } })
  const [, single, double] = /assertion\.aud\s*==\s*(?:'([^']*)'|"([^"]*)")/.exec(written) ?? []
  return { ...met, aud: single ?? double ?? usual.aud }
}
