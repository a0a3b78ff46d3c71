import { generateKeyPairSync, hash, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A key with its certificate, both PEM. */
export interface ServerCertificate {
  readonly key: string
  readonly cert: string
}

/** A certificate authority that lives as long as this process: its key is never written anywhere. */
export interface Authority {
  /** PEM, for NODE_EXTRA_CA_CERTS. */
  readonly cert: string
  /** A certificate for these host names. */
  issue(hosts: readonly string[]): ServerCertificate
}

const dayMs = 86_400_000

/** Valid from a day ago for 30 days, by the machine's own clock: TLS goes by no other. */
export function certificateAuthority(): Authority {
  const subject = commonName('Mayfly throw-away CA')
  const { publicKey, privateKey } = newKeys()
  const signed = (of: Omit<Certificate, 'issuer'>) => certificate({ ...of, issuer: subject }, privateKey)
  const authorityId = keyId(publicKey)
  return {
    cert: signed({ subject, publicKey, extensions: ofAuthority(authorityId) }),
    issue(hosts) {
      const own = newKeys()
      const extensions = ofServer(hosts, authorityId)
      const cert = signed({ subject: commonName(hosts[0]!), publicKey: own.publicKey, extensions })
      return { cert, key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
    },
  }
}

// RFC 5280 §4.2. Python 3.13 and later take no chain that lacks the key identifiers or the key usage.
function ofAuthority(id: Buffer): Buffer[] {
  return [
    extension(oids.basicConstraints, sequence(isTrue), 'critical'),
    extension(oids.keyUsage, keyUsage.signsCertificates, 'critical'),
    extension(oids.subjectKeyId, der(0x04, id)),
  ]
}

function ofServer(hosts: readonly string[], authorityId: Buffer): Buffer[] {
  const names = hosts.map((host) => der(0x82, Buffer.from(host, 'latin1')))
  return [
    extension(oids.subjectAltName, sequence(...names)),
    extension(oids.keyUsage, keyUsage.signs, 'critical'),
    extension(oids.extendedKeyUsage, sequence(oids.serverAuthentication)),
    extension(oids.authorityKeyId, sequence(der(0x80, authorityId))),
  ]
}

function keyId(publicKey: KeyObject): Buffer {
  return hash('sha1', publicKey.export({ type: 'spki', format: 'der' }), 'buffer')
}

interface Certificate {
  readonly issuer: Buffer
  readonly subject: Buffer
  readonly publicKey: KeyObject
  readonly extensions: readonly Buffer[]
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** RFC 5280 §4.1: version 3, signed by ECDSA with SHA-256. */
function certificate({ issuer, subject, publicKey, extensions }: Certificate, signer: KeyObject): string {
  const algorithm = sequence(oids.ecdsaWithSha256)
  const nowMs = Date.now()
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

// Distinguished encoding (X.690): a tag, a length and the content.
function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const length = body.length
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), body])
}

const sequence = (...content: Buffer[]) => der(0x30, ...content)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const oids = {
  commonName: oid('550403'),
  subjectKeyId: oid('551d0e'),
  keyUsage: oid('551d0f'),
  subjectAltName: oid('551d11'),
  basicConstraints: oid('551d13'),
  authorityKeyId: oid('551d23'),
  extendedKeyUsage: oid('551d25'),
  serverAuthentication: oid('2b06010505070301'),
  ecdsaWithSha256: oid('2a8648ce3d040302'),
}
// Bits from the left, after the number of those that are not used.
const keyUsage = {
  signs: der(0x03, Buffer.of(7, 0x80)),
  signsCertificates: der(0x03, Buffer.of(1, 0x06)),
}
// A common name has room for 64 characters; what counts is the subjectAltName.
const commonName = (name: string) =>
  sequence(der(0x31, sequence(oids.commonName, der(0x0c, Buffer.from(name.slice(0, 64))))))
const isTrue = der(0x01, Buffer.of(0xff))
const extension = (id: Buffer, value: Buffer, critical?: 'critical') =>
  sequence(id, ...(critical ? [isTrue] : []), der(0x04, value))
const utcTime = (ms: number) =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`))
