import type { Check } from './decision.ts'
import { refuse } from './document.ts'
import { type MatchingExpression, type Term, termsOf } from './entra-expression.ts'
import { compileGlob } from './match.ts'

export interface CredentialRule {
  readonly name: string
  readonly issuer: string
  readonly subject?: string
  readonly audiences: readonly string[]
  readonly claimsMatchingExpression?: MatchingExpression
}

/** What a token says, as Entra compares it. */
export interface Assertion {
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
}

/** How far the best credential came: Entra's error says which of the three it was. */
export type Mismatch = 'issuer' | 'audience' | 'subject' | 'subject-case'

export type EntraVerdict = { readonly matched: string } | { readonly mismatch: Mismatch }

export interface EntraCredential {
  readonly rule: CredentialRule
  /** Of a flexible credential, the terms that `and` joins. */
  readonly terms: readonly Term[]
}

/** Characters in an issuer, a subject or an audience. */
const longest = 600

/**
 * Compiles a federated identity credential. `at` is put before every place that a refusal names.
 * @see https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials
 * @throws TRUST_POLICY
 */
export function compileCredential(rule: CredentialRule, at = ''): EntraCredential {
  const { issuer, subject, audiences, claimsMatchingExpression: expression } = rule
  for (const [name, text] of [['issuer', issuer] as const, ['subject', subject ?? ''] as const])
    if (text.length > longest) refuse(`${at}${name}`, text, `at most ${longest} characters`)
  if (audiences.length !== 1) refuse(`${at}audiences`, audiences, 'exactly one audience')
  if ((subject === undefined) === (expression === undefined))
    refuse(`${at}subject`, subject, 'either a subject or a claimsMatchingExpression')
  return { rule, terms: expression ? termsOf(expression, `${at}claimsMatchingExpression`, issuer) : [] }
}

/**
 * Whether one of an application's credentials is for a token: issuer, subject and audience have to be equal, character
 * for character; a flexible credential compares claims in place of the subject.
 */
export function evaluateCredentials(
  credentials: readonly EntraCredential[],
  assertion: Assertion,
  trace?: Check[],
): EntraVerdict {
  let mismatch: Mismatch = 'issuer'
  let matched: string | undefined
  for (const each of credentials) {
    const found = compare(each, assertion, trace)
    if (found === undefined) matched ??= each.rule.name
    else if (nearness.indexOf(found) > nearness.indexOf(mismatch)) mismatch = found
  }
  trace?.push({
    check: 'federated-credential',
    outcome: matched === undefined ? 'fail' : 'pass',
    ...(matched === undefined ? { hint: hints[mismatch] } : { source: matched }),
  })
  return matched === undefined ? { mismatch } : { matched }
}

const nearness: readonly Mismatch[] = ['issuer', 'audience', 'subject', 'subject-case']

const hints: Readonly<Record<Mismatch, string>> = {
  issuer: 'No credential is for this issuer',
  audience: 'No credential for this issuer is for this audience',
  subject: 'No credential for this issuer and audience is for this subject',
  'subject-case': 'The subject of a credential differs only in case, and case counts here',
}

function compare(
  { rule, terms }: EntraCredential,
  { issuer, subject, audiences, claims }: Assertion,
  trace?: Check[],
): Mismatch | undefined {
  const sameIssuer = rule.issuer === issuer
  const sameAudience = rule.audiences.some((each) => audiences.includes(each))
  const part = { check: 'credential', source: rule.name, part: true } as const
  const outcome = (held: boolean) => (held ? 'pass' : 'fail')
  trace?.push(
    { ...part, operator: 'issuer', outcome: outcome(sameIssuer), presented: issuer, expected: rule.issuer },
    {
      ...part,
      operator: 'audience',
      outcome: outcome(sameAudience),
      presented: audiences,
      expected: rule.audiences,
    },
  )
  const inSubject =
    rule.subject === undefined
      ? compareClaims(terms, claims, part, trace)
      : compareSubject(rule.subject, subject)
  if (rule.subject !== undefined) trace?.push({ ...part, ...subjectCheck(rule.subject, subject) })
  if (!sameIssuer) return 'issuer'
  return sameAudience ? inSubject : 'audience'
}

function subjectCheck(expected: string, presented: string) {
  const literal = presented !== expected && /[*?]/.test(expected) && compileGlob(expected).matches(presented)
  const hint = literal && 'Entra takes * and ? in a subject literally: use claimsMatchingExpression'
  const outcome: Check['outcome'] = presented === expected ? 'pass' : 'fail'
  return { operator: 'subject', outcome, presented, expected, ...(hint && { hint }) }
}

function compareSubject(expected: string, presented: string): Mismatch | undefined {
  if (presented === expected) return undefined
  return presented.toLowerCase() === expected.toLowerCase() ? 'subject-case' : 'subject'
}

function compareClaims(
  terms: readonly Term[],
  claims: Assertion['claims'],
  part: Pick<Check, 'check' | 'source' | 'part'>,
  trace?: Check[],
): Mismatch | undefined {
  let fits = true
  for (const { claim, operator, expected, holds } of terms) {
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    const held = typeof value === 'string' && holds(value)
    fits &&= held
    trace?.push({
      ...part,
      outcome: held ? 'pass' : 'fail',
      ...(typeof value === 'string' && { presented: value }),
      expected,
      operator: `claims['${claim}'] ${operator}`,
    })
  }
  return fits ? undefined : 'subject'
}
