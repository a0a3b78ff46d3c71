import type { Secret } from './secret.ts'

/** The three values that sign an AWS request. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  /** Absent only for the permanent keys of an IAM user. */
  readonly sessionToken?: Secret
}

interface Perishable {
  /** When this stops working, in epoch milliseconds. */
  readonly expiresAtMs: number
}

export interface AwsCredential extends AwsCredentials, Perishable {
  readonly kind: 'aws'
  /** The ARN that the token service says these credentials act as, where it says so. */
  readonly arn?: string
  /** The region that it was obtained in: what a program is told of when nobody named one. */
  readonly region?: string
}

/** An OAuth 2.0 bearer token (Google, Entra, RFC 8693). */
export interface AccessToken extends Perishable {
  readonly kind: 'access-token'
  readonly token: Secret
  readonly scopes: readonly string[]
}

/** An OpenID Connect ID token for one audience. */
export interface IdToken extends Perishable {
  readonly kind: 'id-token'
  readonly token: Secret
  readonly audience: string
}

/** The short-lived result of an exchange. */
export type Credential = AwsCredential | AccessToken | IdToken
export type CredentialKind = Credential['kind']
