import type { Secret } from '../../secret.ts'
import type { Parameters } from '../../wire/aws-parameters.ts'
import type { SignableRequest } from '../../wire/sigv4.ts'

// What AWS STS is asked, and who asks it with a signature. The stages that hand this on are in ask.ts.

/** A tag of a session. One that is transitive goes on to the sessions of roles that this session assumes. */
export interface SessionTag {
  readonly key: string
  readonly value: string
  readonly transitive?: true
}

/** What narrows a session: it may do what these allow, of what its role or user may. */
export interface SessionPolicies {
  /** An inline policy, as JSON text. */
  readonly policy?: string
  /** Managed policies. */
  readonly policyArns?: readonly string[]
}

/** How large a session token has to be at least: for whoever tests that large ones fit. */
interface TokenSize {
  /** Up to 4096 characters. */
  readonly minimumTokenSize?: number
}

interface SessionParameters extends SessionPolicies, TokenSize {
  readonly roleArn: string
  readonly sessionName: string
  readonly durationSeconds?: number
}

export interface WebIdentityAsk extends SessionParameters {
  readonly kind: 'AssumeRoleWithWebIdentity'
  readonly token: Secret
}

/** A code of a caller's MFA device. */
export interface MfaCode {
  readonly serialNumber: string
  readonly tokenCode: Secret
}

export interface AssumeRoleAsk extends SessionParameters {
  readonly kind: 'AssumeRole'
  readonly signed: SignableRequest
  readonly mfa?: MfaCode
  readonly externalId?: string
  readonly tags?: readonly SessionTag[]
  readonly sourceIdentity?: string
}

export interface CallerIdentityAsk {
  readonly kind: 'GetCallerIdentity'
  readonly signed: SignableRequest
}

/** A session of a user with all that the user may. */
export interface SessionTokenAsk extends TokenSize {
  readonly kind: 'GetSessionToken'
  readonly signed: SignableRequest
  readonly durationSeconds: number
  readonly mfa?: MfaCode
}

/** A session for somebody whom a user vouches for, with what the user hands on. */
export interface FederationTokenAsk extends SessionPolicies, TokenSize {
  readonly kind: 'GetFederationToken'
  readonly signed: SignableRequest
  readonly name: string
  readonly durationSeconds: number
  readonly tags?: readonly SessionTag[]
}

export interface AccessKeyInfoAsk {
  readonly kind: 'GetAccessKeyInfo'
  readonly signed: SignableRequest
  readonly accessKeyId: string
}

export interface DecodeMessageAsk {
  readonly kind: 'DecodeAuthorizationMessage'
  readonly signed: SignableRequest
  readonly encodedMessage: string
}

/** A token by which an AWS identity proves itself to others. */
export interface WebIdentityTokenAsk {
  readonly kind: 'GetWebIdentityToken'
  readonly signed: SignableRequest
  readonly audiences: readonly string[]
  readonly algorithm: 'RS256' | 'ES384'
  readonly durationSeconds: number
  readonly tags?: readonly SessionTag[]
}

/** What a caller of AWS STS signs with its own credentials. */
export type SignedAsk =
  | AssumeRoleAsk
  | CallerIdentityAsk
  | SessionTokenAsk
  | FederationTokenAsk
  | AccessKeyInfoAsk
  | DecodeMessageAsk
  | WebIdentityTokenAsk

/** A call of IAM: it changes what is registered, and no credential comes of it. */
export interface IamAsk {
  readonly kind: 'IamCall'
  readonly signed: SignableRequest
  /** `CreateRole` */
  readonly action: string
  readonly parameters: Parameters
}

/** What a session carries besides who it is of: later decisions ask for it. */
export interface SessionMarks extends SessionPolicies {
  readonly tags?: readonly SessionTag[]
  readonly sourceIdentity?: string
  /** The ARN of the OIDC provider whose token began it. */
  readonly federatedProvider?: string
  /** When MFA was proved, in epoch milliseconds. */
  readonly mfaAtMs?: number
}

/** Whom a session is of. */
export type SessionPrincipal =
  | {
      readonly type: 'role'
      readonly roleName: string
      readonly roleId: string
      readonly sessionName: string
    }
  /** Of GetSessionToken. */
  | { readonly type: 'user'; readonly userArn: string; readonly userId: string }
  /** Of GetFederationToken. */
  | { readonly type: 'federated'; readonly name: string; readonly userArn: string }

/** The signer of a verified AWS request. */
export interface AwsIdentity {
  readonly type: 'aws'
  readonly arn: string
  readonly account: string
  /** `AROA…:session`, `AIDA…` or `123456789012:name`. */
  readonly userId: string
  /** What it signed with: a role's session, a user's permanent key, a session of a user, or one that a user federated. */
  readonly credential: 'role-session' | 'user' | 'user-session' | 'federated-user'
  /** The ARN of the user who federated it. */
  readonly federatedBy?: string
  readonly marks?: SessionMarks
  /** The region that its request is signed for. */
  readonly region?: string
  /** Epoch milliseconds, as `expiresAtMs`; both absent for a user's permanent key. */
  readonly issuedAtMs?: number
  readonly expiresAtMs?: number
}
