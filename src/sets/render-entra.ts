import { claimsBesideSubject, type MatchingExpression, missingImmutable } from '../trust/entra-expression.ts'
import type { Inexpressible, Renderer, TokenRule } from './token-rule.ts'

/** Characters in an issuer, a subject or an audience. */
const longest = 600

/**
 * A federated identity credential, as Graph takes it; with a claim besides the subject a flexible one.
 * @see https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials
 */
export const renderEntra: Renderer = {
  lacks: (rule) => [...claimLacks(rule), ...lengthLacks(rule), ...quoteLacks(rule)],
  document(rule) {
    const { issuer, subject, audience, claims } = rule
    const flexible = Object.keys(claims).length > 0
    const whose = flexible ? { claimsMatchingExpression: expressionOf(rule) } : { subject }
    return { name: 'workload', issuer, ...whose, audiences: [audience] }
  },
}

function expressionOf({ subject, claims }: TokenRule): MatchingExpression {
  const terms = Object.entries({ sub: subject, ...claims }).map(
    ([name, value]) => `claims['${name}'] eq '${value}'`,
  )
  return { value: terms.join(' and '), languageVersion: 1 }
}

function claimLacks({ issuer, claims }: TokenRule): Inexpressible[] {
  const taken = claimsBesideSubject(issuer)
  const names = Object.keys(claims)
  const others = names.filter((name) => !taken.includes(name))
  if (others.length > 0) return others.map((name) => ({ what: `claim ${name}`, why: whyNot(taken) }))
  const missing = names.length > 0 ? missingImmutable(issuer, names) : undefined
  if (!missing) return []
  const why =
    'Graph takes no new flexible credential without it, since names can be taken over: add it with --claim'
  return [{ what: missing.map((name) => `claim ${name}`).join(' or '), why }]
}

function whyNot(taken: readonly string[]): string {
  const also = taken.length > 0 ? ` (of this issuer ${taken.join(', ')} too)` : ''
  return `a federated identity credential compares the subject alone${also}: have the issuer put it into sub`
}

function lengthLacks({ issuer, subject, audience }: TokenRule): Inexpressible[] {
  return Object.entries({ issuer, subject, audience })
    .filter(([, text]) => text.length > longest)
    .map(([what, text]) => ({ what, why: `Entra takes ${longest} characters, and this has ${text.length}` }))
}

/** An expression has no way to write a quote. */
function quoteLacks({ subject, claims }: TokenRule): Inexpressible[] {
  const texts: Readonly<Record<string, string>> =
    Object.keys(claims).length === 0 ? {} : { subject, ...claims }
  return Object.entries(texts)
    .filter(([, text]) => text.includes("'"))
    .map(([name]) => ({
      what: name,
      why: 'an expression of a flexible credential cannot hold a single quote',
    }))
}
