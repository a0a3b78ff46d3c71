import type { Inexpressible, Renderer, TokenRule } from './token-rule.ts'

/** Characters in an issuer, a subject or an audience. */
const longest = 600
/** What a flexible credential may ask for besides the subject, where Microsoft documents it. */
const flexibleClaims: Readonly<Record<string, readonly string[]>> = {
  'https://token.actions.githubusercontent.com': ['job_workflow_ref'],
}

/**
 * A federated identity credential, as Graph takes it; with a claim besides the subject a flexible one.
 * @see https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials
 */
export const renderEntra: Renderer = {
  lacks: (rule) => [...claimLacks(rule), ...lengthLacks(rule), ...quoteLacks(rule)],
  document({ issuer, subject, audience, claims }) {
    const names = Object.keys(claims)
    const terms = Object.entries({ sub: subject, ...claims }).map(
      ([name, value]) => `claims['${name}'] eq '${value}'`,
    )
    const whose =
      names.length === 0
        ? { subject }
        : { claimsMatchingExpression: { value: terms.join(' and '), languageVersion: 1 } }
    return { name: 'workload', issuer, ...whose, audiences: [audience] }
  },
}

function claimLacks({ issuer, claims }: TokenRule): Inexpressible[] {
  const known = flexibleClaims[issuer] ?? []
  return Object.keys(claims)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      what: `claim ${name}`,
      why: 'a federated identity credential compares the subject alone (of GitHub job_workflow_ref too): have the issuer put it into sub',
    }))
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
