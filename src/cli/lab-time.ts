import { parseDuration } from '../wire/duration.ts'
import { readRfc3339 } from '../wire/rfc3339.ts'
import { usage } from './flags.ts'

export interface MovedTime {
  /** What time it is for the lab when the machine's is `nowMs`. @throws COMMAND_USAGE */
  readonly startsAt: (nowMs: number) => number
  /** 1: as fast as the machine's. */
  readonly speed: number
}

/** What `--at` and `--speed` say; undefined when neither is there. @throws COMMAND_USAGE */
export function labTime({
  at,
  speed,
}: {
  readonly at?: string
  readonly speed?: string
}): MovedTime | undefined {
  if (at === undefined && speed === undefined) return undefined
  const startsAt = startOf(at)
  return { startsAt: (nowMs) => inCalendar(startsAt(nowMs)), speed: speedOf(speed ?? '1') }
}

const lastMs = Date.parse('9999-12-31T23:59:59Z')

/** Before 1970 no token has a time, and after 9999 no timestamp has a form. */
function inCalendar(ms: number): number {
  if (ms >= 0 && ms <= lastMs) return ms
  throw usage('lab', '--at leads out of the years 1970 to 9999')
}

function startOf(at = '+0'): (nowMs: number) => number {
  const [, sign, duration = ''] = /^([+-])(.+)$/.exec(at) ?? []
  if (at === '+0') return (nowMs) => nowMs
  if (sign) return (nowMs) => nowMs + Number(`${sign}1000`) * durationOf(duration)
  const ms = readRfc3339(at)
  if (ms === undefined)
    throw usage('lab', `--at "${at}" is no time: write 2026-12-24T18:00:00Z, +2h, or --at=-5m`)
  return () => ms
}

function durationOf(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw usage('lab', `--at: ${(error as Error).message}`)
  }
}

function speedOf(text: string): number {
  const speed = Number(text)
  if (speed > 0 && speed <= 1e6) return speed
  throw usage('lab', `--speed "${text}" is no number above 0, and at most 1000000`)
}
