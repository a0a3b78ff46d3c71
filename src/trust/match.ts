/** `*` and `?` in a pattern; every other unit of a pattern is a UTF-16 code unit that stands for itself. */
export const ANY = -1
export const ONE = -2

/** A pattern as units, so that a `*` that stands for itself cannot be taken for a wildcard. */
export type Pattern = readonly number[]

/** A string, or in a test something that counts how often it is read. */
export interface Text {
  readonly length: number
  charCodeAt(index: number): number
}

/**
 * A compiled pattern. `*` stands for any characters, `/` and `:` too; `?` for exactly one.
 * Reads each character of a text a bounded number of times, whatever the pattern.
 */
export interface Glob {
  matches(text: Text): boolean
}

/** Longest run with a `?` in it between two `*`: such a run is searched for naively, at this many reads a character. */
export const longestLooseRun = 256

/** The units of a string; `*` and `?` are wildcards only where `wildcards` says so. */
export function patternOf(text: string, { wildcards = true } = {}): number[] {
  const units: number[] = []
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    units.push(wildcards && unit === 42 ? ANY : wildcards && unit === 63 ? ONE : unit)
  }
  return units
}

/** Whether it searches in bounded time: see `longestLooseRun`. */
export function isBounded(pattern: Pattern): boolean {
  const runs = splitAt(pattern, ANY).slice(1, -1)
  return runs.every((run) => run.length <= longestLooseRun || !run.includes(ONE))
}

/** Compiles a pattern. One that is not bounded matches nothing: refuse it before (`isBounded`). */
export function compileGlob(pattern: string | Pattern): Glob {
  const units = typeof pattern === 'string' ? patternOf(pattern) : pattern
  const runs = splitAt(units, ANY)
  const head = runs[0]!
  if (runs.length === 1) return { matches: (text) => text.length === head.length && standsAt(head, text, 0) }
  if (!isBounded(units)) return { matches: () => false }
  const tail = runs.at(-1)!
  const middle = runs
    .slice(1, -1)
    .filter((run) => run.length > 0)
    .map(finder)
  return { matches: (text) => matchesRuns(head, middle, tail, text) }
}

/** The parts of a pattern between the occurrences of one unit. */
export function splitAt(pattern: Pattern, unit: number): number[][] {
  const parts: number[][] = [[]]
  for (const each of pattern) {
    if (each === unit) parts.push([])
    else parts.at(-1)!.push(each)
  }
  return parts
}

/** The end of the leftmost occurrence within [from, to), or -1. */
type Find = (text: Text, from: number, to: number) => number

// Head and tail are fixed in place; each run between two stars is best taken as far left as it goes.
function matchesRuns(head: Pattern, middle: readonly Find[], tail: Pattern, text: Text): boolean {
  const end = text.length - tail.length
  if (head.length > end || !standsAt(head, text, 0) || !standsAt(tail, text, end)) return false
  let at = head.length
  for (const find of middle) {
    at = find(text, at, end)
    if (at < 0) return false
  }
  return true
}

function standsAt(run: Pattern, text: Text, at: number): boolean {
  for (let i = 0; i < run.length; i++) if (run[i] !== ONE && run[i] !== text.charCodeAt(at + i)) return false
  return true
}

function finder(run: Pattern): Find {
  return run.includes(ONE) ? findLoose(run) : findExact(run)
}

function findLoose(run: Pattern): Find {
  return (text, from, to) => {
    for (let at = from; at + run.length <= to; at++) if (standsAt(run, text, at)) return at + run.length
    return -1
  }
}

// Knuth, Morris, Pratt: after a mismatch the pattern moves on and the text is never read again.
function findExact(run: Pattern): Find {
  const fallback = borders(run)
  return (text, from, to) => {
    let matched = 0
    for (let at = from; at < to; at++) {
      const unit = text.charCodeAt(at)
      while (matched > 0 && run[matched] !== unit) matched = fallback[matched - 1]!
      if (run[matched] === unit) matched++
      if (matched === run.length) return at + 1
    }
    return -1
  }
}

// For each prefix, the length of its longest proper prefix that is also its suffix.
function borders(run: Pattern): number[] {
  const lengths = [0]
  let length = 0
  for (let i = 1; i < run.length; i++) {
    while (length > 0 && run[length] !== run[i]) length = lengths[length - 1]!
    if (run[length] === run[i]) length++
    lengths.push(length)
  }
  return lengths
}
