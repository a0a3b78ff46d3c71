import { MayflyError } from '../errors.ts'

const unitSeconds: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * A duration as people write it (`5m`, `1h`, `3600s`, `3600`) in whole seconds, at least one.
 * @throws CONFIG_FIELD
 */
export function parseDuration(value: string | number): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(String(value))
  const seconds = match ? Number(match[1]) * unitSeconds[match[2]!]! : 0
  if (seconds > 0) return seconds
  throw new MayflyError('CONFIG_FIELD', {
    message: `${JSON.stringify(String(value).slice(0, 32))} is not a duration: expected whole seconds, or a number with s, m, h or d (5m, 1h)`,
    values: { value: String(value).slice(0, 32) },
  })
}

/** A span of time for people: `45 s`, `12 min`, `5 h`, `3 d`. */
export function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86400)} d`
}
