import { isCelError } from '@bufbuild/cel'
import { shown } from './cel-values.ts'
import type { Check } from './decision.ts'
import type { Bindings, Program, Term } from './google-cel.ts'

/** What became of each term of a condition, with what was compared; none where the condition is one plain term. */
export function termChecks(condition: Program, bindings: Bindings, source: string): Check[] {
  const terms = condition.terms()
  return terms.length < 2 && !terms[0]?.left ? [] : terms.map((term) => termCheck(term, bindings, source))
}

function termCheck(term: Term, bindings: Bindings, source: string): Check {
  const result = term.run(bindings)
  const presented = term.left && shown(term.left(bindings))
  const expected = term.right && shown(term.right(bindings))
  return {
    check: 'term',
    outcome: result === true ? 'pass' : 'fail',
    ...(presented !== undefined && { presented }),
    expected: expected ?? term.text,
    operator: 'CEL',
    source: `${source}: ${term.text}`,
    ...(isCelError(result) && { hint: `It cannot be evaluated: ${result.message}` }),
    part: true,
  }
}
