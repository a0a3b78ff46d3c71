import { RE2JS } from '@bufbuild/re2'
import { allowSteps, searchSteps, spend } from './cel-steps.ts'
import { patternSteps } from './re2-cost.ts'

// `matches` of CEL: RE2, which takes time in proportion to text and pattern, and no more than was paid for.

/** Patterns of the evaluation that goes on: what one has learned about its texts takes memory as long as it is kept. */
const compiled = new Map<string, RE2JS>()

/** Gives the next evaluation its steps, and no pattern of the one before. */
export function beginEvaluation(limit?: number): void {
  compiled.clear()
  allowSteps(limit)
}

/**
 * Whether a pattern is found anywhere in a text.
 * @throws Error when it is no pattern, or takes too many steps
 */
export function matches(text: string, pattern: string): boolean {
  const re2 = patternOf(pattern)
  spend(searchSteps(text, pattern))
  return re2.test(text)
}

/** A pattern, once for an evaluation. @throws Error when it is none, or takes too many steps */
export function patternOf(pattern: string): RE2JS {
  const known = compiled.get(pattern)
  if (known) return known
  spend(patternSteps(pattern))
  const re2 = metered(RE2JS.compile(pattern))
  compiled.set(pattern, re2)
  return re2
}

/** The same pattern, that pays for what it does: a price for a text before the match would have to be that of the worst. */
function metered(re2: RE2JS): RE2JS {
  const { prog, dfa } = re2.re2()
  const { getInst } = prog
  const { step, getState } = dfa
  // An instruction is looked at where what follows a character is not known yet, and at each place for `^`, `$` and `\b`.
  prog.getInst = (pc) => {
    spend(1)
    return getInst.call(prog, pc)
  }
  // A character that takes more than a look into a table.
  dfa.step = (state, character, anchor, context) => {
    spend(3)
    return step.call(dfa, state, character, anchor, context)
  }
  // A set of instructions that is looked up, and kept where it is new.
  dfa.getState = (pcs) => {
    spend(110)
    return getState.call(dfa, pcs)
  }
  return re2
}
