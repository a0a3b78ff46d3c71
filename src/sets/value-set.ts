import { anyText, type Glob, hasText, isExact, type TextSet, textIn, textOf, undecided } from './text-set.ts'

/** What one claim may say: these texts, and whether it may be left out. */
export interface ValueSet {
  readonly absent: boolean
  /** Undefined: no text at all. */
  readonly texts?: TextSet
}

export const anyValue: ValueSet = { absent: true, texts: anyText }
/** Some text. */
export const present: ValueSet = { absent: false, texts: anyText }

/** One of these. */
export function oneOf(globs: readonly Glob[], absent = false): ValueSet {
  return { absent, texts: { all: [globs], none: [] } }
}

/** None of these. */
export function noneOf(globs: readonly Glob[], absent = false): ValueSet {
  return { absent, texts: { all: [], none: globs } }
}

export function meet(a: ValueSet, b: ValueSet): ValueSet {
  const absent = a.absent && b.absent
  if (!a.texts || !b.texts) return { absent }
  const texts = { all: [...a.texts.all, ...b.texts.all], none: [...a.texts.none, ...b.texts.none] }
  return { absent, texts: listed(texts) }
}

/** Of a set of a few texts, those texts. */
function listed(set: TextSet): TextSet {
  const list = set.all.find((globs) => globs.every(isExact))
  if (!list || (set.all.length === 1 && set.none.length === 0)) return set
  return { all: [list.filter((each) => hasText(set, textOf(each)))], none: [] }
}

/** All that is not in it, as sets of which every value is in one. */
export function others({ absent, texts }: ValueSet): ValueSet[] {
  const without = absent ? [] : [{ absent: true }]
  if (!texts) return [...without, present]
  const { all, none } = texts
  return [...without, ...all.map((globs) => noneOf(globs)), ...(none.length > 0 ? [oneOf(none)] : [])]
}

export function hasValue({ absent, texts }: ValueSet, value: string | undefined): boolean {
  return value === undefined ? absent : texts !== undefined && hasText(texts, value)
}

/** A value of the set; `empty` when there is none. Absent is the last choice, unless it is the usual one. */
export function valueIn(
  set: ValueSet,
  usual: readonly (string | undefined)[] = [],
): { readonly value: string | undefined } | 'empty' | typeof undecided {
  if (usual.length > 0 && hasValue(set, usual[0])) return { value: usual[0] }
  const texts = usual.filter((each) => each !== undefined)
  const text = set.texts && textIn(set.texts, texts)
  if (text === undecided) return set.absent ? { value: undefined } : undecided
  if (text !== undefined) return { value: text }
  return set.absent ? { value: undefined } : 'empty'
}

/** Whether it leaves anything out. */
export function isAny({ absent, texts }: ValueSet): boolean {
  return absent && texts !== undefined && texts.all.length === 0 && texts.none.length === 0
}
