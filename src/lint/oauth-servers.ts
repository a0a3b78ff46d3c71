import type { AuthorizationServerDocument } from '../registry/documents.ts'
import { foreignAudiences } from './aws-keys.ts'
import { meantToken } from './cel-tokens.ts'
import { rulesIn } from './oauth-conditions.ts'
import { suspected } from './placed-condition.ts'
import { platformOf } from './platforms.ts'
import type { Rule, Suspicion } from './rule.ts'
import { jobIn } from './tokens.ts'

// An authorization server besides its rules: its tokens, its clients, and who may ask about tokens.

type Given = Parameters<Rule['find']>[0]
type Server = Given['authorizationServers'][number]

export const longLifetime: Rule = {
  id: 'oauth-long-lifetime',
  severity: 'medium',
  what: 'access tokens hold for more than an hour',
  why: 'Whoever gets hold of an access token has it until it ends: its subject can exchange another one at any time.',
  find: ({ authorizationServers }) =>
    authorizationServers
      .filter(({ document }) => longest(document) > hour)
      .map((server) => {
        const { accessTokens } = server.document
        return tokenless(server, ['accessTokens', 'lifetimeSeconds'], {
          message: `access tokens hold for ${longest(server.document)} seconds`,
          fixed: { ...server.document, accessTokens: { ...accessTokens, lifetimeSeconds: hour } },
        })
      }),
}

const hour = 3600

/** That of the server, unless every rule has less. */
function longest({ accessTokens: { lifetimeSeconds }, rules }: AuthorizationServerDocument): number {
  const each = rules.map((rule) => Math.min(lifetimeSeconds, rule.lifetimeSeconds ?? lifetimeSeconds))
  return each.length === 0 ? lifetimeSeconds : Math.max(...each)
}

export const openIntrospection: Rule = {
  id: 'oauth-open-introspection',
  severity: 'low',
  what: 'every client may ask about the access tokens of a resource',
  why: 'Introspection tells whose a token is and what it may. It is for the resource’s own client (RFC 7662 §4).',
  find: ({ authorizationServers }) =>
    authorizationServers.flatMap((server) => {
      const { resources, clients } = server.document
      return resources.flatMap(({ identifier, introspectionClients = [] }, i) => {
        const all = clients.every(({ clientId }) => introspectionClients.includes(clientId))
        if (!all || introspectionClients.length < 2) return []
        const only = { ...resources[i]!, introspectionClients: introspectionClients.slice(0, 1) }
        return tokenless(server, ['resources', i, 'introspectionClients'], {
          message: `all ${introspectionClients.length} clients may ask about tokens for ${identifier}`,
          fixed: { ...server.document, resources: resources.with(i, only) },
        })
      })
    }),
}

export const literalClient: Rule = {
  id: 'oauth-client-literal-wildcard',
  severity: 'medium',
  what: 'a client’s assertion takes * literally',
  why: 'The subject of an assertion is compared character for character, so nobody is that client.',
  find: ({ authorizationServers }) =>
    authorizationServers.flatMap((server) =>
      server.document.clients.flatMap(({ clientId, assertions = [] }, i) =>
        assertions.flatMap(({ issuer, subject }, j) => {
          if (!/\*/.test(subject)) return []
          const usual = String(platformOf(issuer, subject).token(issuer, jobIn(subject)).sub)
          const { clients } = server.document
          const client = { ...clients[i]!, assertions: assertions.with(j, { issuer, subject: usual }) }
          return tokenless(server, ['clients', i, 'assertions', j, 'subject'], {
            message: `nobody is the client ${clientId} by the subject ${JSON.stringify(subject)}`,
            fixed: { ...server.document, clients: clients.with(i, client) },
          })
        }),
      ),
    ),
}

export const sharedAudience: Rule = {
  id: 'oauth-shared-audience',
  severity: 'medium',
  what: 'an authorization server takes tokens that are made for somebody else',
  why: 'Whoever receives a token with a default audience, or with a cloud’s, can present it here until it expires.',
  find: (given) =>
    rulesIn(given).flatMap((each) => {
      const { server } = each
      const index = server.providers.findIndex(({ issuer }) => issuer === each.issuer)
      const { audiences = [], ...provider } = server.providers[index] ?? { issuer: '' }
      const foreign = audiences.find((audience) => foreignAudiences.oauth.test(audience))
      if (foreign === undefined) return []
      const rest = audiences.filter((audience) => !foreignAudiences.oauth.test(audience))
      const mended = { ...provider, ...(rest.length > 0 && { audiences: rest }) }
      return {
        ...suspected(each),
        path: ['providers', index, 'audiences'],
        message: `${foreign} is an audience of other services`,
        tokens: [{ ...meantToken(each), aud: foreign }],
        legitimate: [{ ...meantToken(each), aud: rest[0] ?? server.issuer }],
        fixed: { ...server, providers: server.providers.with(index, mended) },
      }
    }),
}

/** What is seen in the document alone. */
function tokenless(
  given: Server,
  path: Suspicion['path'],
  { message, fixed }: Pick<Suspicion, 'message' | 'fixed'>,
): Suspicion {
  const document = { kind: 'server', given } as const
  return { document, path, message, effect: 'weakens', tokens: [], legitimate: [], fixed }
}
