import { hash } from 'node:crypto'

/** The client assertions that were taken, for as long as they could be taken again. Each is good once, in this process. */
export interface UsedAssertions {
  /** Whether it may be taken now. `full` says that nobody can tell: too many of the client's still live. */
  take(assertion: {
    readonly clientId: string
    readonly jti: string
    readonly untilMs: number
  }): 'new' | 'used' | 'full'
}

/** Of one client, about five megabytes: its flood is in nobody else's way. */
const mostRemembered = 50_000

export function usedAssertions(now: () => number, most = mostRemembered): UsedAssertions {
  const byClient = new Map<string, Map<string, number>>()
  return {
    take({ clientId, jti, untilMs }) {
      const used = byClient.get(clientId) ?? new Map<string, number>()
      byClient.set(clientId, used)
      // As long as it likes, somebody else's text takes the same room.
      const key = hash('sha256', jti, 'base64url')
      const knownUntilMs = used.get(key)
      if (knownUntilMs !== undefined && knownUntilMs > now()) return 'used'
      if (used.size >= most) forget(used, now())
      if (used.size >= most) return 'full'
      used.set(key, untilMs)
      return 'new'
    },
  }
}

function forget(used: Map<string, number>, nowMs: number): void {
  for (const [key, untilMs] of used) if (untilMs <= nowMs) used.delete(key)
}
