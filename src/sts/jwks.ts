import { MayflyError } from '../errors.ts'
import { type Algorithm, type Jwt, type VerificationKey, verificationKey } from '../wire/jws.ts'

export type TokenHeader = Jwt['header']

/** An issuer that somebody registered as trusted. */
export interface TrustedIssuer {
  /** What `iss` has to say, character for character. */
  readonly issuer: string
  /** The keys that were uploaded with the registration: then its own are never fetched. */
  readonly keys?: readonly VerificationKey[]
  /** Which addresses its discovery may be fetched from. */
  readonly reach: 'public' | 'any'
}

/** What tokens may be signed with. */
export const admittedAlgorithms: readonly Algorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]
const algorithms: ReadonlySet<string> = new Set(admittedAlgorithms)

/** Whether a token may be signed so: never `none`, never with a shared secret (RFC 8725 §3.1). */
export function isAlgorithm(alg: string): alg is Algorithm {
  return algorithms.has(alg)
}

/** A set with more is not one that an issuer rotates. */
const maxKeys = 100

/** The keys of a JWKS that can verify something. */
export function readJwks(jwks: Readonly<Record<string, unknown>>): readonly VerificationKey[] {
  if (!Array.isArray(jwks.keys)) throw new Error('its JWKS has no array of keys')
  if (jwks.keys.length > maxKeys)
    throw new Error(`its JWKS has ${jwks.keys.length} keys, more than ${maxKeys}`)
  return jwks.keys.flatMap((jwk) => verificationKey(jwk) ?? [])
}

/** The key that a header names; one that names none has to leave no choice. */
export function pickKey(
  keys: readonly VerificationKey[],
  { kid, alg }: TokenHeader,
): VerificationKey | undefined {
  const admits = (key: VerificationKey) => (key.algorithms as readonly string[]).includes(alg)
  if (kid === undefined) {
    const [only, another] = keys.filter(admits)
    return another ? undefined : only
  }
  const named = keys.filter((key) => key.kid === kid)
  return named.find(admits) ?? named[0]
}

export function noKey(issuer: string, { kid, alg }: TokenHeader): never {
  const which = kid === undefined ? `no single key for ${alg}` : `no key ${JSON.stringify(kid)}`
  throw new MayflyError('PROOF_KEY', {
    message: `${issuer} publishes ${which}`,
    values: { issuer, kid, algorithm: alg },
  })
}
