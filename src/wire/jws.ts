import {
  constants,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
  verify,
} from 'node:crypto'
import { MayflyError } from '../errors.ts'
import { readJsonObject } from './json.ts'

/** What a JWS may be signed with here: asymmetric only (RFC 8725 §3.1, §3.2). */
export type Algorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

/** A compact JWS, decoded and not verified. */
export interface Jwt {
  readonly header: {
    readonly alg: string
    readonly kid?: string
    readonly typ?: string
    readonly crit?: unknown
  }
  readonly claims: Readonly<Record<string, unknown>>
  /** The first two parts, as signed. */
  readonly signed: string
  readonly signature: Buffer
}

export interface VerificationKey {
  readonly kid?: string
  readonly key: KeyObject
  /** The algorithms that this key's type, curve and `alg` admit. */
  readonly algorithms: readonly Algorithm[]
}

export interface SigningKey {
  readonly kid: string
  readonly key: KeyObject
  readonly algorithm: Algorithm
}

interface Method {
  /** Absent for EdDSA, which hashes by itself. */
  readonly hash?: string
  /** Octets of the signature, where the algorithm fixes it (RFC 7518 §3.4, RFC 8037 §3.1). */
  readonly length?: number
  /** Absent where Node's own defaults are meant: a key by itself is taken in half the time of one with options. */
  readonly key?: Omit<SignKeyObjectInput, 'key'>
}

const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = constants
const pss = { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST }
const concatenated = { dsaEncoding: 'ieee-p1363' } as const

const methods: Readonly<Record<Algorithm, Method>> = {
  // PKCS #1 v1.5 is the default for keys of type rsa, and no other key gets here.
  RS256: { hash: 'sha256' },
  RS384: { hash: 'sha384' },
  RS512: { hash: 'sha512' },
  PS256: { hash: 'sha256', key: pss },
  PS384: { hash: 'sha384', key: pss },
  PS512: { hash: 'sha512', key: pss },
  ES256: { hash: 'sha256', key: concatenated, length: 64 },
  ES384: { hash: 'sha384', key: concatenated, length: 96 },
  ES512: { hash: 'sha512', key: concatenated, length: 132 },
  EdDSA: { length: 64 },
}

const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(methods, name)

/**
 * Decodes a compact JWS that holds a JWT, strictly: three parts of canonical base64url, JSON objects without double
 * members. AWS takes tokens of up to 20,000 characters, the default of `maxBytes`.
 * @throws PROOF_MALFORMED, PROOF_TOO_LARGE
 */
export function readJwt(token: string, maxBytes = 20_000): Jwt {
  if (token.length > maxBytes)
    throw new MayflyError('PROOF_TOO_LARGE', {
      message: `the token has ${token.length} characters, more than ${maxBytes}`,
      values: { length: token.length, limit: maxBytes },
    })
  const parts = token.split('.', 4)
  if (parts.length !== 3) throw malformed('does not have three parts')
  const header = headerOf(parts[0]!)
  if (!header) throw malformed('has a header that is not that of a JWS')
  const octets = octetsOf(parts[1]!)
  const claims = octets && readJsonObject(octets)
  if (!claims) throw malformed('has claims that are not a JSON object in base64url')
  const signature = octetsOf(parts[2]!)
  if (!signature) throw malformed('has a signature that is not base64url')
  return { header, claims, signed: token.slice(0, token.lastIndexOf('.')), signature }
}

// An issuer's tokens have one header for as long as its key lives.
const knownHeaders = new Map<string, Jwt['header']>()
const mostHeaders = 256
const longestHeader = 512

function headerOf(part: string): Jwt['header'] | undefined {
  const known = knownHeaders.get(part)
  if (known) return known
  const octets = octetsOf(part)
  const header = octets && readHeader(octets)
  if (!header || part.length > longestHeader) return header
  // Strangers fill it too: then it begins anew. A part of the token would keep all of it in memory.
  if (knownHeaders.size >= mostHeaders) knownHeaders.clear()
  knownHeaders.set(octets.toString('base64url'), Object.freeze(header))
  return header
}

// Without padding, line breaks or stray bits at the end (RFC 7515 §2): there is one text for each token. Encoding it again
// is cheaper than looking at each character.
function octetsOf(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64url')
  return octets.toString('base64url') === text ? octets : undefined
}

function readHeader(octets: Buffer): Jwt['header'] | undefined {
  const header = readJsonObject(octets)
  if (typeof header?.alg !== 'string') return undefined
  const textual = (name: string) => header[name] === undefined || typeof header[name] === 'string'
  return textual('kid') && textual('typ') ? (header as unknown as Jwt['header']) : undefined
}

function malformed(why: string): MayflyError {
  return new MayflyError('PROOF_MALFORMED', { message: `the token ${why}` })
}

/** A key of a JWKS as one that verifies; undefined when it is of no use for that (wrong `use`, symmetric, too small). */
export function verificationKey(jwk: unknown): VerificationKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined
  const { use, key_ops, kid, alg } = jwk as Record<string, unknown>
  if (use !== undefined && use !== 'sig') return undefined
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify'))) return undefined
  if (kid !== undefined && typeof kid !== 'string') return undefined
  const key = publicKey(jwk as Record<string, unknown>)
  const algorithms = key ? admitted(key).filter((each) => alg === undefined || each === alg) : []
  return key && algorithms.length > 0 ? { key, algorithms, ...(kid !== undefined && { kid }) } : undefined
}

const publicMembers: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
}

function publicKey(jwk: Readonly<Record<string, unknown>>): KeyObject | undefined {
  const kty = String(jwk.kty)
  const members = Object.hasOwn(publicMembers, kty) ? publicMembers[kty]! : []
  if (members.length === 0 || members.some((name) => typeof jwk[name] !== 'string')) return undefined
  const key = Object.fromEntries(members.map((name) => [name, jwk[name]]))
  try {
    return createPublicKey({ key: { kty, ...key }, format: 'jwk' } as JsonWebKeyInput)
  } catch {
    return undefined
  }
}

const rsaAlgorithms: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const curveAlgorithms: Readonly<Record<string, readonly Algorithm[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
}

/** The algorithms that a key can do by its type and curve; none for a key too weak, or so large that it wears us out. */
function admitted(key: KeyObject): readonly Algorithm[] {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      // RFC 7518 §3.3. An exponent of 1 lets anybody sign; OpenSSL itself bounds large ones by 64 bits.
      const sound = publicExponent >= 3n && publicExponent < 2n ** 64n && publicExponent % 2n === 1n
      return sound && modulusLength >= 2048 && modulusLength <= 8192 ? rsaAlgorithms : []
    }
    case 'ec':
      return curveAlgorithms[namedCurve] ?? []
    case 'ed25519':
      return ['EdDSA']
    default:
      return []
  }
}

/**
 * Checks the signature of a token. The key says which algorithms may be used, and the token only which one of them
 * (RFC 8725 §3.1).
 * @throws PROOF_ALGORITHM when the token's algorithm is not one of the key's, or it demands an extension by `crit`
 * @throws PROOF_SIGNATURE when the key did not make this signature
 */
export function checkJws(jwt: Jwt, key: VerificationKey): void {
  const { alg, crit } = jwt.header
  if (!isAlgorithm(alg) || !key.algorithms.includes(alg)) throw wrongAlgorithm(alg, key)
  if (crit !== undefined)
    throw new MayflyError('PROOF_ALGORITHM', {
      message: 'the token demands an extension of JWS (crit), and none is known here',
      hint: 'Have the issuer sign plain JWTs, without `crit` in the header.',
    })
  const { hash, length, key: options } = methods[alg]
  const { signed, signature } = jwt
  const holds =
    (length === undefined || signature.length === length) &&
    verify(hash, Buffer.from(signed, 'latin1'), options ? { key: key.key, ...options } : key.key, signature)
  if (!holds)
    throw new MayflyError('PROOF_SIGNATURE', {
      message: `the signature of the token does not verify with the key ${key.kid ?? 'of its issuer'}`,
      values: { algorithm: alg, kid: key.kid },
    })
}

function wrongAlgorithm(alg: string, key: VerificationKey): MayflyError {
  const algorithm = alg.slice(0, 32)
  const admits = key.algorithms.join(', ')
  return new MayflyError('PROOF_ALGORITHM', {
    message: `the token says ${JSON.stringify(algorithm)}, and its key is for ${admits}`,
    values: { algorithm, expected: key.algorithms },
  })
}

/**
 * A JWT as a compact JWS. The header has `typ: JWT` unless `header` says another, or `undefined` for none.
 * @throws PROOF_ALGORITHM when the key cannot do its algorithm
 */
export function signJwt(
  claims: Readonly<Record<string, unknown>>,
  key: SigningKey,
  header: Readonly<Record<string, unknown>> = {},
): string {
  return signJws(JSON.stringify(claims), key, header)
}

/** The same of claims that somebody else wrote: they are signed as they stand. @throws PROOF_ALGORITHM */
export function signJws(
  payload: string,
  { kid, key, algorithm }: SigningKey,
  header: Readonly<Record<string, unknown>> = {},
): string {
  if (!admitted(key).includes(algorithm))
    throw new MayflyError('PROOF_ALGORITHM', {
      message: `the signing key ${kid} (${key.asymmetricKeyType}) cannot do ${algorithm}`,
      values: { algorithm, kid },
    })
  const signed = `${encoded(JSON.stringify({ typ: 'JWT', ...header, alg: algorithm, kid }))}.${encoded(payload)}`
  const { hash, key: options } = methods[algorithm]
  return `${signed}.${sign(hash, Buffer.from(signed), { key, ...options }).toString('base64url')}`
}

const encoded = (text: string): string => Buffer.from(text).toString('base64url')
