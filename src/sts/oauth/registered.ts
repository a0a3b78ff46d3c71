import type {
  AuthorizationServerDocument,
  JwksDocument,
  OauthClientDocument,
  ProtectedResourceDocument,
  TokenProviderDocument,
  TokenRuleDocument,
} from '../../registry/documents.ts'
import { compileTokenRule, type TokenRule } from '../../trust/token-rules.ts'
import { lazily, named, oncePer } from '../compile.ts'
import { readJwks, type TrustedIssuer } from '../jwks.ts'
import { endpointsBelow } from './endpoints.ts'

/** An issuer whose tokens an authorization server takes. */
export interface TokenProvider {
  readonly trusted: TrustedIssuer
  readonly audiences: readonly string[]
}

export interface OauthClient {
  readonly clientId: string
  /** Its own keys, where it signs its assertions itself. */
  readonly trusted?: TrustedIssuer
  /** A client that cannot prove who it is. */
  readonly isPublic: boolean
}

/** An authorization server as the hot path reads it. */
export interface AuthorizationServer {
  readonly issuer: string
  /** Of the issuer's URL: host and port, and a path without a slash at its end. */
  readonly host: string
  readonly path: string
  readonly algorithm: AuthorizationServerDocument['algorithm']
  readonly accessTokens: AuthorizationServerDocument['accessTokens']
  /** By issuer. */
  readonly providers: ReadonlyMap<string, TokenProvider>
  /** By client ID. */
  readonly clients: ReadonlyMap<string, OauthClient>
  /** By identifier. */
  readonly scopesOf: ReadonlyMap<string, ReadonlySet<string>>
  readonly rules: () => readonly TokenRule[]
  /** IDs of access tokens that hold no more, with the ISO time at which they would have ended by themselves. */
  readonly revoked: ReadonlyMap<string, string>
  /** The client whose assertion a token of somebody else is. */
  clientOf(issuer: string, subject: string): OauthClient | undefined
  /** Whether a client may ask for the state of tokens for a resource. */
  mayIntrospect(clientId: string, resource: string): boolean
}

/** @throws REGISTRY_DOCUMENT, from `rules` too */
export function authorizationServer(document: AuthorizationServerDocument, at: string): AuthorizationServer {
  const { issuer, algorithm, accessTokens, resources, revokedTokens = [] } = document
  const clients = new Map(
    document.clients.map((each, i) => [each.clientId, client(each, `${at}.clients[${i}]`)]),
  )
  const holders = new Map(document.clients.flatMap(assertionsOf))
  const byResource = new Map(resources.map((each) => [each.identifier, introspectionClients(each)]))
  const { host, pathname } = new URL(issuer)
  return {
    issuer,
    host,
    path: pathname === '/' ? '' : pathname,
    algorithm,
    accessTokens,
    clients,
    providers: new Map(
      document.providers.map((each, i) => [each.issuer, provider(each, issuer, `${at}.providers[${i}]`)]),
    ),
    scopesOf: new Map(resources.map((each) => [each.identifier, new Set(each.scopes)])),
    rules: lazily(() => document.rules.map((each, i) => named(`${at}.rules[${i}]`, () => ruleOf(each)))),
    revoked: new Map(revokedTokens.map(({ jti, expires }) => [jti, expires])),
    clientOf: (by, subject) => clients.get(holders.get(`${by} ${subject}`) ?? ''),
    mayIntrospect: (clientId, resource) => byResource.get(resource)?.has(clientId) ?? false,
  }
}

const keysOf = oncePer((jwks: JwksDocument) => readJwks({ ...jwks }))

const ruleOf = oncePer((rule: TokenRuleDocument) => compileTokenRule(rule))

function provider(
  { issuer, audiences, jwks, reach = 'public' }: TokenProviderDocument,
  server: string,
  at: string,
): TokenProvider {
  const keys = jwks && named(`${at}.jwks`, () => keysOf(jwks))
  return { audiences: audiences ?? [server], trusted: { issuer, reach, ...(keys && { keys }) } }
}

function client({ clientId, assertions = [], jwks }: OauthClientDocument, at: string): OauthClient {
  const keys = jwks && named(`${at}.jwks`, () => keysOf(jwks))
  return {
    clientId,
    isPublic: !keys && assertions.length === 0,
    ...(keys && { trusted: { issuer: clientId, keys, reach: 'public' } }),
  }
}

function assertionsOf({ clientId, assertions = [] }: OauthClientDocument) {
  return assertions.map(({ issuer, subject }) => [`${issuer} ${subject}`, clientId] as const)
}

function introspectionClients({ introspectionClients: ids = [] }: ProtectedResourceDocument) {
  return new Set(ids)
}

/** Where an authorization server's own clients address their assertions (RFC 7523 §3). */
export function assertionAudiences({ issuer }: Pick<AuthorizationServer, 'issuer'>): readonly string[] {
  return [issuer, endpointsBelow(issuer).token]
}
