// Many requests share a second, and its text costs as much as a condition of a policy.
const known = new Map<number, string>()
const most = 64

/**
 * `2026-01-02T03:04:05Z`, of epoch milliseconds: without a fraction, since some clients of AWS break on one (envoy#33806).
 * @throws RangeError for what is no time
 */
export function isoSecond(ms: number): string {
  const second = Math.floor(ms / 1000)
  const text = known.get(second)
  if (text !== undefined) return text
  if (known.size >= most) known.clear()
  const made = `${new Date(second * 1000).toISOString().slice(0, -5)}Z`
  known.set(second, made)
  return made
}

/** `2026-01-02T03:04:05.678Z` */
export function isoMillisecond(ms: number): string {
  const second = isoSecond(ms)
  const fraction = String(Math.floor(ms) - Math.floor(ms / 1000) * 1000).padStart(3, '0')
  return `${second.slice(0, -1)}.${fraction}Z`
}
