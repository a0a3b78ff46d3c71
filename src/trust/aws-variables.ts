import { refuse } from './document.ts'
import { ANY, isBounded, ONE, type Pattern, patternOf, splitAt } from './match.ts'

/** What a request says: condition keys in lower case, each with its value or values. */
export type ConditionKeys = ReadonlyMap<string, string | readonly string[]>

interface Variable {
  /** The condition key, in lower case. */
  readonly key: string
  /** What it stands for when the request has no such key. */
  readonly fallback?: string
}

/** A value as a policy writes it: a pattern, with policy variables in it. */
export interface Template {
  readonly text: string
  readonly parts: readonly (Pattern | Variable)[]
  /** The whole pattern, where no variable has to be filled in first. */
  readonly fixed?: Pattern
}

export interface TemplateOptions {
  /** Whether `*` and `?` are wildcards. */
  readonly wildcards: boolean
  /** Whether `${key}` is filled in: policy version 2012-10-17, and the operators that AWS lists. */
  readonly variables: boolean
}

/**
 * Reads a policy value. `${*}`, `${?}` and `${$}` stand for those characters themselves.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 * @throws TRUST_POLICY
 */
export function templateAt(text: string, path: string, options: TemplateOptions): Template {
  const parts = options.variables ? partsAt(text, path, options) : [patternOf(text, options)]
  const fixed = parts.every(isPattern) ? parts.flat() : undefined
  const bounded = fixed ? isBounded(fixed) : !mixesVariableAndMark(parts)
  if (!bounded)
    refuse(path, text, 'no variable and no long run of characters together with `?` between two `*`')
  return { text, parts, ...(fixed && { fixed }) }
}

/** The template with its variables filled in; undefined when the request has no single value for one of them. */
export function fillIn(template: Template, keys: ConditionKeys): Pattern | undefined {
  if (template.fixed) return template.fixed
  const units: number[] = []
  for (const part of template.parts) {
    const filled = isPattern(part) ? part : presentedFor(part, keys)
    if (filled === undefined) return undefined
    for (const unit of filled) units.push(unit)
  }
  return units
}

function partsAt(text: string, path: string, options: TemplateOptions): (Pattern | Variable)[] {
  const parts: (Pattern | Variable)[] = []
  let at = 0
  for (let open = text.indexOf('${'); open >= 0; open = text.indexOf('${', at)) {
    const close = text.indexOf('}', open)
    if (close < 0) refuse(path, text, 'a policy variable that ends in }')
    parts.push(patternOf(text.slice(at, open), options), variableAt(text.slice(open + 2, close), path))
    at = close + 1
  }
  return [...parts, patternOf(text.slice(at), options)]
}

function variableAt(inside: string, path: string): Pattern | Variable {
  if (inside === '*' || inside === '?' || inside === '$') return patternOf(inside, { wildcards: false })
  const comma = inside.indexOf(',')
  const key = (comma < 0 ? inside : inside.slice(0, comma)).trim()
  if (!key.includes(':'))
    refuse(path, `\${${inside}}`, 'a policy variable with a condition key, as aws:username')
  if (comma < 0) return { key: key.toLowerCase() }
  const quoted = inside.slice(comma + 1).trim()
  if (quoted.length < 2 || !quoted.startsWith("'") || !quoted.endsWith("'"))
    refuse(path, `\${${inside}}`, "a default value in single quotes, as in {key, 'default'}")
  return { key: key.toLowerCase(), fallback: quoted.slice(1, -1) }
}

// What a request puts into a pattern stands for itself: a claim cannot smuggle in a wildcard.
function presentedFor(variable: Variable, keys: ConditionKeys): Pattern | undefined {
  const found = keys.get(variable.key)
  const value = typeof found === 'string' ? found : found?.length === 1 ? found[0] : variable.fallback
  return value === undefined ? undefined : patternOf(value, { wildcards: false })
}

function mixesVariableAndMark(parts: readonly (Pattern | Variable)[]): boolean {
  const variable = -3
  const units = parts.flatMap((part) => (isPattern(part) ? part : [variable]))
  const runs = splitAt(units, ANY).slice(1, -1)
  return !isBounded(units) || runs.some((run) => run.includes(ONE) && run.includes(variable))
}

function isPattern(part: Pattern | Variable): part is Pattern {
  return Array.isArray(part)
}
