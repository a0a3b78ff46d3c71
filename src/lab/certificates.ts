import { generateKeyPairSync } from 'node:crypto'
import { type Certificate, certificate, commonName, extensions, keyIdentifier } from '../wire/x509.ts'

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

/** Valid from a day ago for 30 days, by the machine's own clock: TLS goes by no other. */
export function certificateAuthority(): Authority {
  const subject = commonName('Mayfly throw-away CA')
  const { publicKey, privateKey } = newKeys()
  const signed = (of: Omit<Certificate, 'issuer' | 'nowMs'>) =>
    certificate({ ...of, issuer: subject, nowMs: Date.now() }, privateKey)
  const authorityId = keyIdentifier(publicKey)
  return {
    cert: signed({ subject, publicKey, extensions: ofAuthority(authorityId) }),
    issue(hosts) {
      const own = newKeys()
      const of = { subject: commonName(hosts[0]!), publicKey: own.publicKey }
      const cert = signed({ ...of, extensions: ofServer(hosts, authorityId) })
      return { cert, key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
    },
  }
}

// RFC 5280 §4.2. Python 3.13 and later take no chain that lacks the key identifiers or the key usage.
function ofAuthority(id: Buffer): Buffer[] {
  return [extensions.authority(), extensions.signsCertificates(), extensions.subjectKey(id)]
}

// A common name holds no long host name; what counts is the list of host names.
function ofServer(hosts: readonly string[], authorityId: Buffer): Buffer[] {
  return [
    extensions.hostNames(hosts),
    extensions.signs(),
    extensions.serverAuthentication(),
    extensions.authorityKey(authorityId),
  ]
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
