import { hash } from 'node:crypto'

/** The parts of a request that a signature covers. */
export interface CanonicalParts {
  readonly method: string
  /** As on the wire, without the query. */
  readonly path: string
  readonly normalizePath: boolean
  /** Signed exactly as on the wire, as S3 alone has it. Default: false. */
  readonly pathAsSent?: boolean
  /** In canonical form already: see `canonicalQuery`. */
  readonly query: string
  /** By lower-case name, in canonical form: see `canonicalHeaders`. */
  readonly headers: ReadonlyMap<string, string>
  /** Lower case and sorted; each is in `headers`. */
  readonly signedHeaders: readonly string[]
  /** Hex SHA-256 of the body. */
  readonly bodyHash: string
}

/**
 * The canonical request of Signature Version 4.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalRequest(parts: CanonicalParts): string {
  let headers = ''
  for (const name of parts.signedHeaders) headers += `${name}:${parts.headers.get(name)}\n`
  const path = parts.pathAsSent ? parts.path || '/' : canonicalPath(parts.path, parts.normalizePath)
  return `${parts.method}\n${path}\n${parts.query}\n${headers}\n${parts.signedHeaders.join(';')}\n${parts.bodyHash}`
}

export const scopeOf = (date: string, region: string, service: string): string =>
  `${date}/${region}/${service}/aws4_request`

export const stringToSign = (timestamp: string, scope: string, canonical: string): string =>
  `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${hash('sha256', canonical)}`

/**
 * The path as it is signed: dot segments and empty segments removed where asked, and every octet that is not
 * unreserved encoded once more (`%` too), as every service but S3 does.
 */
export function canonicalPath(path: string, normalize: boolean): string {
  if (path === '' || path === '/') return '/'
  return encodeOctets(Buffer.from(normalize ? withoutDotSegments(path) : path), '/')
}

function withoutDotSegments(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const folder = path.endsWith('/') && kept.length > 0
  return `/${kept.join('/')}${folder ? '/' : ''}`
}

/** A parameter of a query in canonical encoding. */
export type Parameter = readonly [name: string, value: string]

/** The parameters of a query as sent, in order, each brought to canonical encoding. */
export function queryParameters(query: string): Parameter[] {
  if (query === '') return []
  const parameters: Parameter[] = []
  for (const part of query.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    parameters.push([canonicalText(name), equals < 0 ? '' : canonicalText(part.slice(equals + 1))])
  }
  return parameters
}

/** Sorted by name and then by value, as octets. */
export function canonicalQuery(parameters: Parameter[]): string {
  if (parameters.length === 0) return ''
  const sorted = parameters.toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
  return sorted.map(([name, value]) => `${name}=${value}`).join('&')
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const unreservedOnly = /^[A-Za-z0-9\-._~]*$/

// A plus sign means a blank to whatever reads the query afterwards; it is signed as what it means.
function canonicalText(sent: string): string {
  if (unreservedOnly.test(sent)) return sent
  return encodeOctets(percentDecoded(Buffer.from(sent.replaceAll('+', ' '))))
}

/** Percent-encodes all but unreserved characters (RFC 3986 §2.3). */
export function uriEncode(text: string): string {
  return unreservedOnly.test(text) ? text : encodeOctets(Buffer.from(text))
}

function percentDecoded(octets: Buffer): Buffer {
  if (!octets.includes(0x25)) return octets
  const decoded = Buffer.alloc(octets.length)
  let length = 0
  for (let i = 0; i < octets.length; i++) {
    const value = octets[i] === 0x25 ? hexPair(octets[i + 1], octets[i + 2]) : undefined
    decoded[length++] = value ?? octets[i]!
    if (value !== undefined) i += 2
  }
  return decoded.subarray(0, length)
}

function hexPair(high = 0, low = 0): number | undefined {
  const [a, b] = [hexDigit(high), hexDigit(low)]
  return a < 0 || b < 0 ? undefined : a * 16 + b
}

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30
  const lower = octet | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

// The encoding of each of the 256 octets, made once.
const encodedOctets = Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCharCode(octet)
  return octet < 128 && unreservedOnly.test(character)
    ? character
    : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
})

function encodeOctets(octets: Buffer, keep = ''): string {
  let text = ''
  for (const octet of octets) text += keep && octet === 0x2f ? keep : encodedOctets[octet]
  return text
}

/** Headers by lower-case name in canonical form: blanks trimmed and collapsed, repeated fields joined by a comma. */
export function canonicalHeaders(headers: readonly (readonly [string, string])[]): Map<string, string> {
  const byName = new Map<string, string>()
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    const before = byName.get(key)
    byName.set(key, before === undefined ? collapsed(value) : `${before},${collapsed(value)}`)
  }
  return byName
}

const irregularBlanks = /^[ \t\r\n]|[ \t\r\n]$|[ \t\r\n][ \t\r\n]|[\t\r\n]/

function collapsed(value: string): string {
  if (!irregularBlanks.test(value)) return value
  const single = value.replace(/[ \t\r\n]+/g, ' ')
  const start = single.startsWith(' ') ? 1 : 0
  return single.slice(start, single.length > start && single.endsWith(' ') ? -1 : undefined)
}
