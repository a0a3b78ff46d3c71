import { MayflyError } from '../errors.ts'
import { ProxyFailure, ProxyRefusal } from './proxy.ts'

/** How far a request came: told when it fails. */
export interface Progress {
  phase: 'connecting' | 'waiting for an answer' | 'reading the answer'
}

/** A host name led to an address that is not public, where only public ones may be asked. */
export class BlockedAddress extends Error {
  constructor(host: string, address: string) {
    super(`${host} is at ${address}, and only public addresses may be asked for this`)
  }
}

/** The caller did not want to wait any longer. */
export class GivenUp extends Error {}

/** The time for one request is over. */
export class Overdue extends Error {}

/** Whatever ended a request to `host`, as EXCHANGE_UNREACHABLE or EXCHANGE_ANSWER in one sentence. */
export function unreachable(error: unknown, host: string, progress: Progress, waitedMs: number): MayflyError {
  if (error instanceof MayflyError) return error
  const { code = '' } = error as { code?: string }
  // The octets of the answer hang on a parser's error, and may be a credential: no cause.
  if (code.startsWith('HPE_'))
    return new MayflyError('EXCHANGE_ANSWER', { message: `${host} did not answer in HTTP (${code})` })
  const { says, transient = true, hint } = explain(error, code, host, progress.phase, waitedMs)
  return new MayflyError('EXCHANGE_UNREACHABLE', {
    message: says,
    values: { host, code: code || undefined },
    transient,
    cause: error,
    ...(hint && { hint }),
  })
}

interface Explanation {
  readonly says: string
  readonly transient?: boolean
  readonly hint?: string
}

function explain(error: unknown, code: string, host: string, phase: string, waitedMs: number): Explanation {
  const waited = `${(waitedMs / 1000).toFixed(1)} s`
  if (error instanceof Overdue) return { says: `${host} did not answer within ${waited} (${phase})` }
  if (error instanceof GivenUp)
    return { says: `the request to ${host} was given up after ${waited} (${phase})` }
  if (error instanceof BlockedAddress) return { says: error.message, transient: false, hint: blockedHint }
  if (error instanceof ProxyRefusal) return { says: `${error.message} to ${host}`, hint: proxyHint }
  if (error instanceof ProxyFailure)
    return { says: `${error.message} on the way to ${host}`, hint: proxyHint }
  if (notFound.has(code)) return { says: `${host} was not found in DNS (${code})` }
  if (code === 'ECONNREFUSED') return { says: `${host} refused the connection` }
  if (closed.has(code)) return { says: `${host} closed the connection (${phase})` }
  if (isTls(code))
    return { says: `TLS with ${host} failed: ${tlsReason(error, code)}`, transient: false, hint: tlsHint }
  return { says: `${host} cannot be reached (${code || 'unknown reason'})` }
}

const notFound = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'])
const closed = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])
const proxyHint = 'Check HTTPS_PROXY, or add the host to NO_PROXY.'
const tlsHint =
  'If the certificate is from a private authority, name its file in NODE_EXTRA_CA_CERTS; compare the clocks otherwise.'
const blockedHint = 'Register the provider with `reach: any` if it is meant to be inside this network.'

// OpenSSL's verification results have no common prefix.
const certificate =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|ERR_SSL_|EPROTO$|INVALID_CA$|HOSTNAME_MISMATCH$|CRL_)/
const isTls = (code: string): boolean => certificate.test(code)

function tlsReason(error: unknown, code: string): string {
  const first = (error as Error).message.split('\n', 1)[0]!
  return code === 'EPROTO' || code.startsWith('ERR_SSL_') ? code : `${first.slice(0, 200)} (${code})`
}
