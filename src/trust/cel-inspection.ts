import { parse } from '@bufbuild/cel'
import { bracketDepth } from './cel-brackets.ts'
import { evaluationSteps } from './cel-cost.ts'
import { patternOf } from './cel-matches.ts'
import { refuse } from './document.ts'
import { extract, googleCel, rangeFunction, stepFunction } from './google-functions.ts'

export interface CelLimits {
  /** In characters. */
  readonly maxLength: number
  readonly variables: readonly string[]
  /** Of those variables that are known by their members alone: `request.time`. */
  readonly attributes?: readonly string[]
  /** How often `&&`, `||` and `!` may stand in it. */
  readonly mostLogicOperators?: number
  /** Whether it may have `all`, `exists` and the like. */
  readonly macros?: boolean
  /** That compiling its patterns, and one evaluation, may take. Default: `stepLimit`. */
  readonly maxSteps?: number
}

export type Expr = ReturnType<typeof parse>['expr']
type Loop = Extract<Expr['exprKind'], { case: 'comprehensionExpr' }>['value']
type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value']

/** Deeper nesting than any mapping needs; it bounds the evaluator's stack. */
const depthLimit = 64
/** Of a chain of one operator, which counts as one level above: whatever walks it goes down by recursion all the same. */
const chainLimit = 256
/** Macros inside macros multiply; two levels compare every element of one list with every one of another. */
const loopLimit = 2
/** Operators that the evaluator knows itself. */
const builtIn = new Set(['_&&_', '_||_', '_?_:_', '_[_]', '@not_strictly_false', '__not_strictly_false__'])

/**
 * Parses an expression, refuses in it what Google's CEL does not have, and makes every loop pay for its iterations.
 * @throws TRUST_POLICY
 */
export function inspected(text: string, path: string, options: CelLimits): Expr {
  const { variables, attributes = [], macros = true } = options
  const { mostLogicOperators = Number.POSITIVE_INFINITY } = options
  const expr = parsed(text, path)
  const count = { logic: 0 }
  const names = new Set(variables)
  inspect(expr, { names, attributes, macros, count, depth: 0, levels: 0, loops: 0, path, text })
  if (count.logic > mostLogicOperators)
    refuse(path, text, `at most ${mostLogicOperators} of &&, || and ! (it has ${count.logic})`)
  return expr
}

function parsed(text: string, path: string): Expr {
  if (bracketDepth(text) > depthLimit) refuse(path, text, `brackets nested at most ${depthLimit} deep`)
  try {
    return parse(text).expr
  } catch (error) {
    return refuse(path, text, `a CEL expression (${reason(error)})`)
  }
}

interface Place {
  readonly names: ReadonlySet<string>
  readonly attributes: readonly string[]
  readonly macros: boolean
  /** What was seen so far, in the whole expression. */
  readonly count: { logic: number }
  readonly depth: number
  /** The same with every link of a chain. */
  readonly levels: number
  readonly loops: number
  readonly path: string
  readonly text: string
}

/** Refuses what Google's CEL does not have, and makes every loop pay for its iterations. */
function inspect(expr: Expr | undefined, at: Place): void {
  if (at.depth > depthLimit) refuse(at.path, at.text, `an expression nested at most ${depthLimit} deep`)
  if (at.levels > chainLimit) refuse(at.path, at.text, `an operator at most ${chainLimit} times in a row`)
  const within = { ...at, depth: at.depth + 1, levels: at.levels + 1 }
  const kind = expr?.exprKind
  const name = nameOf(expr)
  if (name !== undefined && at.attributes.includes(name)) return
  if (name !== undefined && !at.names.has(name.split('.')[0]!))
    refuse(at.path, name, `a variable: ${[...at.names, ...at.attributes].filter(isSpelled).join(', ')}`)
  if (kind?.case === 'selectExpr') inspect(kind.value.operand, within)
  if (kind?.case === 'listExpr') for (const each of kind.value.elements) inspect(each, within)
  if (kind?.case === 'callExpr') inspectCall(kind.value, within)
  if (kind?.case === 'comprehensionExpr') inspectLoop(kind.value, within)
  if (kind?.case === 'structExpr') {
    if (kind.value.messageName !== '') refuse(at.path, kind.value.messageName, 'no message type')
    for (const { keyKind, value } of kind.value.entries) {
      if (keyKind.case === 'mapKey') inspect(keyKind.value, within)
      inspect(value, within)
    }
  }
}

/** `request.time`; undefined for what is no name. */
function nameOf(expr: Expr | undefined): string | undefined {
  const kind = expr?.exprKind
  if (kind?.case === 'identExpr') return kind.value.name
  if (kind?.case !== 'selectExpr' || kind.value.testOnly) return undefined
  const before = nameOf(kind.value.operand)
  return before === undefined ? undefined : `${before}.${kind.value.field}`
}

const logicOperators = new Set(['_&&_', '_||_', '!_'])

function inspectCall(call: Call, at: Place): void {
  const name = call.function
  // What macros are made of is in loops.
  if (logicOperators.has(name) && at.loops === 0) at.count.logic += Math.max(1, call.args.length - 1)
  if (isOurs(name) || (!builtIn.has(name) && googleCel.funcs.find(name) === undefined))
    refuse(at.path, `${name}()`, "a function of Google's CEL that Mayfly has")
  if (name === 'getAttribute' && !isApi(call.target, at))
    refuse(at.path, `${name}()`, 'a condition that has `api`, and there api.getAttribute(NAME, DEFAULT)')
  if ((name === 'hasOnly' || name === 'date') && !at.names.has('api'))
    refuse(at.path, `${name}()`, 'an expression that is a condition of IAM')
  if (name === 'hasOnly') checkOnly(call, at)
  if (name === 'matches') checkPattern(at, literal(call.args.at(-1)))
  if (name === 'extract' && literal(call.args[0]) !== undefined) checkTemplate(at, literal(call.args[0])!)
  // A chain of the same operator is flat however long: only what is nested otherwise counts.
  for (const each of [call.target, ...call.args])
    inspect(each, isChain(call, each) ? { ...at, depth: at.depth - 1 } : at)
}

/** One of those that pay, which no expression may spell. */
function isOurs(name: string): boolean {
  return name === stepFunction || name === rangeFunction
}

/** Whether it is the variable `api`, where there is one. */
function isApi(target: Expr | undefined, { names }: Place): boolean {
  return target?.exprKind.case === 'identExpr' && target.exprKind.value.name === 'api' && names.has('api')
}

const longestOnly = 10

/** @see https://cloud.google.com/iam/docs/linting-policies HasOnlyListConstCheck, HasOnlyListLengthCheck */
function checkOnly({ args: [list] }: Call, at: Place): void {
  const elements = list?.exprKind.case === 'listExpr' ? list.exprKind.value.elements : undefined
  const constant = elements?.every(({ exprKind }) => exprKind.case === 'constExpr')
  if (!elements || !constant || elements.length > longestOnly)
    refuse(at.path, 'hasOnly()', `hasOnly() with a list of at most ${longestOnly} literals`)
}

function isChain(call: Call, each: Expr | undefined): boolean {
  return each?.exprKind.case === 'callExpr' && each.exprKind.value.function === call.function && !call.target
}

function inspectLoop(loop: Loop, at: Place): void {
  if (!at.macros) refuse(at.path, at.text, 'no macros: conditions of IAM have none')
  if (at.loops >= loopLimit) refuse(at.path, at.text, `macros nested at most ${loopLimit} deep`)
  inspect(loop.iterRange, at)
  const names = new Set([...at.names, loop.iterVar, loop.accuVar].filter((name) => name !== ''))
  const inside = { ...at, names, loops: at.loops + 1 }
  for (const each of [loop.accuInit, loop.loopCondition, loop.loopStep, loop.result]) inspect(each, inside)
  loop.loopCondition = counted(loop.loopCondition!, loop.loopStep!, at.text)
  // The evaluator lists all elements ahead of the first iteration.
  loop.iterRange = callOf(loop.iterRange!, rangeFunction, [loop.iterRange!])
}

/** `@step(STEPS) ? condition : false`; an error in it ends the loop. */
function counted(condition: Expr, step: Expr, text: string): Expr {
  // No map that the text makes has more keys than there are colons.
  const keys = text.split(':').length - 1
  const value = BigInt(evaluationSteps(condition, keys) + evaluationSteps(step, keys))
  const paid = callOf(condition, stepFunction, [constant(condition, { case: 'int64Value', value })])
  return callOf(condition, '_?_:_', [
    paid,
    condition,
    constant(condition, { case: 'boolValue', value: false }),
  ])
}

type Constant = Extract<Expr['exprKind'], { case: 'constExpr' }>['value']

function constant(like: Expr, constantKind: Constant['constantKind']): Expr {
  return { ...like, exprKind: { case: 'constExpr', value: { $typeName: 'cel.expr.Constant', constantKind } } }
}

function callOf(like: Expr, name: string, args: Expr[]): Expr {
  return {
    ...like,
    exprKind: { case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: name, args } },
  }
}

function literal(expr: Expr | undefined): string | undefined {
  const constantKind = expr?.exprKind.case === 'constExpr' ? expr.exprKind.value.constantKind : undefined
  return constantKind?.case === 'stringValue' ? constantKind.value : undefined
}

// A pattern from a token would be compiled without anybody having seen it: only literal ones are taken.
function checkPattern(at: Place, pattern: string | undefined): void {
  const expected = 'matches() with a literal RE2 pattern'
  if (pattern === undefined) refuse(at.path, at.text, expected)
  try {
    patternOf(pattern)
  } catch (error) {
    refuse(at.path, pattern, `${expected} (${reason(error)})`)
  }
}

function checkTemplate(at: Place, template: string): void {
  try {
    extract('', template)
  } catch {
    refuse(at.path, template, 'extract() with a template that has one {name}')
  }
}

function isSpelled(name: string): boolean {
  return !name.startsWith('@')
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'not readable'
}
