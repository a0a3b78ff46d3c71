import type { Secret } from '../../secret.ts'
import type { AccessBoundary } from '../../trust/google-boundary.ts'
import type { SignableRequest } from '../../wire/sigv4.ts'

// What Google's front ends read.

/** Google STS `v1/token`. */
export interface TokenAsk {
  readonly kind: 'TokenExchange'
  /** The provider's full resource name, `//iam.googleapis.com/projects/…`. */
  readonly audience: string
  readonly scopes: readonly string[]
  readonly subject:
    | { readonly type: 'jwt'; readonly token: Secret }
    /** A GetCallerIdentity request, signed by the caller, checked here and never sent anywhere. */
    | { readonly type: 'aws4_request'; readonly signed: SignableRequest }
  readonly boundary?: AccessBoundary
}

/** The same with an access token of ours in place of somebody else's: one that is good for less. */
export interface DownscopeAsk {
  readonly kind: 'DownscopeToken'
  readonly bearer: Secret
  readonly boundary: AccessBoundary
  /** None: those of the token. */
  readonly scopes: readonly string[]
}

interface ImpersonationParameters {
  /** By its e-mail address or its unique ID. */
  readonly serviceAccount: string
  readonly bearer: Secret
  /** The service accounts between the caller and that one, each named in the same way; the caller's own next first. */
  readonly delegates: readonly string[]
}

export interface AccessTokenAsk extends ImpersonationParameters {
  readonly kind: 'GenerateAccessToken'
  readonly scopes: readonly string[]
  readonly lifetimeSeconds: number
}

export interface IdTokenAsk extends ImpersonationParameters {
  readonly kind: 'GenerateIdToken'
  readonly audience: string
  readonly includeEmail: boolean
  /** Whether `azp` is the e-mail address in place of the unique ID. */
  readonly useEmailAzp?: boolean
}

export interface SignBlobAsk extends ImpersonationParameters {
  readonly kind: 'SignBlob'
  readonly payload: Uint8Array
}

export interface SignJwtAsk extends ImpersonationParameters {
  readonly kind: 'SignJwt'
  /** The claims as the caller wrote them. */
  readonly payload: string
  readonly claims: Readonly<Record<string, unknown>>
}

/** What is asked of `iamcredentials.googleapis.com`. */
export type ImpersonationAsk = AccessTokenAsk | IdTokenAsk | SignBlobAsk | SignJwtAsk
