import { type Condition, dissect, holdsWhenAbsent } from '../trust/aws-condition.ts'
import { operators } from '../trust/aws-operators.ts'
import { templateAt } from '../trust/aws-variables.ts'
import type { Glob } from './text-set.ts'
import { type TokenSet, tokensIf, tokensWith } from './token-set.ts'
import { anyValue, noneOf, oneOf, present, type ValueSet } from './value-set.ts'

/** The condition keys of one issuer's tokens. */
export interface IssuerKeys {
  /** The claim that a key is of, by its name in lower case. */
  claimOf(key: string): string | undefined
  /** Whether policy variables are filled in. */
  readonly variables: boolean
}

/** Keys that AWS has of every request, whatever token is presented; and the one claim that is a list, which is no set of texts. */
const circumstance = /^(aws|sts|saml|iam):|:amr$/i

/** The tokens with which a condition holds; undefined when it holds with none. */
export function conditionSet(condition: Condition, keys: IssuerKeys): TokenSet | undefined {
  const { name, key, expected } = condition
  const claim = keys.claimOf(key.toLowerCase())
  const values = circumstance.test(key) ? undefined : valuesOf(condition, keys)
  if (!values)
    return tokensIf(`${name} ${key} ${JSON.stringify(expected.length === 1 ? expected[0] : expected)}`)
  if (claim !== undefined) return tokensWith({ [claim]: values })
  // A key of another issuer, or one that AWS does not offer, is in no request.
  return values.absent ? tokensWith({}) : undefined
}

/** Undefined for what is compared otherwise than by patterns. */
function valuesOf({ name, expected }: Condition, { variables }: IssuerKeys): ValueSet | undefined {
  const { base, quantifier, ifExists } = dissect(name)
  if (base === 'Null') return nullSet(expected)
  const operator = operators.get(base)
  const globs = globsOf(base, expected, variables)
  if (!operator || !globs) return undefined
  const absent = holdsWhenAbsent(operator, quantifier, ifExists) !== undefined
  return operator.negated ? noneOf(globs, absent) : oneOf(globs, absent)
}

function nullSet(expected: readonly string[]): ValueSet {
  if (new Set(expected).size > 1) return anyValue
  return expected[0] === 'true' ? { absent: true } : present
}

function globsOf(base: string, expected: readonly string[], variables: boolean): Glob[] | undefined {
  const kind = kinds.find(([form]) => form.test(base))?.[1]
  if (!kind) return undefined
  const globs = expected.map((text) => globOf(text, { ...kind, variables: variables && kind.variables }))
  return globs.every((each) => each !== undefined) ? globs : undefined
}

interface Kind {
  readonly wildcards: boolean
  readonly variables: boolean
  readonly ignoreCase?: true
}

const kinds: readonly (readonly [RegExp, Kind])[] = [
  [/^String(Not)?Equals$/, { wildcards: false, variables: true }],
  [/^String(Not)?Like$/, { wildcards: true, variables: true }],
  [/^String(Not)?EqualsIgnoreCase$/, { wildcards: false, variables: true, ignoreCase: true }],
  [/^BinaryEquals$/, { wildcards: false, variables: false }],
  [/^Bool$/, { wildcards: false, variables: false, ignoreCase: true }],
]

/** Undefined where a variable has to be filled in first. */
function globOf(text: string, { ignoreCase, ...options }: Kind): Glob | undefined {
  const { fixed } = templateAt(ignoreCase ? text.toLowerCase() : text, '', options)
  return fixed && { units: fixed, ...(ignoreCase && { ignoreCase }) }
}
