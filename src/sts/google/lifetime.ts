/** One hour: what Google gives for every subject token, and for whatever does not ask for less. */
export const tokenSeconds = 3600

/** Twelve hours: of an account for which an organization allows it. */
export const extendedSeconds = 12 * 3600

/** Times are whole seconds on this wire. */
export function tokenLife(lifetimeSeconds: number, nowMs: number) {
  return { lifetimeSeconds, expiresAtMs: (Math.floor(nowMs / 1000) + lifetimeSeconds) * 1000 }
}
