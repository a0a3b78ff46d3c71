import { refuse } from './document.ts'
import { compileGlob } from './match.ts'

// The expressions of flexible federated identity credentials, language version 1:
//
//     claims['sub'] matches 'repo:acme/shop:*' and claims['repository_id'] eq '79696125'
//
// https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials

export interface MatchingExpression {
  readonly value: string
  readonly languageVersion: number
}

type Operator = 'eq' | 'matches'

/** One comparison; `and` joins them. */
export interface Term {
  readonly claim: string
  readonly operator: Operator
  readonly expected: string
  holds(value: string): boolean
}

/** Whose tokens such credentials are for, and which claims each takes with which operators: nothing else. */
interface Platform {
  readonly issuer: RegExp
  readonly claims: Readonly<Record<string, readonly Operator[]>>
  /** What Entra wants of a credential that is made now, besides `sub`: one of these, since names can be taken over. */
  readonly immutable?: readonly string[]
}

const pattern = ['eq', 'matches'] as const
const platforms: readonly Platform[] = [
  {
    issuer: /^https:\/\/token\.actions\.githubusercontent\.com$/,
    claims: { sub: pattern, job_workflow_ref: pattern, repository_id: ['eq'], repository_owner_id: ['eq'] },
    immutable: ['repository_id', 'repository_owner_id'],
  },
  {
    issuer: /^https:\/\/gitlab\.(?:com|[a-z0-9-]+\.(?:com|ca))$/,
    claims: { sub: pattern, project_id: ['eq'] },
    immutable: ['project_id'],
  },
  { issuer: /^https:\/\/app\.(?:eu\.)?terraform\.io$/, claims: { sub: pattern } },
]

const shape = "claims['NAME'] eq|matches 'VALUE', joined by and"
const term = /^\s*claims\['([A-Za-z_]{1,64})'\]\s+(eq|matches)\s+'([^']*)'\s*/

/** @throws TRUST_POLICY for an expression that Entra does not take for this issuer */
export function termsOf(
  { value, languageVersion }: MatchingExpression,
  at: string,
  issuer: string,
): readonly Term[] {
  if (languageVersion !== 1) refuse(`${at}.languageVersion`, languageVersion, '1')
  const platform = platformOf(issuer)
  if (!platform)
    refuse(at, issuer, 'an issuer that flexible credentials are for: GitHub, GitLab or Terraform Cloud')
  const terms: Term[] = []
  let rest = value
  for (let more = true; more; ) {
    const [all, claim = '', operator, expected = ''] = term.exec(rest) ?? []
    if (all === undefined) refuse(`${at}.value`, value, shape)
    terms.push(termFor(claim, operator as Operator, expected))
    rest = rest.slice(all.length)
    more = /^and\s/.test(rest)
    if (more) rest = rest.slice(3)
    else if (rest !== '') refuse(`${at}.value`, value, shape)
  }
  checkClaims(terms, platform, `${at}.value`)
  return terms
}

function termFor(claim: string, operator: Operator, expected: string): Term {
  if (operator === 'eq') return { claim, operator, expected, holds: (value) => value === expected }
  const glob = compileGlob(expected)
  return { claim, operator, expected, holds: (value) => glob.matches(value) }
}

function checkClaims(terms: readonly Term[], { claims }: Platform, at: string): void {
  for (const { claim, operator } of terms)
    if (!(Object.hasOwn(claims, claim) && claims[claim]!.includes(operator)))
      refuse(at, `claims['${claim}'] ${operator}`, `for this issuer one of: ${supported(claims)}`)
  if (!terms.some(({ claim }) => claim === 'sub'))
    refuse(at, terms[0]?.claim, "claims['sub'] among its terms")
}

function supported(claims: Platform['claims']): string {
  return Object.entries(claims)
    .map(([claim, operators]) => `claims['${claim}'] ${operators.join('|')}`)
    .join(', ')
}

function platformOf(issuer: string): Platform | undefined {
  return platforms.find((each) => each.issuer.test(issuer))
}

/** What a flexible credential may compare besides `sub`, for tokens of this issuer. */
export function claimsBesideSubject(issuer: string): readonly string[] {
  return Object.keys(platformOf(issuer)?.claims ?? {}).filter((claim) => claim !== 'sub')
}

/**
 * The claims of which a new credential has to name one, so that nobody gets in by taking over a name; undefined when it
 * names one, or the issuer has none. Credentials that are there already go on without.
 */
export function missingImmutable(issuer: string, claims: readonly string[]): readonly string[] | undefined {
  const { immutable } = platformOf(issuer) ?? {}
  return claims.some((each) => immutable?.includes(each)) ? undefined : immutable
}
