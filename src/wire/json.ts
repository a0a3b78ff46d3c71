import { isUtf8 } from 'node:buffer'

export interface JsonLimits {
  /** Levels of objects and arrays. Default: 32; tokens of known platforms have at most 5. */
  readonly maxDepth?: number
}

/**
 * Reads a JSON object out of untrusted octets: valid UTF-8, no member twice at any level (RFC 8259 §4 leaves it open
 * which one counts, so two readers may disagree), bounded depth, and no number beyond ±(2^53 - 1): two such numbers
 * may be read as one and the same (RFC 8259 §6). Undefined for anything else. Never throws.
 */
export function readJsonObject(
  octets: Buffer,
  { maxDepth = 32 }: JsonLimits = {},
): Record<string, unknown> | undefined {
  if (!isUtf8(octets)) return undefined
  const text = octets.toString('utf8')
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const members = membersIn(value, maxDepth)
  return members === writtenMembers(text) ? (value as Record<string, unknown>) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Members of an object or array and all in it; NaN, which equals nothing, when it is too deep or holds too large a number. */
function membersIn(value: object, depth: number): number {
  if (depth === 0) return Number.NaN
  const values: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  let count = Array.isArray(value) ? 0 : values.length
  for (const each of values) {
    if (typeof each === 'number' && Math.abs(each) > Number.MAX_SAFE_INTEGER) return Number.NaN
    if (typeof each === 'object' && each !== null) count += membersIn(each, depth - 1)
  }
  return count
}

/** Members as written, in valid JSON: the strings that a colon follows. More of them than parsed members: one is double. */
function writtenMembers(json: string): number {
  let count = 0
  for (let start = json.indexOf('"'); start >= 0; ) {
    let next = endOfString(json, start) + 1
    while (json.charCodeAt(next) <= blank) next++
    if (json.charCodeAt(next) === colon) count++
    start = json.indexOf('"', next)
  }
  return count
}

/** Of the characters up to it, JSON has only blanks outside of strings. */
const blank = 0x20
const colon = 0x3a
const backslash = 0x5c

/** The quote that ends a string: the next one before which the number of backslashes is even. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1)
  while (end > 0 && isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end < 0 ? json.length : end
}

function isEscaped(json: string, at: number): boolean {
  let first = at
  while (json.charCodeAt(first - 1) === backslash) first--
  return (at - first) % 2 === 1
}
