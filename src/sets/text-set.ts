import { ANY, compileGlob, ONE, type Pattern, patternOf } from '../trust/match.ts'

/** A pattern for texts, in the units of `trust/match.ts`. */
export interface Glob {
  readonly units: Pattern
  readonly ignoreCase?: true
}

/** The texts of at least one character that fit one pattern of every list in `all`, and none in `none`. */
export interface TextSet {
  readonly all: readonly (readonly Glob[])[]
  readonly none: readonly Glob[]
}

export const anyText: TextSet = { all: [], none: [] }

/** A text that stands for itself. */
export function exactly(text: string): Glob {
  return { units: patternOf(text, { wildcards: false }) }
}

/** A text in which `*` and `?` are wildcards. */
export function like(text: string): Glob {
  return { units: patternOf(text) }
}

export function isExact({ units, ignoreCase }: Glob): boolean {
  return !ignoreCase && !units.includes(ANY) && !units.includes(ONE)
}

/** The text of a pattern that stands for itself. */
export function textOf({ units }: Glob): string {
  return String.fromCharCode(...units)
}

/** As people write a pattern: `*` and `?` that stand for themselves have a backslash. */
export function shown({ units }: Glob): string {
  const word = (unit: number) =>
    unit === ANY ? '*' : unit === ONE ? '?' : escaped(String.fromCharCode(unit))
  return units.map(word).join('')
}

function escaped(character: string): string {
  return '*?\\'.includes(character) ? `\\${character}` : character
}

export function fits(glob: Glob, text: string): boolean {
  return compileGlob(glob.units).matches(glob.ignoreCase ? text.toLowerCase() : text)
}

export function hasText({ all, none }: TextSet, text: string): boolean {
  return (
    text !== '' &&
    all.every((globs) => globs.some((each) => fits(each, text))) &&
    !none.some((each) => fits(each, text))
  )
}

/** It takes more steps to find out than anybody would wait for. */
export const undecided = Symbol('undecided')

/** So many states are looked at: far more than patterns have that people write. */
const mostStates = 20_000

/** A text of the set, the shortest where none that is usual is in it; undefined when it is empty. */
export function textIn(set: TextSet, usual: readonly string[] = []): string | undefined | typeof undecided {
  const listed = set.all.find((globs) => globs.every(isExact))
  const tried = listed ? listed.map(textOf) : usual
  const found = tried.find((text) => hasText(set, text))
  return found ?? (listed ? undefined : shortest(set))
}

/** What is left to fit of each pattern, after some characters: a bit for every place in it. */
type State = readonly bigint[]

// Breadth first through the patterns' automata, all at once: the first accepted text is a shortest one.
function shortest(set: TextSet): string | undefined | typeof undecided {
  const globs = [...set.all.flat(), ...set.none]
  const characters = alphabetOf(globs)
  const start = globs.map((each) => closed(each, 1n))
  const seen = new Set<string>()
  const queue: [state: State, text: string][] = [[start, '']]
  for (const [state, text] of queue) {
    if (text !== '' && accepts(set, globs, state)) return text
    for (const each of characters) {
      const next = state.map((places, i) => (places === 0n ? 0n : stepped(globs[i]!, places, each)))
      const key = next.join()
      if (seen.has(key) || isLost(set, next)) continue
      if (seen.size >= mostStates) return undecided
      seen.add(key)
      queue.push([next, text + each])
    }
  }
  return undefined
}

/** Every character of the patterns, and one that stands for all others. */
function alphabetOf(globs: readonly Glob[]): string[] {
  const own = new Set<string>()
  for (const { units, ignoreCase } of globs)
    for (const unit of units.filter((each) => each >= 0)) {
      const character = String.fromCharCode(unit)
      own.add(character)
      if (ignoreCase) own.add(character.toUpperCase())
    }
  const other = [...'xyzwvabcdefghijklmnopqrstu0123456789XYZ\u00e4\u00f6\u00fc'].find(
    (each) => !own.has(each),
  )
  return [...(other === undefined ? [] : [other]), ...own]
}

function stepped({ units, ignoreCase }: Glob, places: bigint, character: string): bigint {
  const read = (ignoreCase ? character.toLowerCase() : character).charCodeAt(0)
  let next = 0n
  for (let at = 0; at < units.length; at++) {
    if (!((places >> BigInt(at)) & 1n)) continue
    const unit = units[at]!
    if (unit === ANY) next |= 1n << BigInt(at)
    else if (unit === ONE || unit === read) next |= 1n << BigInt(at + 1)
  }
  return closed({ units }, next)
}

/** A `*` may stand for nothing. */
function closed({ units }: Glob, places: bigint): bigint {
  let all = places
  for (let at = 0; at < units.length; at++)
    if (units[at] === ANY && (all >> BigInt(at)) & 1n) all |= 1n << BigInt(at + 1)
  return all
}

function accepts(set: TextSet, globs: readonly Glob[], state: State): boolean {
  const ends = globs.map(({ units }, i) => ((state[i]! >> BigInt(units.length)) & 1n) === 1n)
  let at = 0
  const every = set.all.every(({ length }) => {
    const own = ends.slice(at, at + length)
    at += length
    return own.includes(true)
  })
  return every && !ends.slice(at).includes(true)
}

/** Whether no longer text can be in the set: of some list no pattern fits any more. */
function isLost({ all }: TextSet, state: State): boolean {
  let at = 0
  return all.some(({ length }) => {
    const own = state.slice(at, at + length)
    at += length
    return own.every((places) => places === 0n)
  })
}
