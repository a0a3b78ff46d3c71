import { type CelFunc, type CelResult, type CelValue, celError, isCelError } from '@bufbuild/cel'
import { searchSteps, spend, spendOn, textSteps } from './cel-steps.ts'

/** Of a call that costs no more than itself. */
const callSteps = 5
const errorSteps = 60
/** Of the functions that go through a text one character after the other, how many times longer that takes. */
const slowness = 16
const slow = new Set(['size', 'lowerAscii', 'upperAscii', 'trim', 'split', 'replace', 'double', 'bytes'])
const searches = new Set(['contains', 'indexOf', 'lastIndexOf', 'split', 'replace', 'extract'])
const comparisons = new Set(['_==_', '_!=_'])
/** Digits take the square of their number. */
const integers = new Set(['int', 'uint'])
/** Of times and durations: from their texts, to them, and their parts. */
const timeSteps = 90
const times = /^(timestamp|duration|string|get[A-Z]\w+)$/
/** A part of a time in a zone of the world's. */
const zoneSteps = 5000

/** The same function, that pays for what it is given: before, where little given may take long. */
export function priced(func: CelFunc): CelFunc {
  const call: CelFunc['call'] = (id, target, args) => {
    try {
      payBefore(func.name, target, args)
      const result = func.call(id, target, args)
      payAfter(func.name, target, args, result)
      return result
    } catch (error) {
      return celError(error, id)
    }
  }
  return Object.assign(Object.create(func), { call })
}

function payBefore(name: string, target: CelValue | undefined, [first]: readonly CelValue[]): void {
  spend(2)
  if (comparisons.has(name)) spendOn(first)
  if (searches.has(name) && typeof target === 'string' && typeof first === 'string')
    spend(searchSteps(target, first))
  if (integers.has(name) && typeof first === 'string') spend(searchSteps(first, first))
}

function payAfter(
  name: string,
  target: CelValue | undefined,
  args: readonly CelValue[],
  result: CelResult | undefined,
): void {
  if (result === undefined) return
  let length = textSteps(target)
  for (const each of args) length += textSteps(each)
  spend(callSteps + (slow.has(name) ? length * slowness : length))
  if (isCelError(result)) spend(errorSteps)
  if (times.test(name)) spend(name.startsWith('get') && args.length === 1 ? zoneSteps : timeSteps)
}
