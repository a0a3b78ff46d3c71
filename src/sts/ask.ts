import type { Secret } from '../secret.ts'
import type { GooglePrincipal } from '../trust/google-bindings.ts'
import type { AccessBoundary } from '../trust/google-boundary.ts'
import type {
  AwsIdentity,
  IamAsk,
  SessionMarks,
  SessionPrincipal,
  SessionTag,
  SignedAsk,
  WebIdentityAsk,
  WebIdentityTokenAsk,
} from './aws/ask.ts'
import type { DownscopeAsk, ImpersonationAsk, TokenAsk } from './google/ask.ts'
import type { OauthIdentity, OauthTokenAsk, OauthTokenGrantParts } from './oauth/ask.ts'

export type * from './aws/ask.ts'
export type * from './google/ask.ts'
export type { OauthIdentity, OauthTokenAsk } from './oauth/ask.ts'

// What the stages of an exchange hand on: Ask (parse) → Verified (verify) → Grant (authorize) → Minted (mint).
// `Verified` and `Grant` carry a mark that only their own stage can make, so that no stage can be skipped.

/** A request as it arrived, undecoded: signatures cover the exact characters. */
export interface StsRequest {
  /** Names the request in the answer, the audit and the explanation. */
  readonly id: string
  readonly method: string
  /** Scheme and host as the caller has them: `http://127.0.0.1:8787`. */
  readonly origin: string
  readonly host: string
  /** Path as sent, without the query. */
  readonly path: string
  /** Query as sent, without the question mark. */
  readonly query: string
  /** In the order sent, repeated fields kept apart. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  /** The peer's address, for the audit. */
  readonly from: string
}

/** What goes back, in a form that any HTTP server can send. */
export interface StsResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

// ── what is asked ──────────────────────────────────────────────────────────────────────────────────────

/** Entra's token endpoint: client credentials, with somebody else's token for the client's assertion (RFC 7523 §2.2). */
export interface ClientAssertionAsk {
  readonly kind: 'ClientAssertion'
  /** As the path has it. */
  readonly tenant: string
  readonly clientId: string
  readonly assertion: Secret
  /** An identifier of what the token is to be for: the scope without `/.default`. */
  readonly resource: string
}

export type Ask =
  | WebIdentityAsk
  | SignedAsk
  | TokenAsk
  | DownscopeAsk
  | ImpersonationAsk
  | ClientAssertionAsk
  | OauthTokenAsk

// ── who asks, after verification ───────────────────────────────────────────────────────────────────────

export type Claims = Readonly<Record<string, unknown>>

/** The subject of a verified JWT. */
export interface WebIdentity {
  readonly type: 'web'
  /** What was registered that vouches: an OIDC provider's ARN, a pool provider's resource name, an application's name. */
  readonly provider: string
  readonly issuer: string
  readonly subject: string
  /** The audience by which it was accepted (`azp` before `aud` at AWS). */
  readonly audience: string
  readonly claims: Claims
  /** What the token has the session marked with. */
  readonly tags?: readonly SessionTag[]
  readonly sourceIdentity?: string
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

/** The holder of one of our access tokens. */
export interface GoogleIdentity {
  readonly type: 'google'
  readonly principal: GooglePrincipal
  readonly scopes: readonly string[]
  /** Of a downscoped token, the most that it is good for. */
  readonly boundary?: AccessBoundary
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

declare const verified: unique symbol
declare const granted: unique symbol

type Pair<A extends Ask, I> = A extends Ask
  ? { readonly kind: A['kind']; readonly ask: A; readonly identity: I; readonly [verified]: true }
  : never

/** An ask whose proof holds. Only `verify` makes one. */
export type Verified =
  | Pair<WebIdentityAsk | ClientAssertionAsk, WebIdentity>
  | Pair<SignedAsk, AwsIdentity>
  | Pair<TokenAsk, WebIdentity | AwsIdentity>
  | Pair<DownscopeAsk | ImpersonationAsk, GoogleIdentity>
  | Pair<OauthTokenAsk, OauthIdentity>

/** An admin call whose signature holds. Only `verifyAdmin` makes one. */
export type VerifiedAdmin = {
  readonly kind: IamAsk['kind']
  readonly ask: IamAsk
  readonly identity: AwsIdentity
  readonly [verified]: true
}

// ── what is granted ────────────────────────────────────────────────────────────────────────────────────

interface GrantMark {
  /** The rule that allowed it, for the audit: `Statement[0]`. */
  readonly rule?: string
  readonly [granted]: true
}

export interface AwsSessionGrant extends GrantMark {
  readonly kind: 'aws-session'
  readonly account: string
  readonly principal: SessionPrincipal
  readonly marks?: SessionMarks
  /** How much of the room for policies and tags they take, in percent; absent where there are none. */
  readonly packedPolicySize?: number
  /** As it was asked for, in characters. */
  readonly minimumTokenSize?: number
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
  /** What AssumeRoleWithWebIdentity answers besides. */
  readonly web?: { readonly subject: string; readonly audience: string; readonly provider: string }
}

export interface CallerIdentityGrant extends GrantMark {
  readonly kind: 'caller-identity'
  readonly identity: AwsIdentity
}

export interface KeyAccountGrant extends GrantMark {
  readonly kind: 'key-account'
  readonly account: string
}

export interface DecodedMessageGrant extends GrantMark {
  readonly kind: 'decoded-message'
  readonly account: string
  readonly encodedMessage: string
}

export interface WebIdentityTokenGrant extends GrantMark {
  readonly kind: 'web-identity-token'
  readonly issuer: string
  readonly algorithm: WebIdentityTokenAsk['algorithm']
  /** All but the times and the token's own ID. */
  readonly claims: Claims
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

export interface AccessTokenGrant extends GrantMark {
  readonly kind: 'access-token'
  readonly principal: GooglePrincipal
  readonly scopes: readonly string[]
  readonly boundary?: AccessBoundary
  readonly lifetimeSeconds: number
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

export interface IdTokenGrant extends GrantMark {
  readonly kind: 'id-token'
  readonly email: string
  readonly uniqueId: string
  readonly audience: string
  readonly includeEmail: boolean
  readonly useEmailAzp?: boolean
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

/** Bytes to be signed as a service account. */
export interface SignedBlobGrant extends GrantMark {
  readonly kind: 'signed-blob'
  readonly uniqueId: string
  readonly payload: Uint8Array
}

/** A JWT of the caller's own claims, to be signed as a service account. */
export interface SignedJwtGrant extends GrantMark {
  readonly kind: 'signed-jwt'
  readonly uniqueId: string
  readonly payload: string
}

/** A permitted admin call. Only `authorizeAdmin` makes one. */
export interface AdminGrant extends GrantMark {
  readonly kind: 'admin-call'
  readonly account: string
  readonly ask: IamAsk
}

export interface EntraTokenGrant extends GrantMark {
  readonly kind: 'entra-token'
  readonly issuer: string
  /** All but issuer, times and the token's own ID. */
  readonly claims: Claims
  readonly lifetimeSeconds: number
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

/** An access token of an authorization server. */
export type OauthTokenGrant = OauthTokenGrantParts & GrantMark

/** What a rule made of an ask, before `authorize` vouches for it. */
export type Ungranted<G extends GrantMark> = G extends GrantMark ? Omit<G, typeof granted> : never

/** A permitted exchange. Only `authorize` makes one. */
export type Grant =
  | AwsSessionGrant
  | CallerIdentityGrant
  | KeyAccountGrant
  | DecodedMessageGrant
  | WebIdentityTokenGrant
  | AccessTokenGrant
  | IdTokenGrant
  | SignedBlobGrant
  | SignedJwtGrant
  | EntraTokenGrant
  | OauthTokenGrant

// ── what is minted ─────────────────────────────────────────────────────────────────────────────────────

export type Minted =
  | {
      readonly kind: 'aws-session'
      readonly grant: AwsSessionGrant
      readonly accessKeyId: string
      readonly secretAccessKey: Secret
      readonly sessionToken: Secret
    }
  | { readonly kind: 'caller-identity'; readonly grant: CallerIdentityGrant }
  | { readonly kind: 'key-account'; readonly grant: KeyAccountGrant }
  | { readonly kind: 'decoded-message'; readonly grant: DecodedMessageGrant; readonly message: string }
  | { readonly kind: 'web-identity-token'; readonly grant: WebIdentityTokenGrant; readonly token: Secret }
  | { readonly kind: 'access-token'; readonly grant: AccessTokenGrant; readonly token: Secret }
  | { readonly kind: 'id-token'; readonly grant: IdTokenGrant; readonly token: Secret }
  | {
      readonly kind: 'signed-blob'
      readonly grant: SignedBlobGrant
      readonly keyId: string
      /** Base64. */
      readonly signature: string
    }
  | {
      readonly kind: 'signed-jwt'
      readonly grant: SignedJwtGrant
      readonly keyId: string
      readonly token: Secret
    }
  | { readonly kind: 'entra-token'; readonly grant: EntraTokenGrant; readonly token: Secret }
  | { readonly kind: 'oauth-token'; readonly grant: OauthTokenGrant; readonly token: Secret }
