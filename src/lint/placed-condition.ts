import { meantToken, type TokenCondition } from './cel-tokens.ts'
import { own } from './platforms.ts'
import type { OauthAsks, Rule, Severity, Suspect, Suspicion } from './rule.ts'

type Given = Parameters<Rule['find']>[0]

/** A condition, and the document that it stands in. */
export interface PlacedCondition extends TokenCondition {
  readonly document: Suspect
  readonly path: Suspicion['path']
  /** As it stands there; empty where there is none. */
  readonly written: string
  readonly asks?: OauthAsks
  /** The document with another condition. */
  with(condition: string): object
}

/** Where conditions of one kind stand, and how severe it is when they let strangers in. */
export interface ConditionFamily {
  readonly name: 'google' | 'oauth'
  /** `a provider` */
  readonly what: string
  readonly open: Severity
  conditionsIn(given: Given): readonly PlacedCondition[]
}

export function suspected(condition: PlacedCondition) {
  const { document, path, asks } = condition
  return {
    document,
    path,
    effect: 'admits',
    legitimate: [meantToken(condition)],
    ...(asks && { asks }),
  } as const
}

export function ownerCondition({ platform, issuer }: TokenCondition): string {
  const claim = platform.ownerClaim ?? 'sub'
  return `assertion.${claim} == '${platform.token(issuer, own)[claim]}'`
}

/** What is written, and besides it more. */
export function both({ written }: PlacedCondition, more: string): string {
  if (written === '') return more
  return /\|\||\?/.test(written) ? `(${written}) && ${more}` : `${written} && ${more}`
}

/** A condition with a quoted text replaced by another, wherever it stands. */
export function requoted(condition: string, old: string, text: string): string {
  // By functions: in a replacement `$'` would mean something.
  return ["'", '"'].reduce(
    (changed, quote) => changed.replaceAll(`${quote}${old}${quote}`, () => `${quote}${text}${quote}`),
    condition,
  )
}
