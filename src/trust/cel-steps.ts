import { type CelValue, isCelList, isCelMap } from '@bufbuild/cel'

// What an evaluation costs, in steps. A step is what 50 ns of work were when the prices were measured, so that an evaluation
// that spends all it has ends within about 50 ms; in numbers rather than time, so that a verdict does not depend on the machine.

/** Steps of one evaluation: 30 comparisons with each of hundreds of groups stay well below. */
export const stepLimit = 1_000_000

let stepsLeft = 0

/** Gives the next evaluation its steps. Evaluation is synchronous: one count serves them all. */
export function allowSteps(limit: number = stepLimit): void {
  stepsLeft = limit
}

/** @throws Error when they are used up */
export function spend(steps: number): void {
  stepsLeft -= steps
  if (stepsLeft < 0) throw new Error('the expression takes too many steps')
}

/** Characters that a step copies, compares or skips. */
const charactersPerStep = 32

/** What a text, or octets, cost whoever looks at all of it. */
export function textSteps(value: unknown): number {
  return typeof value === 'string' || value instanceof Uint8Array
    ? Math.ceil(value.length / charactersPerStep)
    : 0
}

/** What it costs to look for one text in another: a search compares each place with all of what is looked for, at worst. */
export function searchSteps(text: string, sought: string): number {
  return Math.ceil((text.length * (sought.length + 1)) / charactersPerStep)
}

/** Pays for looking at a value with all that is in it, and says what that was. */
export function spendOn(value: CelValue | undefined): number {
  let steps = 1 + textSteps(value)
  if (isCelList(value) || isCelMap(value)) steps += 8 * value.size
  spend(steps)
  if (isCelList(value)) for (const each of value) steps += spendOn(each)
  if (isCelMap(value)) for (const [key, each] of value) steps += textSteps(key) + spendOn(each)
  return steps
}
