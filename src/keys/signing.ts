import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { MayflyError } from '../errors.ts'
import type { SigningKey } from '../wire/jws.ts'
import type { KeyTimes } from './rotation.ts'

/** What our own issuers sign with. */
export type IssuerAlgorithm = 'RS256' | 'ES256' | 'ES384'

/** A key pair of an issuer, with the time in which its tokens are to be believed. */
export interface IssuerKey extends SigningKey, KeyTimes {
  readonly algorithm: IssuerAlgorithm
  /** The public half, as a JWKS publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>
}

/** RSA of 2048 bits takes about 100 ms, an elliptic curve less than one. */
export function generateIssuerKey(algorithm: IssuerAlgorithm): IssuerKey {
  return issuerKey(generate(algorithm), algorithm)
}

/**
 * A private key with all that follows from it.
 * @throws KEY_FILE when it cannot sign with that algorithm
 */
export function issuerKey(key: KeyObject, algorithm: IssuerAlgorithm, times: KeyTimes = {}): IssuerKey {
  if (!fits(key, algorithm))
    throw new MayflyError('KEY_FILE', {
      message: `a key of type ${key.asymmetricKeyType} cannot sign ${algorithm}`,
    })
  const publicKey = createPublicKey(key)
  const kid = keyId(publicKey)
  const { kty, ...parts } = publicKey.export({ format: 'jwk' })
  const jwk = { use: 'sig', kty, kid, alg: algorithm, ...parts }
  return { ...times, kid, key, algorithm, jwk }
}

/** @throws KEY_FILE */
export function issuerKeyFromPem(pem: string, algorithm: IssuerAlgorithm, times: KeyTimes = {}): IssuerKey {
  return issuerKey(readPem(pem), algorithm, times)
}

/** PKCS #8: for a file of mode 0600 and nothing else. */
export function privatePem(key: IssuerKey): string {
  return key.key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

/** As Kubernetes names its keys: the SHA-256 of the public key in DER, base64url. */
function keyId(publicKey: KeyObject): string {
  const der = publicKey.export({ format: 'der', type: 'spki' })
  return createHash('sha256').update(der).digest('base64url')
}

function generate(algorithm: IssuerAlgorithm): KeyObject {
  return algorithm === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    : generateKeyPairSync('ec', { namedCurve: curves[algorithm] }).privateKey
}

/** By OpenSSL's names, as a key tells them. */
const curves = { ES256: 'prime256v1', ES384: 'secp384r1' } as const

function fits(key: KeyObject, algorithm: IssuerAlgorithm): boolean {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  return algorithm === 'RS256'
    ? key.asymmetricKeyType === 'rsa' && modulusLength >= 2048
    : key.asymmetricKeyType === 'ec' && namedCurve === curves[algorithm]
}

function readPem(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // The cause is left out: OpenSSL's messages may quote what it read.
    throw new MayflyError('KEY_FILE', { message: 'a private key is not PEM in PKCS #8 form' })
  }
}
