import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { AwsCredentials } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import {
  canonicalHeaders,
  canonicalQuery,
  canonicalRequest,
  queryParameters,
  scopeOf,
  stringToSign,
  uriEncode,
} from './sigv4-canonical.ts'
import {
  basicTime,
  longestExpirySeconds,
  mismatch,
  type PresentedSignature,
  type SignableRequest,
} from './sigv4-presented.ts'

export { type PresentedSignature, readSignature, type SignableRequest } from './sigv4-presented.ts'

export interface SigningOptions {
  readonly credentials: AwsCredentials
  readonly region: string
  readonly service: string
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** Removes dot segments and double slashes from the path, as every service but S3 does. Default: true. */
  readonly normalizePath?: boolean
  /** Adds a signed X-Amz-Content-Sha256. Default: false. */
  readonly signBody?: boolean
  /** Appends the session token after signing, as IoT wants it. Default: false. */
  readonly omitSessionToken?: boolean
}

type Headers = readonly (readonly [string, string])[]

/** The headers that sign this request: `Authorization`, `X-Amz-Date` and what goes with them. */
export function signHeaders(request: SignableRequest, options: SigningOptions): [string, string][] {
  const { credentials, nowMs, signBody = false, omitSessionToken = false } = options
  const token = credentials.sessionToken?.reveal()
  const bodyHash = hash('sha256', request.body)
  const added: [string, string][] = [['X-Amz-Date', basicTime(nowMs)]]
  if (signBody) added.push(['X-Amz-Content-Sha256', bodyHash])
  const late: [string, string][] = token === undefined ? [] : [['X-Amz-Security-Token', token]]
  const headers = canonicalHeaders([
    ...signable(request.headers),
    ...added,
    ...(omitSessionToken ? [] : late),
  ])
  const names = [...headers.keys()].sort()
  const query = canonicalQuery(queryParameters(request.query))
  const { scope, signature } = sign(request, options, { query, headers, signedHeaders: names, bodyHash })
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return [...added, ...late, ['Authorization', authorization]]
}

/**
 * The query that signs this request, for `expiresSeconds` (0 to 604800). The body that is sent must be the one given.
 * @throws RangeError when the expiry is out of range
 */
export function signQuery(
  request: SignableRequest,
  options: SigningOptions & { readonly expiresSeconds: number },
): string {
  const { credentials, region, service, nowMs, expiresSeconds, omitSessionToken = false } = options
  if (!(Number.isInteger(expiresSeconds) && expiresSeconds >= 0 && expiresSeconds <= longestExpirySeconds))
    throw new RangeError(`expiresSeconds must be from 0 to ${longestExpirySeconds}`)
  const timestamp = basicTime(nowMs)
  const headers = canonicalHeaders(signable(request.headers))
  const names = [...headers.keys()].sort()
  const scope = scopeOf(timestamp.slice(0, 8), region, service)
  const added = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${uriEncode(`${credentials.accessKeyId}/${scope}`)}`,
    `X-Amz-Date=${timestamp}`,
    `X-Amz-SignedHeaders=${uriEncode(names.join(';'))}`,
    `X-Amz-Expires=${expiresSeconds}`,
  ]
  const token = credentials.sessionToken?.reveal()
  const late = token === undefined ? [] : [`X-Amz-Security-Token=${uriEncode(token)}`]
  const whole = [...(request.query ? [request.query] : []), ...added, ...(omitSessionToken ? [] : late)]
  const query = canonicalQuery(queryParameters(whole.join('&')))
  const bodyHash = hash('sha256', request.body)
  const { signature } = sign(request, options, { query, headers, signedHeaders: names, bodyHash })
  return [...whole, ...(omitSessionToken ? late : []), `X-Amz-Signature=${signature}`].join('&')
}

// What a signature makes itself, and what proxies and HTTP libraries change on the way.
const neverSigned = new Set([
  'authorization',
  'connection',
  'expect',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-amzn-trace-id',
])

const signable = (headers: Headers): Headers =>
  headers.filter(([name]) => !neverSigned.has(name.toLowerCase()))

interface Canonical {
  readonly query: string
  readonly headers: ReadonlyMap<string, string>
  readonly signedHeaders: readonly string[]
  readonly bodyHash: string
}

function sign(request: SignableRequest, options: SigningOptions, canonical: Canonical) {
  const { credentials, region, service, nowMs, normalizePath = true } = options
  const timestamp = basicTime(nowMs)
  const date = timestamp.slice(0, 8)
  const scope = scopeOf(date, region, service)
  const { method, path } = request
  const text = stringToSign(timestamp, scope, canonicalRequest({ method, path, normalizePath, ...canonical }))
  const key = signingKey(credentials.secretAccessKey.reveal(), date, region, service)
  return { scope, signature: hmacHex(key, text) }
}

export interface CheckOptions {
  /** As in `SigningOptions`. Default: true. */
  readonly normalizePath?: boolean
  /** The session token of a query is outside its signature, as IoT wants it. Default: false. */
  readonly omitSessionToken?: boolean
  /**
   * As S3 checks: the path as it was sent, no X-Amz-* header outside of the signature, and a body that is presigned or
   * declared unsigned is not hashed. Default: false.
   */
  readonly s3?: boolean
}

/**
 * Checks a signature over exactly the headers that it names. The body is always hashed here, but for S3:
 * `UNSIGNED-PAYLOAD` is its alone. An unsigned X-Amz-* header is let through, as every service but S3 does.
 * `values.text` of an error is what AWS says.
 * @throws REQUEST_SIGNATURE when the secret did not make this signature over this request
 * @throws REQUEST_UNSUPPORTED from `s3`, for a body whose chunks are signed: their signatures are not checked here
 */
export function checkSignature(
  request: SignableRequest,
  presented: PresentedSignature,
  secretAccessKey: string,
  options: CheckOptions = {},
): void {
  const { normalizePath = true, omitSessionToken = false, s3 = false } = options
  const { date, region, service } = presented
  const headers = canonicalHeaders(request.headers)
  const signedHeaders = checkedHeaders(presented.signedHeaders, headers)
  if (s3) refuseUnsigned(signedHeaders, headers)
  const bodyHash = (s3 && unhashedBody(presented.form, headers)) || checkedBody(request.body, headers)
  const query = signedQuery(request.query, presented.form, omitSessionToken)
  const { method, path } = request
  const parts = { method, path, normalizePath, pathAsSent: s3, query, headers, signedHeaders, bodyHash }
  const canonical = canonicalRequest(parts)
  const text = stringToSign(presented.timestamp, scopeOf(date, region, service), canonical)
  const expected = hmacHex(signingKey(secretAccessKey, date, region, service), text)
  if (!sameText(expected, presented.signature))
    throw mismatch(differs, { why: 'it is another', stringToSign: text })
}

const differs =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

function checkedHeaders(names: readonly string[], headers: ReadonlyMap<string, string>): readonly string[] {
  if (!names.includes('host'))
    throw mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  for (const name of names)
    if (!headers.has(name))
      throw mismatch(differs, { why: `the signed header ${name.slice(0, 64)} is absent` })
  return names.toSorted()
}

/** An X-Amz-* header has a meaning to S3: copy that object, let everybody read. The hash of the body is signed anyway. */
function refuseUnsigned(signedHeaders: readonly string[], headers: ReadonlyMap<string, string>): void {
  for (const name of headers.keys()) {
    if (!name.startsWith('x-amz-') || name === 'x-amz-content-sha256' || signedHeaders.includes(name))
      continue
    throw mismatch('There were headers present in the request which were not signed', {
      why: `the header ${name.slice(0, 64)} is not signed`,
    })
  }
}

/** What stands for the hash of a body that S3's clients do not hash: that of a presigned URL is not known beforehand. */
function unhashedBody(
  form: PresentedSignature['form'],
  headers: ReadonlyMap<string, string>,
): string | undefined {
  const declared = headers.get('x-amz-content-sha256') ?? (form === 'query' ? 'UNSIGNED-PAYLOAD' : undefined)
  if (declared === 'UNSIGNED-PAYLOAD' || declared === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return declared
  if (declared?.startsWith('STREAMING-')) throw signedChunks(declared)
  return undefined
}

function signedChunks(declared: string): MayflyError {
  const text = `Mayfly does not check the signatures of chunks (${declared.slice(0, 64)}).`
  return new MayflyError('REQUEST_UNSUPPORTED', {
    message: text,
    values: { text },
    hint: 'Send the body whole, or with a trailing checksum (STREAMING-UNSIGNED-PAYLOAD-TRAILER), as SDKs do over HTTPS.',
  })
}

function checkedBody(body: string | Uint8Array, headers: ReadonlyMap<string, string>): string {
  const bodyHash = hash('sha256', body)
  const declared = headers.get('x-amz-content-sha256')
  if (declared === undefined || declared === 'UNSIGNED-PAYLOAD' || declared === bodyHash) return bodyHash
  throw mismatch(differs, { why: 'X-Amz-Content-Sha256 is not the hash of the body' })
}

function signedQuery(query: string, form: PresentedSignature['form'], omitSessionToken: boolean): string {
  const parameters = queryParameters(query)
  if (form === 'header') return canonicalQuery(parameters)
  return canonicalQuery(
    parameters.filter(
      ([name]) => name !== 'X-Amz-Signature' && !(omitSessionToken && name === 'X-Amz-Security-Token'),
    ),
  )
}

function sameText(expected: string, presented: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(presented)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const hmacHex = (key: KeyObject, text: string): string => createHmac('sha256', key).update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

// Deriving a key takes four HMACs, several times what the rest of a check takes. In memory only, oldest out first.
const signingKeys = new Map<string, KeyObject>()
const mostSigningKeys = 1024

function signingKey(secret: string, date: string, region: string, service: string): KeyObject {
  const name = `${date}/${region}/${service}/${secret}`
  const known = signingKeys.get(name)
  if (known) return known
  const dateKey = hmac(`AWS4${secret}`, date)
  const key = createSecretKey(hmac(hmac(hmac(dateKey, region), service), 'aws4_request'))
  if (signingKeys.size >= mostSigningKeys) signingKeys.delete(signingKeys.keys().next().value!)
  signingKeys.set(name, key)
  return key
}
