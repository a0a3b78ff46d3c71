import { BlockList, isIP } from 'node:net'
import { ANY, compileGlob, type Glob, type Pattern, splitAt } from './match.ts'

/** Whether a presented value compares as the policy's value wants. */
export type Test = (presented: string) => boolean

/** How one condition operator compares. */
export interface Comparison {
  /** Whether `*` and `?` in the policy's value are wildcards. */
  readonly wildcards: boolean
  /** Whether policy variables are filled in: AWS does so for strings and ARNs alone. */
  readonly variables: boolean
  /** What the policy's value must be, for a message. */
  readonly expects: string
  /** Undefined when the policy's value is no such thing. */
  compile(expected: Pattern): Test | undefined
}

/** A condition operator, without its set prefix and `IfExists`. */
export interface Operator {
  readonly comparison: Comparison
  /** True: passes when the comparison does not hold, for none of the policy's values. */
  readonly negated: boolean
}

const equal = text((expected) => (presented) => presented === expected)
const equalIgnoringCase = text((expected) => {
  const folded = expected.toLowerCase()
  return (presented) => presented.toLowerCase() === folded
})
const like: Comparison = {
  wildcards: true,
  variables: true,
  expects: 'a string',
  compile(expected) {
    const glob = compileGlob(expected)
    return (presented) => glob.matches(presented)
  },
}
// ArnEquals and ArnLike are the same at AWS: both take wildcards, and compare part by part.
const arn: Comparison = { wildcards: true, variables: true, expects: 'an ARN', compile: compileArn }
const bool = parsed('true or false', parseBool, (a, b) => a === b)
const address: Comparison = {
  wildcards: false,
  variables: false,
  expects: 'an IP address or a CIDR range',
  compile: (expected) => compileRange(stringOf(expected)),
}

/**
 * Every condition operator by name. `Null` is apart: it asks whether the key is there.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const operators: ReadonlyMap<string, Operator> = new Map([
  ...pair('StringEquals', 'StringNotEquals', equal),
  ...pair('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', equalIgnoringCase),
  ...pair('StringLike', 'StringNotLike', like),
  ...ordered('Numeric', 'a number', parseNumber),
  ...ordered('Date', 'a date (ISO 8601 or seconds since 1970)', parseDate),
  ...pair('ArnEquals', 'ArnNotEquals', arn),
  ...pair('ArnLike', 'ArnNotLike', arn),
  ...pair('IpAddress', 'NotIpAddress', address),
  only('Bool', bool),
  only('BinaryEquals', { ...equal, variables: false }),
])

type Row = [name: string, operator: Operator]

function only(name: string, comparison: Comparison): Row {
  return [name, { comparison, negated: false }]
}

function pair(positive: string, negative: string, comparison: Comparison): Row[] {
  return [only(positive, comparison), [negative, { comparison, negated: true }]]
}

function ordered(kind: string, expects: string, parse: (value: string) => number | undefined): Row[] {
  return [
    ...pair(
      `${kind}Equals`,
      `${kind}NotEquals`,
      parsed(expects, parse, (a, b) => a === b),
    ),
    only(
      `${kind}LessThan`,
      parsed(expects, parse, (a, b) => a < b),
    ),
    only(
      `${kind}LessThanEquals`,
      parsed(expects, parse, (a, b) => a <= b),
    ),
    only(
      `${kind}GreaterThan`,
      parsed(expects, parse, (a, b) => a > b),
    ),
    only(
      `${kind}GreaterThanEquals`,
      parsed(expects, parse, (a, b) => a >= b),
    ),
  ]
}

function text(compile: (expected: string) => Test): Comparison {
  return {
    wildcards: false,
    variables: true,
    expects: 'a string',
    compile: (expected) => compile(stringOf(expected)),
  }
}

// A presented value that is no such thing compares as unequal, unordered and outside.
function parsed<T>(
  expects: string,
  parse: (value: string) => T | undefined,
  compare: (presented: T, expected: T) => boolean,
): Comparison {
  return {
    wildcards: false,
    variables: false,
    expects,
    compile(pattern) {
      const expected = parse(stringOf(pattern))
      if (expected === undefined) return undefined
      return (value) => {
        const presented = parse(value)
        return presented !== undefined && compare(presented, expected)
      }
    },
  }
}

/** The six parts of an ARN are compared each for itself: a `*` does not reach over a colon, save in the last. */
function compileArn(expected: Pattern): Test {
  if (expected.length === 1 && expected[0] === ANY) return (presented) => partsOf(presented) !== undefined
  const colon = 58
  const [partition, scheme, service, region, account, ...resource] = splitAt(expected, colon)
  if (!account || resource.length === 0) return () => false
  const rest = resource.flatMap((part, i) => (i === 0 ? part : [colon, ...part]))
  const globs = [partition!, scheme!, service!, region!, account, rest].map((part) => compileGlob(part))
  return (presented) => matchesParts(globs, partsOf(presented))
}

function matchesParts(globs: readonly Glob[], parts: readonly string[] | undefined): boolean {
  return parts !== undefined && globs.every((glob, i) => glob.matches(parts[i]!))
}

function partsOf(arn: string): string[] | undefined {
  const parts = arn.split(':')
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')]
}

function compileRange(expected: string): Test | undefined {
  const [network = '', prefix, ...more] = expected.split('/')
  const version = isIP(network)
  const bits = version === 4 ? 32 : 128
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (version === 0 || more.length > 0 || length < 0 || length > bits) return undefined
  const range = new BlockList()
  range.addSubnet(network, length, version === 4 ? 'ipv4' : 'ipv6')
  return (presented) =>
    isIP(presented) !== 0 && range.check(presented, isIP(presented) === 4 ? 'ipv4' : 'ipv6')
}

function parseBool(value: string): boolean | undefined {
  const folded = value.toLowerCase()
  return folded === 'true' ? true : folded === 'false' ? false : undefined
}

function parseNumber(value: string): number | undefined {
  return /^[+-]?\d{1,20}(\.\d{1,20})?$/.test(value) ? Number(value) : undefined
}

const isoDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

// To milliseconds.
function parseDate(value: string): number | undefined {
  if (/^\d{1,12}$/.test(value)) return Number(value) * 1000
  const time = isoDate.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

function stringOf(pattern: Pattern): string {
  return pattern.map((unit) => String.fromCharCode(unit)).join('')
}
