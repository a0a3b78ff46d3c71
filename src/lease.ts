import type { Credential } from './credential.ts'

/** Which of a lease's credentials is wanted: some scopes, or an ID token for an audience. Neither: the configured one. */
export interface Variant {
  readonly scopes?: readonly string[]
  readonly audience?: string
}

/** As a flag or a query names them: scopes with commas between. */
export function variantOf(scopes: string | undefined, audience: string | undefined): Variant {
  const wanted = scopes?.split(',').filter((each) => each !== '') ?? []
  return { ...(wanted.length > 0 && { scopes: wanted.sort() }), ...(audience && { audience }) }
}

/** The last failure of a renewal, as people are told of it. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint: string
  /** When renewals began to fail, in epoch milliseconds. */
  readonly sinceMs: number
}

export interface LeaseStatus {
  readonly name: string
  readonly state: 'waiting' | 'live' | 'failing' | 'expired' | 'stopped'
  /** Expiry of the credential in hand, in epoch milliseconds. */
  readonly expiresAtMs?: number
  readonly renewsAtMs?: number
  readonly failure?: Failure
}

/** A credential that is kept fresh. */
export interface Lease {
  readonly name: string
  /**
   * A credential that is valid now, from memory whenever there is one.
   * @throws LEASE_EXPIRED when the last one has expired and renewing it keeps failing; before there was a first one, the failure itself
   */
  get(variant?: Variant): Promise<Credential>
  status(): LeaseStatus
  /** Resolves when no exchange is under way. */
  settled(): Promise<void>
  /** No more renewals; what is in hand is forgotten. */
  stop(): void
}
