import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

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
  const isAuthority = [extension(oids.basicConstraints, sequence(der(0x01, Buffer.of(0xff))))]
  return {
    cert: signed({ subject, publicKey, extensions: isAuthority }),
    issue(hosts) {
      const own = newKeys()
      const names = hosts.map((host) => der(0x82, Buffer.from(host, 'latin1')))
      const extensions = [extension(oids.subjectAltName, sequence(...names))]
      const cert = signed({ subject: commonName(hosts[0]!), publicKey: own.publicKey, extensions })
      return { cert, key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
    },
  }
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
  basicConstraints: oid('551d13'),
  subjectAltName: oid('551d11'),
  ecdsaWithSha256: oid('2a8648ce3d040302'),
}
const commonName = (name: string) =>
  sequence(der(0x31, sequence(oids.commonName, der(0x0c, Buffer.from(name)))))
const extension = (id: Buffer, value: Buffer) => sequence(id, der(0x04, value))
const utcTime = (ms: number) =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`))
