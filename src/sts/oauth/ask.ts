import type { Secret } from '../../secret.ts'
import type { WebIdentity } from '../ask.ts'

/** A token that somebody presents as the proof of who they are (RFC 8693 §3). */
export interface PresentedToken {
  /** `access-token`: one of this authorization server's own. `jwt`: anybody's. */
  readonly type: 'jwt' | 'access-token'
  readonly token: Secret
}

/** How a client says who it is: by its ID alone when it is public, by an assertion otherwise (RFC 7521 §4.2). */
export interface PresentedClient {
  readonly clientId?: string
  readonly assertion?: Secret
}

/** The token endpoint of an authorization server: a token for a token. */
export interface OauthTokenAsk {
  readonly kind: 'OauthToken'
  /** Which authorization server. */
  readonly server: string
  /** RFC 8693 §2.1, or RFC 7523 §2.1. */
  readonly grantType: 'token-exchange' | 'jwt-bearer'
  readonly subject: PresentedToken
  readonly actor?: PresentedToken
  readonly client: PresentedClient
  /** What `resource` and `audience` name. */
  readonly targets: readonly string[]
  readonly scopes: readonly string[]
  /** RFC 8693 §2.2.1; RFC 7523 has no such thing. */
  readonly issuedTokenType?: string
}

/** Whoever is behind a request to an authorization server. */
export interface OauthIdentity {
  readonly type: 'oauth'
  readonly subject: WebIdentity
  readonly actor?: WebIdentity
  /** The client that proved who it is. */
  readonly client?: string
}

/** What a grant becomes: the claims of RFC 9068 §2.2, without the times and the token's own ID. */
export interface OauthTokenGrantParts {
  readonly kind: 'oauth-token'
  readonly issuer: string
  readonly format: 'jwt' | 'opaque'
  readonly claims: Readonly<Record<string, unknown>>
  readonly scopes: readonly string[]
  readonly lifetimeSeconds: number
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}
