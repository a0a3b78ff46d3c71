/** As long as Google keeps what was deleted: the 30 days of its documents. */
const keptMs = 30 * 24 * 3_600_000

export interface Deletable {
  readonly expireTime?: string
}

/** Until when what is deleted now can be undeleted. */
export function expiry(nowMs: number): string {
  return `${new Date(nowMs + keptMs).toISOString().slice(0, 19)}Z`
}

/** Gone for good: nothing tells of it any more, and its name is free. */
export function isPurged({ expireTime }: Deletable, nowMs: number): boolean {
  return expireTime !== undefined && Date.parse(expireTime) <= nowMs
}
