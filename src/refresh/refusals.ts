import type { Credential } from '../credential.ts'
import { MayflyError } from '../errors.ts'

// The last millisecond that Date knows: an expiry beyond it must not turn a message into a RangeError.
const lastMs = 8.64e15

/** As people and logs are told of a time. */
export const instant = (ms: number) => `${new Date(Math.min(ms, lastMs)).toISOString().slice(0, 19)}Z`

/** Nothing valid is left to serve. */
export function expired(
  label: string,
  expiresAtMs: number,
  error: MayflyError,
  sinceMs: number,
): MayflyError {
  const expiredAt = instant(expiresAtMs)
  const since = instant(sinceMs)
  return new MayflyError('LEASE_EXPIRED', {
    message: `${label}: the last credential expired at ${expiredAt}, and renewing it fails since ${since}: ${error.message} (${error.code})`,
    values: { ...error.values, expiredAt, since, reason: error.code },
    hint: error.hint,
    cause: error,
    attempts: error.attempts,
    transient: error.transient,
  })
}

/** The same failure, said in other words. */
export function retold(error: MayflyError, message: string): MayflyError {
  const { code, values, hint, attempts, transient } = error
  return new MayflyError(code, { message, values, hint, attempts, transient, cause: error })
}

export function lifeless({ expiresAtMs }: Credential, nowMs: number): MayflyError {
  const seconds = Math.round((expiresAtMs - nowMs) / 1000)
  const when = seconds < 0 ? `expired ${-seconds} s ago` : `expires in ${seconds} s`
  return new MayflyError('EXCHANGE_ANSWER', {
    message: `the token service gave a credential that ${when} by this machine's clock (${instant(expiresAtMs)})`,
    hint: "Compare this machine's clock with the token service's, and check that the proof is not about to expire.",
  })
}

export function tooLong(limitMs: number): MayflyError {
  return new MayflyError('EXCHANGE_UNREACHABLE', {
    message: `the exchange did not end within ${limitMs / 1000} s`,
    transient: true,
  })
}

/** An error that is no refusal of ours may quote what it choked on, so only its name is told. */
export function asMayflyError(error: unknown): MayflyError {
  if (error instanceof MayflyError) return error
  const name = error instanceof Error ? error.name : typeof error
  return new MayflyError('EXCHANGE_ANSWER', { message: `the exchange broke off (${name})`, cause: error })
}
