import { hash } from 'node:crypto'
import { MayflyError } from '../errors.ts'
import { type Parameter, queryParameters } from './sigv4-canonical.ts'

/** A request as signatures see it: every character as it is, or will be, on the wire. */
export interface SignableRequest {
  readonly method: string
  /** Percent-encoded, without the query. */
  readonly path: string
  /** Percent-encoded, without the question mark. */
  readonly query: string
  /** In order; repeated fields kept apart. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | Uint8Array
}

/** A signature as a request presents it, syntax checked and nothing else. */
export interface PresentedSignature {
  readonly form: 'header' | 'query'
  readonly accessKeyId: string
  /** `yyyymmdd` of the credential scope. */
  readonly date: string
  readonly region: string
  readonly service: string
  /** Lower case, in the order presented. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** X-Amz-Date or Date, in epoch milliseconds. */
  readonly signedAtMs: number
  /** As presented, `yyyymmddThhmmssZ`. */
  readonly timestamp: string
  /** X-Amz-Expires, in the query form only. */
  readonly expiresSeconds?: number
  readonly sessionToken?: string
}

/**
 * Finds the signature of a request, in its `Authorization` header or its query. `values.text` of an error is what
 * AWS says in that case; an `Authorization` header appears in it as its hash alone.
 * @throws REQUEST_UNSIGNED when there is none
 * @throws REQUEST_INCOMPLETE where AWS says IncompleteSignature: a part is missing or has a wrong form
 * @throws REQUEST_PARAMETER when a field or parameter that must be single is repeated
 * @throws REQUEST_SIGNATURE when both forms are present, or the scope contradicts the request
 */
export function readSignature(request: SignableRequest): PresentedSignature {
  const fields = singleHeaders(request.headers)
  const parameters = queryParameters(request.query)
  refuseRepeated(parameters)
  const presigned = parameters.some(([name]) => name === 'X-Amz-Algorithm' || name === 'X-Amz-Signature')
  if (presigned && fields.authorization !== undefined) throw mismatch(bothForms)
  if (presigned) return fromQuery(new Map(parameters))
  if (fields.authorization !== undefined) return fromHeader(fields.authorization, fields)
  throw new MayflyError('REQUEST_UNSIGNED', {
    message: 'the request carries no AWS signature, neither in an Authorization header nor in its query',
    values: { text: 'Request is missing Authentication Token' },
  })
}

const bothForms = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."

function fromHeader(authorization: string, fields: SingleHeaders): PresentedSignature {
  if (authorization.startsWith('AWS ')) throw incomplete('AWS Signature Version 2 is not supported.')
  const said = authorizationFields(authorization)
  const { Credential: credential, Signature: signature, SignedHeaders: signedHeaders } = said
  const date = fields['x-amz-date'] ?? fields.date
  if (!credential || !signature || !signedHeaders || date === undefined)
    throw incomplete(missingFields(said, date) + hashed(authorization))
  const sessionToken = fields['x-amz-security-token']
  const { algorithm } = said
  return presented({ form: 'header', algorithm, credential, signedHeaders, signature, date, sessionToken })
}

interface AuthorizationFields {
  readonly algorithm: string
  Credential?: string
  Signature?: string
  SignedHeaders?: string
}

function authorizationFields(authorization: string): AuthorizationFields {
  const blank = authorization.indexOf(' ')
  if (blank < 0) return { algorithm: authorization }
  const fields: AuthorizationFields = { algorithm: authorization.slice(0, blank) }
  for (const part of authorization.slice(blank + 1).split(',')) {
    const field = part.trim()
    const equals = field.indexOf('=')
    if (equals < 1) throw incomplete(`${notPairs}: '${hashed(authorization)}'.`)
    const name = field.slice(0, equals)
    if (name !== 'Credential' && name !== 'Signature' && name !== 'SignedHeaders') continue
    if (fields[name] !== undefined) throw repeated(`${name} in the Authorization header`)
    fields[name] = field.slice(equals + 1)
  }
  return fields
}

function missingFields(said: AuthorizationFields, date: string | undefined): string {
  const missing = (['Credential', 'Signature', 'SignedHeaders'] as const)
    .filter((name) => !said[name])
    .map((name) => `Authorization header requires '${name}' parameter. `)
  if (date === undefined)
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
  return `${missing.join('')}(Hashed with SHA-256 and encoded with Base64) Authorization=`
}

const notPairs =
  'Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64)'
const hashed = (authorization: string): string => hash('sha256', authorization, 'base64')

const required = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
  'X-Amz-Date',
]

function fromQuery(parameters: ReadonlyMap<string, string>): PresentedSignature {
  const missing = required
    .filter((name) => !parameters.get(name))
    .map((name) => `AWS query-string parameters must include '${name}'. `)
  if (missing.length > 0) throw incomplete(`${missing.join('')}Re-examine the query-string parameters.`)
  const value = (name: string) => decoded(name, parameters.get(name)!)
  const expires = parameters.get('X-Amz-Expires')
  return presented({
    form: 'query',
    algorithm: value('X-Amz-Algorithm'),
    credential: value('X-Amz-Credential'),
    signedHeaders: value('X-Amz-SignedHeaders'),
    signature: value('X-Amz-Signature'),
    date: value('X-Amz-Date'),
    expiresSeconds: expires === undefined ? undefined : expirySeconds(expires),
    sessionToken: parameters.has('X-Amz-Security-Token') ? value('X-Amz-Security-Token') : undefined,
  })
}

function decoded(name: string, encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch (cause) {
    throw new MayflyError('REQUEST_PARAMETER', { message: `${name} is not UTF-8`, values: { name }, cause })
  }
}

function expirySeconds(text: string): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (seconds <= longestExpirySeconds) return seconds
  throw incomplete('X-Amz-Expires must be a number of seconds, from 0 to 604800.')
}

/** One week: the longest that a presigned request may be good for. */
export const longestExpirySeconds = 604_800

interface Parts {
  readonly form: PresentedSignature['form']
  readonly algorithm: string
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly date: string
  readonly expiresSeconds?: number | undefined
  readonly sessionToken?: string | undefined
}

// In the order in which AWS checks: date, algorithm, credential, terminator, scope date.
function presented(parts: Parts): PresentedSignature {
  const { form, signature, expiresSeconds, sessionToken } = parts
  const basicMs = basicTimeMs(parts.date)
  const signedAtMs = basicMs ?? (form === 'header' ? httpTimeMs(parts.date) : undefined)
  if (signedAtMs === undefined) throw incomplete(badDate(parts.date))
  if (parts.algorithm !== 'AWS4-HMAC-SHA256') throw incomplete(badAlgorithm(parts.algorithm))
  const scope = parts.credential.split('/')
  if (scope.length !== 5) throw incomplete(badCredential(parts.credential))
  const [accessKeyId = '', date = '', region = '', service = '', terminator] = scope
  if (terminator !== 'aws4_request') throw mismatch(badTerminator)
  const timestamp = basicMs === undefined ? basicTime(signedAtMs) : parts.date
  if (date !== timestamp.slice(0, 8)) throw mismatch(badScopeDate)
  const signedHeaders = parts.signedHeaders.toLowerCase().split(';').filter(Boolean)
  return {
    form,
    accessKeyId,
    date,
    region,
    service,
    signedHeaders,
    signature,
    signedAtMs,
    timestamp,
    ...(expiresSeconds !== undefined && { expiresSeconds }),
    ...(sessionToken !== undefined && { sessionToken }),
  }
}

const badDate = (date: string) =>
  `Date must be in ISO-8601 'basic format'. Got '${date.slice(0, 64)}'. See http://en.wikipedia.org/wiki/ISO_8601`
const badAlgorithm = (algorithm: string) => `Unsupported AWS 'algorithm': '${algorithm.slice(0, 64)}'.`
const badCredential = (credential: string) =>
  `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential.slice(0, 256)}'`
const badTerminator = "Credential should be scoped with a valid terminator: 'aws4_request'."
const badScopeDate =
  'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.'

/** `yyyymmddThhmmssZ` of an instant. */
export function basicTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

const basicForm = /^\d{8}T\d{6}Z$/

function basicTimeMs(text: string): number | undefined {
  if (!basicForm.test(text)) return undefined
  const part = (from: number, to: number) => Number(text.slice(from, to))
  const [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)]
  const [hour, minute, second] = [part(9, 11), part(11, 13), part(13, 15)]
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  const real = new Date(ms).getUTCMonth() === month - 1 && hour < 24 && minute < 60 && second < 60
  return real && year >= 1970 ? ms : undefined
}

// RFC 9110 §5.6.7, and the `-0000` that some SDKs write in place of GMT.
const httpForm = /^[A-Z][a-z]{2}, (\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d) (?:GMT|[+-]0000)$/

function httpTimeMs(text: string): number | undefined {
  const match = httpForm.exec(text)
  const ms = match ? Date.parse(`${match[1]} GMT`) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

const singles = [
  'host',
  'date',
  'x-amz-date',
  'authorization',
  'x-amz-security-token',
  'x-amz-content-sha256',
] as const
const singleLengths = new Set<number>(singles.map((name) => name.length))
type SingleHeaders = Partial<Record<(typeof singles)[number], string>>

/** The headers that may occur once at most, trimmed. A repeated one means different things to different readers. */
function singleHeaders(headers: SignableRequest['headers']): SingleHeaders {
  const found: SingleHeaders = {}
  for (const [sent, value] of headers) {
    if (!singleLengths.has(sent.length)) continue
    const lower = sent.toLowerCase()
    const name = singles.find((each) => each === lower)
    if (name === undefined) continue
    if (found[name] !== undefined) throw repeated(`header ${name}`)
    found[name] = value.trim()
  }
  return found
}

// Letter case aside, for a reader that ignores case would take the other one (CVE-2022-2385).
function refuseRepeated(parameters: readonly Parameter[]): void {
  if (parameters.length === 0) return
  const seen = new Set<string>()
  for (const [name] of parameters) {
    const key = name.toLowerCase()
    if (!key.startsWith('x-amz-')) continue
    if (seen.has(key)) throw repeated(`parameter ${key.slice(0, 64)}`)
    seen.add(key)
  }
}

function repeated(what: string): MayflyError {
  return new MayflyError('REQUEST_PARAMETER', {
    message: `the request has more than one ${what}`,
    values: { name: what },
  })
}

function incomplete(text: string): MayflyError {
  return new MayflyError('REQUEST_INCOMPLETE', {
    message: `the AWS signature of the request is incomplete: ${text}`,
    values: { text },
  })
}

/** A signature that cannot be right, with AWS's words for it. */
export function mismatch(text: string, detail: Readonly<Record<string, string>> = {}): MayflyError {
  return new MayflyError('REQUEST_SIGNATURE', {
    message: `the AWS signature does not hold: ${detail.why ?? text}`,
    values: { text, ...detail },
  })
}
