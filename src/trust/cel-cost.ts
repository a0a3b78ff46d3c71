import type { parse } from '@bufbuild/cel'

type Expr = ReturnType<typeof parse>['expr']

/** A name is looked up in the scopes around it. */
const nameSteps = 3
/** A field or an element that is not there is an error, which takes longer to make than a value to find. */
const accessSteps = 30
/** A call, until the function itself begins. */
const callSteps = 20
const equalitySteps = 8
/** For each operand of `&&`, `||` and `?:`. */
const logicSteps = 10
/** An entry of a list or a map that is made. */
const entrySteps = 3

const equalities = new Set(['_==_', '_!=_'])
const logic = new Set(['_&&_', '_||_', '_?_:_', '@not_strictly_false'])

/**
 * Steps that evaluating an expression takes, at most, without what its functions and the iterations of its loops do: both
 * pay for themselves.
 * @param keys of the largest map that the expression makes: looking for a number goes through all of them
 */
export function evaluationSteps(expr: Expr | undefined, keys: number): number {
  return partsOf(expr).reduce((steps, each) => steps + evaluationSteps(each, keys), ownSteps(expr, keys))
}

function ownSteps(expr: Expr | undefined, keys: number): number {
  const kind = expr?.exprKind
  if (kind?.case === 'identExpr') return nameSteps
  if (kind?.case === 'selectExpr') return accessSteps
  if (kind?.case === 'listExpr' || kind?.case === 'structExpr') return entrySteps * (partsOf(expr).length + 1)
  if (kind?.case !== 'callExpr') return 1
  const { function: name, args } = kind.value
  if (name === '_[_]') return accessSteps + Math.ceil(keys / 2)
  if (name === '@in') return callSteps + Math.ceil(keys / 2)
  if (equalities.has(name)) return equalitySteps
  return logic.has(name) ? logicSteps * args.length : callSteps
}

function partsOf(expr: Expr | undefined): readonly (Expr | undefined)[] {
  const kind = expr?.exprKind
  if (kind?.case === 'selectExpr') return [kind.value.operand]
  if (kind?.case === 'callExpr') return [kind.value.target, ...kind.value.args]
  if (kind?.case === 'listExpr') return kind.value.elements
  if (kind?.case === 'structExpr')
    return kind.value.entries.flatMap(({ keyKind, value }) =>
      keyKind.case === 'mapKey' ? [keyKind.value, value] : [value],
    )
  if (kind?.case !== 'comprehensionExpr') return []
  const { iterRange, accuInit, result } = kind.value
  return [iterRange, accuInit, result]
}
