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
  /** Of how many issuers keys were fetched, or will be fetched again. */
  remembered(): number
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
  const own = ownKeys(keys, now)
  return {
    remembered: () => remotes.size,
    key(trusted, header) {
      const held = trusted.keys ?? own(trusted.issuer)
      if (!held) return remote(trusted).key(header)
      return pickKey(held, header) ?? noKey(trusted.issuer, header)
    },
  }
}

// Importing a key costs more than verifying with it; a JWK of ours is the same object every time.
const known = new WeakMap<object, VerificationKey | undefined>()

function imported(jwk: object): VerificationKey | readonly VerificationKey[] {
  if (!known.has(jwk)) known.set(jwk, verificationKey(jwk))
  return known.get(jwk) ?? []
}

/** For how long a look at our own keys is good: they change with a rotation, which is announced far ahead. */
const ownMs = 1000

function ownKeys(keys: Keys, now: () => number) {
  const looks = new Map<
    string,
    { readonly atMs: number; readonly keys: readonly VerificationKey[] | undefined }
  >()
  return (issuer: string) => {
    const last = looks.get(issuer)
    const atMs = now()
    if (last && atMs >= last.atMs && atMs - last.atMs < ownMs) return last.keys
    const found = keys.jwks(issuer)?.flatMap(imported)
    // Only ours are remembered: whatever else a token names would fill the memory.
    if (found) looks.set(issuer, { atMs, keys: found })
    else looks.delete(issuer)
    return found
  }
}
