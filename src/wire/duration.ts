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
