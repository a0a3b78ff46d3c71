import type { KeyTimes } from './rotation.ts'
import type { IssuerAlgorithm, IssuerKey } from './signing.ts'

/** An issuer of ours, as far as its keys go. */
export interface Keyed {
  /** What `iss` says. */
  readonly url: string
  readonly algorithm: IssuerAlgorithm
  /** Others that it can sign with where it is asked to, each with keys of its own. */
  readonly also?: readonly IssuerAlgorithm[]
}

export interface MasterKey extends KeyTimes {
  readonly secret: Uint8Array
}

/** Where keys are kept. What is not there yet is made. */
export interface KeyStore {
  /** At least one. @throws KEY_FILE */
  masters(): readonly MasterKey[]
  /** At least one. @throws KEY_FILE */
  issuerKeys(issuer: Keyed): readonly IssuerKey[]
  /** For how long an answer is good. */
  readonly goodForMs: number
}
