import type { StsRequest } from './ask.ts'

/** The first header of that name (in lower case). */
export function headerOf(request: Pick<StsRequest, 'headers'>, name: string): string | undefined {
  for (const [each, value] of request.headers)
    if (each.length === name.length && each.toLowerCase() === name) return value
  return undefined
}

/** When and how a request came, as far as a policy can ask. */
export interface Circumstances {
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** The peer's IP address; absent where it is not known, or there is none. */
  readonly from?: string
  /** Whether it came by TLS; absent where it did not come over a network. */
  readonly secure?: boolean
  /** What the caller's program says it is: the beginning of that. */
  readonly userAgent?: string
}

/** Every pattern of every policy may read all of it, and a caller says in it what it likes. */
const longestUserAgent = 1024

export function circumstancesOf(request: StsRequest, nowMs: number): Circumstances {
  const { from, origin } = request
  const userAgent = headerOf(request, 'user-agent')?.slice(0, longestUserAgent)
  return {
    nowMs,
    secure: origin.startsWith('https:'),
    ...(from !== '' && { from: plainAddress(from) }),
    ...(userAgent !== undefined && { userAgent }),
  }
}

/** Without an IPv6 zone, and an IPv4 address that came by a socket of both versions as itself. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address
  const zone = address.indexOf('%')
  const bare = zone < 0 ? address : address.slice(0, zone)
  return bare.startsWith('::ffff:') && bare.includes('.') ? bare.slice('::ffff:'.length) : bare
}
