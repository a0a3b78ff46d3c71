import type { SigningKey } from '../wire/jws.ts'
import type { IssuerAlgorithm } from './signing.ts'

/** What seals the stateless credentials: authenticated encryption under keys that only this token service has. */
export interface Sealing {
  /** A base64url text that only `unseal` with the same purpose can read. */
  seal(purpose: string, record: string): string
  /** Undefined when it was not sealed here for this purpose, or was altered. Never throws. */
  unseal(purpose: string, sealed: string): string | undefined
  /** 40-character secrets that follow from the text and a sealing key alone: by each of them, the current one first. */
  deriveSecrets(purpose: string, text: string): readonly string[]
}

export interface KeysInUse {
  readonly sealing?: Date | undefined
  readonly signing?: Date | undefined
}

/** The token service's own keys. */
export interface Keys {
  readonly sealing: Sealing
  /** The key with which an issuer of ours signs now: by its own algorithm, or by another that it has. @throws KEY_FILE when the issuer has none */
  signing(issuerUrl: string, algorithm?: IssuerAlgorithm): SigningKey
  /** Public JWKs of an issuer of ours: the current key and those whose tokens still live. Undefined for somebody else's issuer. */
  jwks(issuerUrl: string): readonly Readonly<Record<string, unknown>>[] | undefined
  /** Since when keys are in use; of those that sign, which are read when they are first needed, the oldest. */
  inUseSince(): KeysInUse
}
