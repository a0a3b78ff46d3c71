import { type CelInput, type CelResult, parse, plan, unparse } from '@bufbuild/cel'
import { withoutStacks } from '../wire/without-stacks.ts'
import { type CelLimits, type Expr, inspected } from './cel-inspection.ts'
import { beginEvaluation } from './cel-matches.ts'
import { refuse } from './document.ts'
import { googleCel } from './google-functions.ts'

/** Values by variable name: `assertion`, `google`, `attribute`. */
export type Bindings = Readonly<Record<string, CelInput>>

/** A compiled expression. */
export interface Program {
  readonly text: string
  /** Its value, or why it has none. */
  run(bindings: Bindings): CelResult
  /** What it asks for, part by part: the terms that `&&` joins. For explanations; they share the steps of one evaluation. */
  terms(): readonly Term[]
}

/** One term of a condition. */
export interface Term {
  readonly text: string
  run(bindings: Bindings): CelResult
  /** Of a comparison, what is compared, and with what. */
  readonly left?: (bindings: Bindings) => CelResult
  readonly right?: (bindings: Bindings) => CelResult
}

/**
 * Compiles a CEL expression of Google's: unknown variables and functions are refused here, not at the first token.
 * @throws TRUST_POLICY
 */
export function compileCel(text: string, path: string, options: CelLimits): Program {
  if (text.length > options.maxLength)
    refuse(path, text, `at most ${options.maxLength} characters (it has ${text.length})`)
  const { maxSteps } = options
  beginEvaluation(maxSteps)
  const expr = inspected(text, path, options)
  const evaluate = evaluator(expr)
  let terms: readonly Term[] | undefined
  return {
    text,
    run(bindings) {
      beginEvaluation(maxSteps)
      return evaluate(bindings)
    },
    terms() {
      terms ??= termsWith(expr, parse(text))
      beginEvaluation(maxSteps)
      return terms
    },
  }
}

/** Evaluates with the steps that are left. */
function evaluator(expr: Expr): (bindings: Bindings) => CelResult {
  const program = plan(googleCel, expr)
  // An absent claim is an error, and an expression may meet thousands.
  return (bindings) => withoutStacks(() => program(bindings))
}

// The inspected form runs, since its loops are counted; the plain one is what somebody wrote.
function termsWith(expr: Expr, plain: ReturnType<typeof parse>): Term[] {
  const texts = termsOf(plain.expr).map((each) => unparse({ ...plain, expr: each }))
  return termsOf(expr).map((each, i) => termOf(each, texts[i]!))
}

function termsOf(expr: Expr): Expr[] {
  const call = expr.exprKind.case === 'callExpr' ? expr.exprKind.value : undefined
  return call?.function === '_&&_' ? call.args.flatMap(termsOf) : [expr]
}

const comparisons = new Set(['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_', '@in'])
const tests = new Set(['startsWith', 'endsWith', 'contains', 'matches'])

function termOf(expr: Expr, text: string): Term {
  const call = expr.exprKind.case === 'callExpr' ? expr.exprKind.value : undefined
  const pair =
    call && comparisons.has(call.function)
      ? call.args
      : call?.target && tests.has(call.function)
        ? [call.target, ...call.args]
        : []
  const [left, right] = pair.map((each) => evaluator(each))
  return { text, run: evaluator(expr), ...(left && { left }), ...(right && { right }) }
}
