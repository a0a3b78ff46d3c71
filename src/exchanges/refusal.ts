import { type ErrorCode, MayflyError, type Values } from '../errors.ts'
import { inWords } from '../wire/duration.ts'
import type { HttpResponse } from '../wire/http.ts'
import type { Presented } from './presented.ts'
import { serviceWords } from './words.ts'

/** Clocks that differ by more make a proof too old or too new for AWS (5 minutes of tolerance at most elsewhere, 15 there). */
const tolerableSkewMs = 5 * 60_000

/** What was asked of whom, and what came back. */
export interface Exchanged {
  /** The token service, with its host: `AWS STS at sts.eu-west-1.amazonaws.com`. */
  readonly service: string
  /** The operation and its object: `AssumeRole for arn:aws:iam::…`. */
  readonly operation: string
  readonly response: HttpResponse
  readonly presented: Presented
  /** The object and the like, by name. */
  readonly values: Values
  readonly nowMs: number
}

/** A refusal in the token service's own terms. */
export interface Refusal {
  readonly code: string
  readonly words?: string | undefined
  readonly requestId?: string | undefined
  /** The proof's time is over: a fresh one may do. */
  readonly expired?: boolean
  /** An outage, not a refusal. 5xx and 429 always are. */
  readonly transient?: boolean
  readonly hint?: string | undefined
}

/** EXCHANGE_REFUSED, or PROOF_EXPIRED: the service's code and words beside what was presented to it. */
export function refused(exchanged: Exchanged, refusal: Refusal): MayflyError {
  const { service, operation, response, presented, values, nowMs } = exchanged
  const transient = refusal.transient || isOutage(response)
  // All three are the service's own words, and as little to be trusted.
  const heard = (text = '') => serviceWords(text, presented.secrets)
  const code = heard(refusal.code) || `HTTP ${response.status}`
  const words = heard(refusal.words)
  const requestId = heard(refusal.requestId) || undefined
  const said = words ? `${code}: ${words}` : code
  const id = requestId ? `; request ID ${requestId}` : ''
  const hint = transient ? 'The trouble is at the token service and may pass: try again.' : refusal.hint
  return new MayflyError(refusal.expired && !transient ? 'PROOF_EXPIRED' : 'EXCHANGE_REFUSED', {
    message: `${service} ${transient ? 'failed at' : 'refused'} ${operation}: ${said} (presented: ${presented.text}${id})${skew(response, service, nowMs)}`,
    values: { ...presented.values, ...values, status: response.status, reason: code, words, requestId },
    transient,
    ...(hint && { hint }),
  })
}

const isOutage = ({ status }: HttpResponse) => status >= 500 || status === 429

/** EXCHANGE_ANSWER for an answer that is not of the protocol; an outage where the status says so. */
export function strange(exchanged: Exchanged, what: string): MayflyError {
  const { service, operation, response, values } = exchanged
  if (isOutage(response)) return refused(exchanged, { code: `HTTP ${response.status}` })
  const code: ErrorCode = 'EXCHANGE_ANSWER'
  return new MayflyError(code, {
    message: `${service} answered ${operation} with HTTP ${response.status} and ${what}`,
    values: { ...values, status: response.status },
  })
}

/** A sentence on the clocks where they are too far apart. */
function skew({ headers }: HttpResponse, service: string, nowMs: number): string {
  const aheadMs = Date.parse(headers.date ?? '') - nowMs
  if (!(Math.abs(aheadMs) > tolerableSkewMs)) return ''
  return `. This machine's clock is ${inWords(Math.abs(aheadMs))} ${aheadMs > 0 ? 'behind' : 'ahead of'} that of ${service}`
}
