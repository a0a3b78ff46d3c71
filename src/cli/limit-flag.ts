import { type LimitKind, limitKinds, type Rates } from '../sts/operator/limits.ts'
import type { Rate } from '../sts/operator/token-buckets.ts'
import { usage } from './flags.ts'

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }
/** Beyond it there is nothing to limit, and times of less than a microsecond are not exact. */
const most = 100_000

/** What `--limit address=100/s,caller=20/s` says. @throws COMMAND_USAGE */
export function readLimits(text: string | undefined): Rates {
  if (text === undefined) return {}
  const rates: Partial<Record<LimitKind, Rate>> = {}
  for (const part of text.split(',')) {
    const [name = '', rate = ''] = part.split('=', 2)
    const kind = limitKinds.find((each) => each === name)
    if (!kind) throw wrong(part, `expected ${limitKinds.join('=, ')}=`)
    if (rates[kind]) throw wrong(part, `${kind} is there twice`)
    rates[kind] = rateOf(rate) ?? fail(part)
  }
  return rates
}

function rateOf(text: string): Rate | undefined {
  const [, digits, unit] = /^(\d{1,6})\/([smh])$/.exec(text) ?? []
  const tokens = Number(digits ?? 0)
  return unit && tokens > 0 && tokens <= most ? { tokens, everyMs: units[unit]! } : undefined
}

function fail(part: string): never {
  throw wrong(part, `expected a number from 1 to ${most} and /s, /m or /h: caller=20/s`)
}

function wrong(part: string, why: string) {
  return usage('sts', `--limit ${JSON.stringify(part)}: ${why}`)
}
