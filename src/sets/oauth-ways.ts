import type { AuthorizationServerDocument, TokenRuleDocument } from '../registry/documents.ts'
import type { GivenAuthorizationServer } from '../registry/given.ts'
import { type ClaimText, celTruth, claimTextOf } from './cel-sets.ts'
import { actorName, clientName } from './oauth-requests.ts'
import { exactly, type Glob, like } from './text-set.ts'
import { meetAll, type TokenSet, tokensIf, tokensWith } from './token-set.ts'
import { noneOf, oneOf, present } from './value-set.ts'
import type { Entrance, Way } from './way.ts'

/** One entrance for every resource of an authorization server, and one for each of its scopes: asked for by themselves. */
export function serverEntrances(server: GivenAuthorizationServer): Entrance[] {
  const { document, place } = server
  const at = { file: place.file, line: place.line() }
  const name = `authorization server ${document.issuer}`
  const asked = document.resources.flatMap(({ identifier, scopes }) =>
    [undefined, ...scopes].map((scope) => ({ resource: identifier, scope })),
  )
  const entrances = asked.map(({ resource, scope }): Entrance => {
    const what = `${scope === undefined ? '' : `${scope} at `}${resource}`
    const scopes = scope === undefined ? [] : [scope]
    return {
      target: { cloud: 'oauth', authorizationServer: document.issuer, resources: [resource], scopes },
      name: `${what} by ${name}`,
      ...at,
      ways: waysTo(server, resource, scope),
    }
  })
  const besides = besidesOf(document)
  const target = { cloud: 'oauth', authorizationServer: document.issuer, resources: [], scopes: [] } as const
  return [...entrances, { target, name: `${name} besides its rules`, ...at, ways: [], besides }]
}

function waysTo({ document, place }: GivenAuthorizationServer, resource: string, scope?: string): Way[] {
  return document.rules.flatMap((rule, i): Way[] => {
    const given = rule.resources.find(({ identifier }) => identifier === resource)
    if (!given || (scope !== undefined && !given.scopes.includes(scope))) return []
    const line = place.line(['rules', i])
    return setsOf(rule, document, scope).map((lets) => ({
      source: `rules[${JSON.stringify(rule.name)}]`,
      line,
      lets,
      except: [],
      notes: [],
    }))
  })
}

function setsOf(
  rule: TokenRuleDocument,
  server: AuthorizationServerDocument,
  scope?: string,
): readonly TokenSet[] {
  const { condition, issuer } = rule
  const variables = (name: string): ClaimText | undefined =>
    name.startsWith('actor.') ? { before: '', claim: actorName(name.slice(6)), after: '' } : undefined
  const holding = condition === undefined ? [tokensWith({})] : celTruth(condition, variables).yes
  const parts = [[accepted(issuer, server, scope)], clientsOf(rule, server), actorsOf(rule, server), holding]
  return parts.reduce<readonly TokenSet[]>((all, each) => meetAll(all, each), [tokensWith({})])
}

/** Of an issuer the tokens that are taken at all. */
function accepted(issuer: string, server: AuthorizationServerDocument, scope?: string): TokenSet {
  const provider = server.providers.find((each) => each.issuer === issuer)
  const { audiences = [server.issuer] } = provider ?? {}
  return tokensWith({
    iss: oneOf([exactly(issuer)]),
    sub: present,
    aud: provider ? oneOf(audiences.map(exactly)) : present,
    // RFC 8693 §4.4, and RFC 7800: as texts neither is ever met.
    may_act: { absent: true },
    ...(provider && { cnf: { absent: true } }),
    // An access token of its own is only ever narrowed.
    ...(!provider && scope !== undefined && { scope: oneOf(listsWith(scope)) }),
  })
}

/** Lists with blanks between their words, of which one is this. */
function listsWith(word: string): Glob[] {
  const { units } = exactly(word)
  const [before, after] = [like('* ').units, like(' *').units]
  return [[], before].flatMap((begin) => [[], after].map((end) => ({ units: [...begin, ...units, ...end] })))
}

/** Who may ask: for a subject that has a client's name, that client alone. */
function clientsOf(
  { clients, subjectMapping = 'assertion.sub' }: TokenRuleDocument,
  server: AuthorizationServerDocument,
): readonly TokenSet[] {
  const confidential = server.clients.filter((each) => each.assertions?.length || each.jwks)
  const known = confidential.map(({ clientId }) => exactly(clientId))
  const anyOrNone = known.length > 0 ? oneOf(known, true) : { absent: true }
  const asking = [tokensWith({ [clientName]: clients ? oneOf(clients.map(exactly)) : anyOrNone })]
  const made = claimTextOf(subjectMapping)
  const called =
    subjectMapping === 'assertion.sub' ? tokensWith({}) : tokensIf(`the subject is called ${subjectMapping}`)
  const names = server.clients.map(({ clientId }) => clientId)
  return meetAll(meetAll(asking, made ? subjectsOf(made, names, clients) : [tokensWith({})]), [called])
}

function subjectsOf(made: ClaimText, names: readonly string[], clients: readonly string[] = []): TokenSet[] {
  // Where one client alone asks, it is the one that may have its name.
  const [only, ...more] = clients
  const others = more.length === 0 ? names.filter((each) => each !== only) : names
  const shared = insideOf(others, made)
  return [
    tokensWith({ [made.claim]: shared.length > 0 ? noneOf(shared) : present }),
    ...others.flatMap((name) =>
      insideOf([name], made).map((inside) =>
        tokensWith({ [made.claim]: oneOf([inside]), [clientName]: oneOf([exactly(name)]) }),
      ),
    ),
  ]
}

/** What the claim says where the text that is made of it is one of these. */
function insideOf(texts: readonly string[], { before, after }: ClaimText): Glob[] {
  return texts
    .filter(
      (text) => text.length > before.length + after.length && text.startsWith(before) && text.endsWith(after),
    )
    .map((text) => exactly(text.slice(before.length, text.length - after.length)))
}

/** Who may act for the subject: nobody, or a token of the issuer that the rule names. */
function actorsOf(
  { actor, condition = '' }: TokenRuleDocument,
  server: AuthorizationServerDocument,
): TokenSet[] {
  const named = [...condition.matchAll(/\bactor\.(\w+)/g)].map(([, claim]) => claim!)
  const nobody = Object.fromEntries(
    ['iss', 'sub', 'aud', ...named].map((claim) => [actorName(claim), { absent: true }]),
  )
  if (!actor) return [tokensWith(nobody)]
  const provider = server.providers.find(({ issuer }) => issuer === actor.issuer)
  const { audiences = [server.issuer] } = provider ?? {}
  const acting = tokensWith({
    [actorName('iss')]: oneOf([exactly(actor.issuer)]),
    [actorName('sub')]: present,
    [actorName('aud')]: provider ? oneOf(audiences.map(exactly)) : present,
    [actorName('cnf')]: { absent: true },
  })
  return actor.required ? [acting] : [acting, tokensWith(nobody)]
}

// ── what is not about tokens ───────────────────────────────────────────────────────────────────────────

function besidesOf({
  algorithm,
  accessTokens: { format, lifetimeSeconds },
  providers,
  resources,
  clients,
  rules,
}: AuthorizationServerDocument): string[] {
  return [
    `Allow access tokens in the format ${format}, signed with ${algorithm}`,
    ...rules.map(
      ({ name, lifetimeSeconds: own = lifetimeSeconds }) =>
        `Allow access tokens for ${Math.min(own, lifetimeSeconds)} s by rules[${JSON.stringify(name)}]`,
    ),
    ...providers.flatMap(({ issuer, jwks, reach }) =>
      jwks || reach === 'any' ? [`Allow tokens of ${issuer} by ${JSON.stringify({ jwks, reach })}`] : [],
    ),
    ...clients.map(
      (each) => `Allow the client ${each.clientId} by ${JSON.stringify({ ...each, clientId: undefined })}`,
    ),
    ...resources.flatMap(({ identifier, introspectionClients = [] }) =>
      introspectionClients.map((each) => `Allow ${each} to ask about access tokens for ${identifier}`),
    ),
  ]
}
