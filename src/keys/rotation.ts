// How keys follow one another, without a look at any file or clock.
//
//   made ── published, not used ──▶ notBefore ── signs or seals ──▶ its successor's notBefore ── still counts ──▶ notAfter
//
// A key is made a day before its use, so that whoever caches a JWKS, and every process that shares a key file, knows it
// by then. That is also why two processes that rotate at once need no lock: what the second one replaces, nobody has used.

/** Before its use. Verifiers hold a JWKS for a day at most, most of them for an hour. */
export const aheadMs = 24 * 3_600_000

/** For how long a process may use what it has read of a key file. */
export const rereadMs = 5 * 60_000

/** After its use: 36 hours, the longest session (GetSessionToken), and what a process may have been late to change. */
export const keepMs = 36 * 3_600_000 + 2 * rereadMs

/** The shortest schedule: a day ahead, and a day in use. */
export const shortestRotationMs = 2 * aheadMs

export interface KeyTimes {
  readonly createdAt?: Date | undefined
  /** Absent: since ever. */
  readonly notBefore?: Date | undefined
  /** Absent: until it has a successor. */
  readonly notAfter?: Date | undefined
}

export interface DatedKey extends KeyTimes {
  readonly createdAt: Date
}

/** The key to sign or seal with: the last one that has begun. */
export function currentKey<Key extends KeyTimes>(keys: readonly Key[], nowMs: number): Key | undefined {
  return keys.filter((each) => beginMs(each) <= nowMs).toSorted(laterFirst)[0]
}

/** Whether what a key signed or sealed is still to be believed. */
export function counts({ notAfter }: KeyTimes, nowMs: number): boolean {
  return notAfter === undefined || nowMs < notAfter.getTime()
}

/** The same keys; or, when it is time, with a successor to the newest, and every other told when it ends. */
export function rotated<Key extends DatedKey>(
  keys: readonly Key[],
  { nowMs, everyMs }: { readonly nowMs: number; readonly everyMs: number },
  make: (times: DatedKey) => Key,
): readonly Key[] {
  const [newest] = keys.toSorted(laterFirst)
  if (!newest) return keys
  const dueMs = (newest.notBefore ?? newest.createdAt).getTime() + everyMs
  if (nowMs < dueMs - aheadMs) return keys
  const notBefore = new Date(Math.max(dueMs, nowMs + aheadMs))
  const notAfter = new Date(notBefore.getTime() + keepMs)
  return [
    ...keys.map((each) => ({ ...each, notAfter: each.notAfter ?? notAfter })),
    make({ createdAt: new Date(nowMs), notBefore }),
  ]
}

/** Since when a key is in use; undefined where that was not kept. */
export function inUseSince({ notBefore, createdAt }: KeyTimes): Date | undefined {
  return notBefore ?? createdAt
}

function beginMs({ notBefore }: KeyTimes): number {
  return notBefore?.getTime() ?? 0
}

/** Of two that began together, the one whose end is not known is the later. */
function laterFirst(a: KeyTimes, b: KeyTimes): number {
  return beginMs(b) - beginMs(a) || Number(a.notAfter !== undefined) - Number(b.notAfter !== undefined)
}
