import {
  type CelEnv,
  type CelFunc,
  type CelInput,
  type CelList,
  CelScalar,
  celEnv,
  celFunc,
  celList,
  celMethod,
  isCelList,
  isCelMap,
  listType,
  mapType,
} from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import { matches } from './cel-matches.ts'
import { priced } from './cel-prices.ts'
import { spend, spendOn, textSteps } from './cel-steps.ts'
import { timeFunctions } from './cel-times.ts'
import { conditionFunctions } from './google-condition-functions.ts'

// The functions of Google's CEL, each paying for what it does: no expression may make much out of little, or much work of a
// long text.

/** Longest string, in UTF-16 units, that a function may make: several tokens' worth. */
const stringLimit = 65_536
/** Longest list that a function may make. */
const listLimit = 1024

/** Name of the function that pays for an iteration; no expression can spell it. */
export const stepFunction = '@step'
/** Name of the function that pays for the list that a loop goes through. */
export const rangeFunction = '@range'

const { STRING, BYTES, BOOL, INT, DYN } = CelScalar
const LIST = listType(DYN)
const MAP = mapType(STRING, DYN)
const standardIn = celEnv().funcs.find('@in')!
/** Where lists that were made here keep their elements: going through one of the library's takes far longer. */
const made = Symbol('made')

/** What Google's CEL has beside the standard functions, and in place of those that could grow without bound. */
const ownFunctions: CelFunc[] = [
  ...strings.filter(({ name }) => name !== 'format' && name !== 'strings.quote'),
  celFunc(stepFunction, [INT], BOOL, (steps) => {
    spend(Number(steps))
    return true
  }),
  celFunc(rangeFunction, [DYN], DYN, (range) => {
    if (isCelList(range) || isCelMap(range)) spend(2 * range.size)
    return range
  }),
  celFunc('@in', [DYN, LIST], BOOL, (value, list) => {
    spend(list.size * spendOn(value))
    return standardIn.call(0, undefined, [value, list]) === true
  }),
  celFunc('_+_', [STRING, STRING], STRING, (a, b) => short(a.length + b.length, () => a + b)),
  celFunc('_+_', [BYTES, BYTES], BYTES, (a, b) => short(a.length + b.length, () => Buffer.concat([a, b]))),
  celFunc('_+_', [LIST, LIST], LIST, appended),
  celFunc('matches', [STRING, STRING], BOOL, matches),
  celMethod('matches', STRING, [STRING], BOOL, function (pattern) {
    return matches(this, pattern)
  }),
  celMethod('join', LIST, [], STRING, function () {
    return joined(this, '')
  }),
  celMethod('join', LIST, [STRING], STRING, function (separator) {
    return joined(this, separator)
  }),
  celMethod('replace', STRING, [STRING, STRING], STRING, function (from, to) {
    return replaced(this, from, to, Number.POSITIVE_INFINITY)
  }),
  celMethod('replace', STRING, [STRING, STRING, INT], STRING, function (from, to, times) {
    return replaced(this, from, to, times < 0n ? Number.POSITIVE_INFINITY : Number(times))
  }),
  celMethod('getAttribute', MAP, [STRING, DYN], DYN, function (name, otherwise) {
    return this.get(name) ?? otherwise
  }),
  celMethod('extract', STRING, [STRING], STRING, function (template) {
    return extract(this, template)
  }),
  ...timeFunctions,
  ...conditionFunctions,
]

/** Google's CEL, each function paying for what it does: the standard ones, `extract`, those on strings, and `getAttribute` of `api`. */
export const googleCel: CelEnv = celEnv({ funcs: [...celEnv({ funcs: ownFunctions }).funcs].map(priced) })

/**
 * What stands in a value where a template has its one `{name}`: after the first occurrence of what the template
 * has before it, up to the next of what it has behind it. Empty when either is absent.
 * @see https://cloud.google.com/iam/docs/conditions-attribute-reference "Extracting values"
 */
export function extract(value: string, template: string): string {
  const open = template.indexOf('{')
  const close = template.indexOf('}', open)
  const single = template.indexOf('{', open + 1) < 0 && template.indexOf('}', close + 1) < 0
  if (open < 0 || close < 0 || template.indexOf('}') < open || !single)
    throw new Error(`extract takes a template with one {name}, not ${JSON.stringify(template)}`)
  const prefix = template.slice(0, open)
  const suffix = template.slice(close + 1)
  const at = value.indexOf(prefix)
  if (at < 0) return ''
  const start = at + prefix.length
  const end = suffix === '' ? value.length : value.indexOf(suffix, start)
  return end < 0 ? '' : value.slice(start, end)
}

function appended(a: CelList, b: CelList): CelList {
  if (a.size + b.size > listLimit)
    throw new Error(`the expression makes a list of over ${listLimit} elements`)
  const both = elementsOf(a).concat(elementsOf(b))
  return Object.assign(celList(both), { [made]: both })
}

function elementsOf(list: CelList & { readonly [made]?: readonly CelInput[] }): readonly CelInput[] {
  const known = list[made]
  spend(20 + (known ? Math.ceil(known.length / 16) : list.size))
  return known ?? [...list]
}

function joined(list: CelList, separator: string): string {
  spend(2 * list.size)
  const words: string[] = []
  let length = 0
  for (const each of list) {
    if (typeof each !== 'string') throw new Error('join takes a list of strings')
    length += each.length + separator.length
    words.push(each)
  }
  spend(textSteps(separator) + Math.ceil(length / 32))
  return short(length, () => words.join(separator))
}

function replaced(value: string, from: string, to: string, times: number): string {
  const pieces = from === '' ? ['', ...value, ''] : value.split(from)
  const cuts = Math.min(times, pieces.length - 1)
  return short(value.length + cuts * to.length, () => {
    const head = pieces.slice(0, cuts + 1).join(to)
    return [head, ...pieces.slice(cuts + 1)].join(from)
  })
}

function short<T>(length: number, make: () => T): T {
  if (length > stringLimit) throw new Error(`the expression makes a string of over ${stringLimit} characters`)
  return make()
}
