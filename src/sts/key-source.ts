import type { Keys } from '../keys/keys.ts'
import type { Http } from '../wire/http.ts'
import { type VerificationKey, verificationKey } from '../wire/jws.ts'
import { noKey, pickKey, type TokenHeader, type TrustedIssuer } from './jwks.ts'
import { type RemoteKeys, remoteKeys } from './remote-keys.ts'

/** Where the public keys of trusted issuers come from. */
export interface KeySource {
  /**
   * The key with which this issuer signs tokens of this header.
   * @throws PROOF_KEY when the issuer publishes no such key
   * @throws PROOF_DISCOVERY when its keys cannot be had
   */
  key(issuer: TrustedIssuer, header: TokenHeader): VerificationKey | Promise<VerificationKey>
}

export interface KeySourceSetting {
  readonly keys: Keys
  /** Outbound HTTP, by the addresses that it may reach. */
  readonly http: Readonly<Record<TrustedIssuer['reach'], Http>>
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Our own issuers' keys from memory, uploaded ones from their registration, all others by discovery. */
export function keySource({ keys, http, now }: KeySourceSetting): KeySource {
  const remotes = new Map<string, RemoteKeys>()
  const remote = ({ issuer, reach }: TrustedIssuer) => {
    const name = `${reach} ${issuer}`
    const known = remotes.get(name) ?? remoteKeys({ issuer, reach, http: http[reach], now })
    remotes.set(name, known)
    return known
  }
  return {
    key(trusted, header) {
      const held = trusted.keys ?? ownKeys(keys, trusted.issuer)
      if (!held) return remote(trusted).key(header)
      return pickKey(held, header) ?? noKey(trusted.issuer, header)
    },
  }
}

// Importing a key costs more than verifying with it; a JWK of ours is the same object every time.
const imported = new WeakMap<object, VerificationKey | undefined>()

function ownKeys(keys: Keys, issuer: string): VerificationKey[] | undefined {
  return keys.jwks(issuer)?.flatMap((jwk) => {
    if (!imported.has(jwk)) imported.set(jwk, verificationKey(jwk))
    return imported.get(jwk) ?? []
  })
}
