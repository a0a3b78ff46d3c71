import { hash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { der, oid, sequence, utcTime } from './der.ts'

export interface Certificate {
  readonly issuer: Buffer
  readonly subject: Buffer
  readonly publicKey: KeyObject
  readonly extensions: readonly Buffer[]
  /** Epoch milliseconds: valid from a day before for 30 days. */
  readonly nowMs: number
}

const dayMs = 86_400_000

/** A certificate in PEM (RFC 5280 §4.1): version 3, signed with SHA-256 by a key of RSA or of an elliptic curve. */
export function certificate(of: Certificate, signer: KeyObject): string {
  const { issuer, subject, publicKey, extensions, nowMs } = of
  const algorithm = signer.asymmetricKeyType === 'rsa' ? sha256WithRsa : ecdsaWithSha256
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    issuer,
    sequence(utcTime(nowMs - dayMs), utcTime(nowMs + 30 * dayMs)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signature = der(0x03, Buffer.of(0), sign('sha256', body, signer))
  const base64 = sequence(body, algorithm, signature).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g)!.join('\n')}\n-----END CERTIFICATE-----\n`
}

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
// RFC 4055 §5: the parameters are there, and null.
const sha256WithRsa = sequence(oid('2a864886f70d01010b'), der(0x05))

/** A name of nothing but this. There is room for 64 characters. */
export const commonName = (name: string): Buffer =>
  sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name.slice(0, 64))))))

/** By which certificates tell keys apart. */
export function keyIdentifier(publicKey: KeyObject): Buffer {
  return hash('sha1', publicKey.export({ type: 'spki', format: 'der' }), 'buffer')
}

const isTrue = der(0x01, Buffer.of(0xff))

function extension(hex: string, value: Buffer, critical?: 'critical'): Buffer {
  return sequence(oid(hex), ...(critical ? [isTrue] : []), der(0x04, value))
}

/** RFC 5280 §4.2, as far as they are needed here. */
export const extensions = {
  authority: () => extension('551d13', sequence(isTrue), 'critical'),
  noAuthority: () => extension('551d13', sequence(), 'critical'),
  // Bits from the left, after the number of those that are not used.
  signs: () => extension('551d0f', der(0x03, Buffer.of(7, 0x80)), 'critical'),
  signsCertificates: () => extension('551d0f', der(0x03, Buffer.of(1, 0x06)), 'critical'),
  subjectKey: (identifier: Buffer) => extension('551d0e', der(0x04, identifier)),
  authorityKey: (identifier: Buffer) => extension('551d23', sequence(der(0x80, identifier))),
  serverAuthentication: () => extension('551d25', sequence(oid('2b06010505070301'))),
  hostNames: (hosts: readonly string[]) =>
    extension('551d11', sequence(...hosts.map((host) => der(0x82, Buffer.from(host, 'latin1'))))),
}
