import type { Check } from './decision.ts'
import { compileGlob } from './match.ts'

/** Two values that differ, and how they would have been compared. */
interface Pair {
  readonly presented: string
  readonly expected: string
  readonly operator: string
}

/** A way in which two values may nearly be equal: undefined when this is not it. */
type Rule = (pair: Pair) => string | undefined

/** Of a check with long lists, as many values are compared. */
const valueLimit = 32

// In the order of certainty: the first that explains the difference is the hint.
const rules: readonly Rule[] = [
  sameText,
  literalWildcard,
  alike((text) => text.toLowerCase(), 'They differ only in case, and case counts here'),
  alike((text) => text.replace(/\/$/, ''), 'They differ only in a trailing slash, and it counts here'),
  alike((text) => text.trim(), 'They differ only in white space at an end'),
  alike((text) => text.replace(/^https:\/\//, ''), 'They differ only in https://'),
  alike(
    (text) => text.replaceAll(/%3a/gi, ':'),
    'GitHub writes a colon inside a value as %3A: write it so on both sides',
  ),
  immutable,
  otherKind,
  alike(
    (text) => text.replace('refs/heads/', ''),
    'They differ only in refs/heads/: the one is a full ref, the other a branch name',
  ),
  alike(
    (text) => text.replace('refs/tags/', ''),
    'They differ only in refs/tags/: the one is a full ref, the other a tag name',
  ),
]

/** The nearest miss of a failed comparison, in one sentence; undefined when the values are simply different. */
export function nearMissOf(check: Check): string | undefined {
  const operator = check.operator ?? ''
  if (check.outcome !== 'fail' || /^Not|Not(?=Equals|Like)/.test(operator)) return undefined
  const presented = listOf(check.presented)
  const expected = listOf(check.expected)
  for (const rule of rules)
    for (const one of presented)
      for (const other of expected) {
        const hint = rule({ presented: one, expected: other, operator })
        if (hint !== undefined) return hint
      }
  return undefined
}

function listOf(values: string | readonly string[] | undefined): readonly string[] {
  return values === undefined ? [] : [values].flat().slice(0, valueLimit)
}

function fits({ presented, expected, operator }: Pair): boolean {
  return /Like/.test(operator) ? compileGlob(expected).matches(presented) : presented === expected
}

/** Values that are equal once both are seen through the same glass. */
function alike(glass: (text: string) => string, hint: string): Rule {
  return ({ presented, expected, operator }) => {
    const seen = { presented: glass(presented), expected: glass(expected), operator }
    return seen.presented === presented && seen.expected === expected
      ? undefined
      : fits(seen)
        ? hint
        : undefined
  }
}

function sameText({ presented, expected, operator }: Pair): string | undefined {
  if (operator !== 'CEL' || presented !== expected) return undefined
  return 'They look alike, but one is a number and the other a string: write the literal as the token has the claim'
}

function literalWildcard({ presented, expected, operator }: Pair): string | undefined {
  if (!/Equals/.test(operator) || !/[*?]/.test(expected)) return undefined
  if (!compileGlob(expected).matches(presented)) return undefined
  return `${operator} takes * and ? literally: use ${operator.replace(/Equals(IgnoreCase)?/, 'Like')}`
}

// `repo:acme@123/app@456:…`: GitHub's form for repositories made, renamed or moved after July 15, 2026.
function immutable(pair: Pair): string | undefined {
  const strip = (text: string) => text.replaceAll(/@\d{1,20}(?=[/:]|$)/g, '')
  const hint = alike(strip, '')(pair)
  if (hint === undefined || !pair.presented.startsWith('repo:')) return undefined
  return strip(pair.presented) === pair.presented
    ? 'The trust names immutable ids (@123), and this repository presents names alone'
    : 'This repository presents GitHub’s immutable subject, with @ids: write them into the trust'
}

const subjectKinds: readonly [mark: string, kind: string][] = [
  [':ref:refs/heads/', 'a branch'],
  [':ref:refs/tags/', 'a tag'],
  [':environment:', 'an environment'],
  [':pull_request', 'a pull request'],
  [':ref_type:branch:', 'a branch'],
  [':ref_type:tag:', 'a tag'],
]

function otherKind({ presented, expected }: Pair): string | undefined {
  const [from, origin] = kindOf(presented)
  const [to, wanted] = kindOf(expected)
  if (origin === undefined || wanted === undefined || origin === wanted) return undefined
  if (!compileGlob(expected.slice(0, to)).matches(presented.slice(0, from))) return undefined
  return `The proof is of ${origin}, and the trust expects ${wanted}`
}

/** Where in a CI subject its kind begins, and which it is. */
function kindOf(subject: string): [at: number, kind: string | undefined] {
  for (const [mark, kind] of subjectKinds) {
    const at = subject.indexOf(mark)
    if (at >= 0) return [at, kind]
  }
  return [0, undefined]
}
