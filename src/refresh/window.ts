import type { Credential } from '../credential.ts'

const minuteMs = 60_000

/**
 * How much life a credential has left at the latest when it is renewed: 30 minutes, or a quarter of a longer one; half
 * of one that lives for less than an hour.
 *
 * botocore may treat what it was given as good for 25 minutes whatever its expiry says, Google's libraries renew up to
 * 5 minutes ahead, MSAL up to half-way: whoever has 30 minutes left serves them all, and outlasts a token service that
 * is away for as long.
 */
export function lifeLeftMs(lifeMs: number): number {
  return Math.min(Math.max(30 * minuteMs, lifeMs / 4), lifeMs / 2)
}

/** What makes leases that began together renew apart. */
export interface Spread {
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** When this credential's obtaining was due, in epoch milliseconds; absent: it is the lease's first. */
  readonly dueMs?: number | undefined
}

/**
 * When to renew a credential that was obtained at `nowMs`, in epoch milliseconds.
 * The first renewal falls anywhere in the last nine tenths of the interval, so that many leases that began in one
 * second are level from the first interval on. Later ones keep their place in the round, an outage that all of them
 * sat out makes no crowd, and come up to a tenth sooner, so that no round is like the last.
 */
export function renewalMs(
  { expiresAtMs }: Pick<Credential, 'expiresAtMs'>,
  nowMs: number,
  { random, dueMs }: Spread,
): number {
  const lifeMs = expiresAtMs - nowMs
  const intervalMs = lifeMs - lifeLeftMs(lifeMs)
  if (dueMs === undefined) return nowMs + Math.floor(intervalMs * (0.1 + 0.9 * random()))
  const lateMs = Math.max(0, nowMs - dueMs) % intervalMs
  const share = Math.max(0.1, (1 - lateMs / intervalMs) * (1 - 0.1 * random()))
  return nowMs + Math.floor(intervalMs * share)
}
