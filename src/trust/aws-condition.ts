import { type Operator, operators, type Test } from './aws-operators.ts'
import { type ConditionKeys, fillIn, type Template, templateAt } from './aws-variables.ts'
import type { Check } from './decision.ts'
import { meant, memberAt, objectAt, refuse } from './document.ts'

/** How a key with several values is taken: `ForAllValues:`, `ForAnyValue:`, or no prefix. */
type Quantifier = 'all' | 'any' | 'none'

/** One key under one operator; the conditions of a statement hold together or not at all. */
export interface Condition {
  /** The operator as the policy writes it: `ForAnyValue:StringLikeIfExists`. */
  readonly name: string
  /** The key as the policy writes it. */
  readonly key: string
  readonly expected: readonly string[]
  readonly source: string
  holds(keys: ConditionKeys): boolean
  /** Why it holds although the request has no such key, where that may surprise. */
  readonly holdsWhenAbsent?: string
}

/**
 * Compiles a `Condition` block.
 * @throws TRUST_POLICY
 */
export function conditionsAt(block: unknown, path: string, variables: boolean): Condition[] {
  return Object.entries(objectAt(block, path)).flatMap(([name, keys]) => {
    const place = memberAt(path, name)
    const compile = compilerFor(name, place, variables)
    return Object.entries(objectAt(keys, place, 'an object of condition keys')).map(([key, value]) =>
      compile(keyAt(key, place), valuesAt(value, memberOf(place, key)), memberOf(place, key)),
    )
  })
}

/** What a condition made of a request. */
export function checkOf(
  condition: Condition,
  held: boolean,
  keys: ConditionKeys,
  withheld?: ReadonlySet<string>,
): Check {
  const key = condition.key.toLowerCase()
  const presented = keys.get(key)
  const hint = presented === undefined ? absenceHint(condition, held, withheld?.has(key) ?? false) : undefined
  return {
    check: 'condition',
    outcome: held ? 'pass' : 'fail',
    ...(presented !== undefined && { presented }),
    expected: condition.expected.length === 1 ? condition.expected[0]! : condition.expected,
    operator: condition.name,
    source: condition.source,
    ...(hint && { hint }),
    part: true,
  }
}

function absenceHint(condition: Condition, held: boolean, withheld: boolean): string | undefined {
  if (held) return condition.holdsWhenAbsent
  if (withheld) return `The token has this claim, but AWS offers no condition key for it: ${condition.key}`
  return `The request has no key ${condition.key}`
}

type Compile = (key: string, values: readonly Value[], source: string) => Condition

interface Value {
  readonly text: string
  readonly path: string
}

function compilerFor(name: string, path: string, variables: boolean): Compile {
  const { quantifier, base, ifExists } = dissect(name)
  if (base === 'Null' && !ifExists && quantifier === 'none') return nullCondition(name)
  const operator = operators.get(base)
  if (!operator) refuseOperator(name, base, path)
  return (key, values, source) => {
    const tests = values.map((value) => testFor(operator, value, variables))
    const absent = holdsWhenAbsent(operator, quantifier, ifExists)
    return {
      name,
      key,
      source,
      expected: values.map(({ text }) => text),
      holds: holdsFor({ key: key.toLowerCase(), tests, operator, quantifier, absent: absent !== undefined }),
      ...(absent && { holdsWhenAbsent: absent }),
    }
  }
}

/** The parts of an operator's name. */
export function dissect(name: string): { quantifier: Quantifier; base: string; ifExists: boolean } {
  const quantifier = name.startsWith('ForAllValues:')
    ? 'all'
    : name.startsWith('ForAnyValue:')
      ? 'any'
      : 'none'
  const rest = quantifier === 'none' ? name : name.slice(name.indexOf(':') + 1)
  const ifExists = rest.endsWith('IfExists')
  return { quantifier, base: ifExists ? rest.slice(0, -'IfExists'.length) : rest, ifExists }
}

// AWS: a positive operator fails without its key, a negated one passes, and IfExists and ForAllValues pass either.
export function holdsWhenAbsent(
  operator: Operator,
  quantifier: Quantifier,
  ifExists: boolean,
): string | undefined {
  if (quantifier === 'all') return 'ForAllValues holds when the request has no such key: add a Null condition'
  if (ifExists) return 'IfExists holds when the request has no such key'
  if (quantifier === 'none' && operator.negated)
    return 'A negated operator holds when the request has no such key: add a Null condition'
  return undefined
}

/** Tests one presented value against one value of the policy. */
type ValueTest = (presented: string, keys: ConditionKeys) => boolean

interface Rule {
  readonly key: string
  readonly tests: readonly ValueTest[]
  readonly operator: Operator
  readonly quantifier: Quantifier
  readonly absent: boolean
}

function holdsFor({ key, tests, operator, quantifier, absent }: Rule): (keys: ConditionKeys) => boolean {
  const every = quantifier === 'all' || (quantifier === 'none' && operator.negated)
  return (keys) => {
    const presented = keys.get(key)
    if (presented === undefined || isNothing(presented, quantifier)) return absent
    const fits = (value: string) => tests.some((test) => test(value, keys)) !== operator.negated
    if (typeof presented === 'string') return fits(presented)
    return every ? presented.every(fits) : presented.some(fits)
  }
}

// An empty list is an absent key; for ForAllValues an empty string is one too, as AWS documents.
function isNothing(presented: string | readonly string[], quantifier: Quantifier): boolean {
  return presented.length === 0 && (typeof presented !== 'string' || quantifier === 'all')
}

function testFor({ comparison }: Operator, { text, path }: Value, variables: boolean): ValueTest {
  const options = { wildcards: comparison.wildcards, variables: variables && comparison.variables }
  const template = templateAt(text, path, options)
  if (!template.fixed) return filledIn(template, (pattern) => comparison.compile(pattern))
  const test = comparison.compile(template.fixed)
  if (!test) refuse(path, text, comparison.expects)
  return test
}

// A variable without a value is null: nothing equals it, nothing is like it.
function filledIn(template: Template, compile: (pattern: readonly number[]) => Test | undefined): ValueTest {
  return (presented, keys) => {
    const pattern = fillIn(template, keys)
    return pattern !== undefined && (compile(pattern)?.(presented) ?? false)
  }
}

function nullCondition(name: string): Compile {
  return (key, values, source) => {
    const wanted = values.map(({ text, path }) => nullValue(text, path))
    const lowerCase = key.toLowerCase()
    const isNull = (keys: ConditionKeys) => (keys.get(lowerCase)?.length ?? 0) === 0
    return {
      name,
      key,
      source,
      expected: values.map(({ text }) => text),
      holds: (keys) => wanted.includes(isNull(keys)),
    }
  }
}

function nullValue(text: string, path: string): boolean {
  if (text !== 'true' && text !== 'false') refuse(path, text, 'true (the key is absent) or false')
  return text === 'true'
}

function keyAt(key: string, path: string): string {
  return key.includes(':')
    ? key
    : refuse(memberAt(path, key), key, 'a condition key with a colon, as aws:SourceIp')
}

// AWS takes numbers and booleans here, and compares them as strings.
function valuesAt(value: unknown, path: string): Value[] {
  const list = Array.isArray(value) ? value : [value]
  return list.map((each, i) => {
    const place = Array.isArray(value) ? `${path}[${i}]` : path
    if (typeof each === 'string') return { text: each, path: place }
    if (typeof each === 'number' || typeof each === 'boolean') return { text: String(each), path: place }
    return refuse(place, each, 'a string, a number, a boolean or a list of them')
  })
}

function memberOf(path: string, key: string): string {
  return `${path}[${JSON.stringify(key)}]`
}

function refuseOperator(name: string, base: string, path: string): never {
  const near = meant(base, [...operators.keys(), 'Null'])
  const hint = near && `Did you mean ${name.replace(base, near)}?`
  refuse(path, name, 'a condition operator', hint || undefined)
}
