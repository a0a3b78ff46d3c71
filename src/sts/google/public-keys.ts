import { createPublicKey, type JsonWebKeyInput } from 'node:crypto'
import type { Keys } from '../../keys/keys.ts'
import { certificate, commonName, extensions } from '../../wire/x509.ts'
import type { StsRequest } from '../ask.ts'
import { googleIssuer } from '../mint.ts'
import type { Sts } from '../sts.ts'

const idTokenCertificates = '/oauth2/v1/certs'
const ofServiceAccount = /^\/(?:service_accounts\/v1|robot\/v1)\/(?:metadata\/)?(jwk|x509)\/([^/]{1,256})$/

/** The places of the keys of service accounts; of ID tokens those that are certificates, where Python's library looks. */
export function isPublicKeysPath(path: string): boolean {
  return path === idTokenCertificates || ofServiceAccount.test(path)
}

/**
 * By which keys to check what a service account signed, as a JWKS, or as certificates by key ID.
 * @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signBlob "keyId"
 */
export function publicKeys({ path }: Pick<StsRequest, 'path'>, sts: Sts): Published | undefined {
  if (path === idTokenCertificates) return certificates(googleIssuer, googleIssuer, sts)
  const [, form, name = ''] = ofServiceAccount.exec(path) ?? []
  const account = sts.registered().serviceAccount(name.replace('%40', '@'))
  if (!account) return undefined
  const { uniqueId, email } = account
  return form === 'jwk' ? { keys: sts.keys.jwks(uniqueId) ?? [] } : certificates(uniqueId, email, sts)
}

type Published = Readonly<Record<string, unknown>>

function certificates(issuer: string, name: string, { keys, now }: Sts): Published {
  const jwks = keys.jwks(issuer) ?? []
  return Object.fromEntries(jwks.map((jwk) => [jwk.kid, selfIssued(jwk, name, keys.signing(issuer), now())]))
}

type Jwk = NonNullable<ReturnType<Keys['jwks']>>[number]

/** Under the account's own name, by its current key: that of an earlier key too, as at every change of keys (RFC 5280 §6.1). */
function selfIssued(jwk: Jwk, name: string, { key }: ReturnType<Keys['signing']>, nowMs: number): string {
  const subject = commonName(name)
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' } as JsonWebKeyInput)
  const limits = [extensions.noAuthority(), extensions.signs()]
  return certificate({ issuer: subject, subject, publicKey, extensions: limits, nowMs }, key)
}
