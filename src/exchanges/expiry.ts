import { readRfc3339 } from '../wire/rfc3339.ts'
import { type Exchanged, strange } from './refusal.ts'

const hourMs = 3_600_000

// No longer than the clouds' own longest (GetSessionToken, and access tokens with a lifetime extension): an expiry beyond
// is a mistake, and whoever believed it would not renew in time.
const longestMs = { aws: 36 * hourMs, google: 12 * hourMs } as const

/** An expiry as it may be relied on, in epoch milliseconds. */
export function believable(expiresAtMs: number, cloud: keyof typeof longestMs, nowMs: number): number {
  return Math.min(expiresAtMs, nowMs + longestMs[cloud])
}

/** A time in an answer, in epoch milliseconds. @throws EXCHANGE_ANSWER when it is not of RFC 3339 */
export function timeOf(exchanged: Exchanged, name: string, text: string): number {
  const ms = readRfc3339(text)
  if (ms === undefined) throw strange(exchanged, `an ${name} that is no date and time with its zone`)
  return ms
}
