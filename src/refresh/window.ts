import type { Credential } from '../credential.ts'

const minuteMs = 60_000

/**
 * How much life a credential has left at the latest when it is renewed.
 *
 * AWS: 30 minutes, or a quarter of a longer session. botocore may treat what it was given as good for 25 minutes
 * whatever its expiry says, so a client must normally see more than that. Half the life of a session under an hour.
 * Google, and bearer tokens in general: 10 minutes, so that a client that renews 5 minutes ahead finds a new one.
 */
export function lifeLeftMs(kind: Credential['kind'], lifeMs: number): number {
  const wanted = kind === 'aws' ? Math.max(30 * minuteMs, lifeMs / 4) : 10 * minuteMs
  return Math.min(wanted, lifeMs / 2)
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
  { kind, expiresAtMs }: Pick<Credential, 'kind' | 'expiresAtMs'>,
  nowMs: number,
  { random, dueMs }: Spread,
): number {
  const lifeMs = expiresAtMs - nowMs
  const intervalMs = lifeMs - lifeLeftMs(kind, lifeMs)
  if (dueMs === undefined) return nowMs + Math.floor(intervalMs * (0.1 + 0.9 * random()))
  const lateMs = Math.max(0, nowMs - dueMs) % intervalMs
  const share = Math.max(0.1, (1 - lateMs / intervalMs) * (1 - 0.1 * random()))
  return nowMs + Math.floor(intervalMs * share)
}
