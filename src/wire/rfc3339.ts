const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/**
 * A time with its zone in epoch milliseconds, rounded down; undefined for every other text. `Date.parse` also takes
 * `2027` and `22 Nov 2026`, and a time without a zone as this machine's own.
 * @see RFC 3339 §5.6. Leap seconds are refused: Date knows none.
 */
export function readRfc3339(text: string): number | undefined {
  const [, local, fraction = '', sign, hours, minutes] = form.exec(text.toUpperCase()) ?? []
  const ms = Date.parse(`${local}Z`)
  // 30 February and 24:00 become another day.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== local) return undefined
  const offsetMs = sign ? Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000 : 0
  return ms - offsetMs + Number(fraction.slice(0, 3).padEnd(3, '0'))
}
