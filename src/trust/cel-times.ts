import { type CelFunc, CelScalar, celFunc, celMethod, objectType } from '@bufbuild/cel'
import { TimestampSchema, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import { readRfc3339 } from '../wire/rfc3339.ts'

const { STRING, INT } = CelScalar
const TIMESTAMP = objectType(TimestampSchema)

/** @see https://github.com/google/cel-spec/blob/master/doc/langdef.md#datetime-functions */
const getters: Readonly<Record<string, (at: Date) => number>> = {
  getFullYear: (at) => at.getUTCFullYear(),
  getMonth: (at) => at.getUTCMonth(),
  getDate: (at) => at.getUTCDate(),
  getDayOfMonth: (at) => at.getUTCDate() - 1,
  getDayOfWeek: (at) => at.getUTCDay(),
  getDayOfYear: (at) => Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0)) / 86_400_000),
  getHours: (at) => at.getUTCHours(),
  getMinutes: (at) => at.getUTCMinutes(),
  getSeconds: (at) => at.getUTCSeconds(),
  getMilliseconds: (at) => at.getUTCMilliseconds(),
}

/**
 * CEL's functions on times. The library's own go by the clock of this machine's zone, which leaves an hour out in spring,
 * and take 30 February for a day of March.
 */
export const timeFunctions: CelFunc[] = [
  celFunc('timestamp', [STRING], TIMESTAMP, (text) => {
    const ms = readRfc3339(text)
    if (ms === undefined) throw new Error(`no time as RFC 3339 has it: ${JSON.stringify(text.slice(0, 64))}`)
    return timestampFromMs(ms)
  }),
  ...Object.entries(getters).flatMap(([name, partOf]) => [
    celMethod(name, TIMESTAMP, [], INT, function () {
      return BigInt(partOf(dateOf(this)))
    }),
    celMethod(name, TIMESTAMP, [STRING], INT, function (zone) {
      const at = dateOf(this)
      return BigInt(partOf(new Date(at.getTime() + offsetMs(zone, at))))
    }),
  ]),
]

function dateOf({ message }: { readonly message: unknown }): Date {
  return new Date(timestampMs(message as Parameters<typeof timestampMs>[0]))
}

/** How far a zone's clock is ahead of UTC's at a moment. @throws RangeError for a zone that is not known */
function offsetMs(zone: string, at: Date): number {
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? []
  if (hours !== undefined) return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000
  const parts = formatOf(zone).formatToParts(at)
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value)
  const [year, month, day] = [part('year'), part('month') - 1, part('day')]
  const there = Date.UTC(year, month, day, part('hour'), part('minute'), part('second'))
  return there - Math.floor(at.getTime() / 1000) * 1000
}

const formats = new Map<string, Intl.DateTimeFormat>()
/** More zones than any policy names; each takes longer to make than to use. */
const mostFormats = 64

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
  const clock = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
  const made = new Intl.DateTimeFormat('en-US', { timeZone, ...numeric, ...clock })
  if (formats.size >= mostFormats) formats.clear()
  formats.set(timeZone, made)
  return made
}
