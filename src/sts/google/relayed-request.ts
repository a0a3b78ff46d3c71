import { MayflyError } from '../../errors.ts'
import type { SignableRequest } from '../../wire/sigv4.ts'

// An AWS identity proves itself to Google by signing a GetCallerIdentity request and handing it over unsent. Here its
// signature is checked and nothing is ever sent: no URL of a caller is called. The rules keep a request that was
// signed for something else from passing as a proof (CVE-2020-16250, CVE-2022-2385).

/** Far above what a session token needs, far below what parsing could suffer from. */
const longestText = 24 * 1024
const mostHeaders = 32

interface Relayed {
  readonly url: string
  readonly method: string
  readonly headers: readonly { readonly key: string; readonly value: string }[]
}

/**
 * Reads an `aws4_request` subject token: JSON, percent-encoded by most clients once more than their form is.
 * Go and Java write a blank as `+` in it, Node and Python as `%20`.
 * @see https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token "subjectToken"
 * @throws PROOF_MALFORMED, PROOF_REQUEST
 */
export function readRelayedRequest(text: string): SignableRequest {
  if (text.length > longestText) throw refused('it is too long')
  const relayed = checkShape(parse(text))
  const { host, path, query } = checkUrl(relayed.url)
  if (relayed.method !== 'POST') throw refused(`its method is ${JSON.stringify(relayed.method)}, not POST`)
  checkQuery(query)
  const headers = checkHeaders(relayed.headers, host)
  return { method: 'POST', path, query, headers, body: '' }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('%') ? decodeURIComponent(text.replaceAll('+', ' ')) : text)
  } catch {
    throw new MayflyError('PROOF_MALFORMED', {
      message: 'the aws4_request subject token is not JSON',
      values: { text: "Invalid format of AWS credentials:Error at line 0:0: expected '{'" },
    })
  }
}

function checkShape(value: unknown): Relayed {
  if (!isRecord(value)) throw refused('it is not an object')
  const { url, method, headers, body, ...others } = value
  if (Object.keys(others).length > 0) throw refused(`it has the unknown member ${Object.keys(others)[0]}`)
  if (body !== undefined && body !== null && body !== '') throw refused('it has a body')
  if (typeof url !== 'string' || typeof method !== 'string') throw refused('it has no url or no method')
  if (!Array.isArray(headers) || headers.length > mostHeaders) throw refused('it has no list of headers')
  if (!headers.every(isHeader)) throw refused('a header of it is not a key and a value')
  return { url, method, headers }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isHeader(value: unknown): value is Relayed['headers'][number] {
  return isRecord(value) && typeof value.key === 'string' && typeof value.value === 'string'
}

const stsUrl = /^https:\/\/(sts(?:\.[a-z0-9-]{1,32})?\.amazonaws\.com(?:\.cn)?)(\/?)\?([^#]*)$/

/** Matched as text: whatever a URL parser would make of it, this is all it can say. */
function checkUrl(url: string): { host: string; path: string; query: string } {
  const [, host, path, query] = stsUrl.exec(url) ?? []
  if (host === undefined || query === undefined)
    throw refused('its url is not `https://sts.<region>.amazonaws.com/` with a query')
  return { host, path: path || '/', query }
}

/** What may stand in the query: the call itself and a signature (aws-iam-authenticator's list). */
const allowed = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
])

function checkQuery(query: string): void {
  const seen = new Map<string, string>()
  for (const part of query.split('&')) {
    const [name = '', value = '', ...more] = part.split('=')
    // Names are compared as sent, so that no decoding of ours and of AWS can differ.
    const key = name.toLowerCase()
    if (!allowed.has(key) || more.length > 0)
      throw refused(`its query has ${JSON.stringify(name.slice(0, 64))}`)
    if (seen.has(key)) throw refused(`its query has ${key} twice`)
    seen.set(key, `${name}=${value}`)
  }
  if (seen.get('action') !== 'Action=GetCallerIdentity') throw refused('its Action is not GetCallerIdentity')
  if (seen.get('version') !== 'Version=2011-06-15') throw refused('its Version is not 2011-06-15')
  const expires = seen.get('x-amz-expires')?.split('=')[1]
  if (expires !== undefined && !(/^\d{1,3}$/.test(expires) && Number(expires) <= 900))
    throw refused('its X-Amz-Expires is more than 900')
}

function checkHeaders(headers: Relayed['headers'], host: string): [string, string][] {
  const seen = new Map<string, string>()
  for (const { key, value } of headers) {
    const name = key.toLowerCase()
    if (!/^[a-z0-9-]{1,64}$/.test(name) || /[\r\n\0]/.test(value))
      throw refused('a header of it is not well formed')
    // Google's own library for Java names its target twice: where it signs it, and once more.
    if ((seen.get(name) ?? value) !== value) throw refused(`its header ${name} is there with two values`)
    seen.set(name, value)
  }
  if (seen.get('host')?.toLowerCase() !== host) throw refused('its host header is not the host of its url')
  return [...seen]
}

const targetHeader = 'x-goog-cloud-target-resource'

/**
 * That the request was made for this audience. The header that says so need not be signed: Google's own Node and Python
 * libraries do not sign it, and Google takes their requests. Where it is signed, the signature covers it like any other.
 * @throws PROOF_REQUEST
 */
export function checkTarget(
  request: SignableRequest,
  signedHeaders: readonly string[],
  { audience, signed }: { readonly audience: string; readonly signed: boolean },
): void {
  const target = request.headers.find(([name]) => name === targetHeader)?.[1]
  if (target !== audience)
    throw refused(
      target === undefined ? `it has no ${targetHeader} header` : `it was made for another audience`,
      { ...(target !== undefined && { presented: target.slice(0, 512) }), expected: audience },
    )
  if (signed && !signedHeaders.includes(targetHeader))
    throw refused(`its ${targetHeader} header is not signed`)
}

function refused(why: string, values: Readonly<Record<string, string>> = {}): MayflyError {
  return new MayflyError('PROOF_REQUEST', {
    message: `the signed request cannot prove an identity: ${why}`,
    values,
  })
}
