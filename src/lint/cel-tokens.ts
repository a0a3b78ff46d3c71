import type { GivenPoolProvider } from '../registry/given.ts'
import { type Job, ofEvent, own, type Platform, platformOf, stranger } from './platforms.ts'
import type { Claims } from './rule.ts'

/** A condition in CEL by which tokens of one issuer are taken. */
export interface TokenCondition {
  readonly issuer: string
  readonly platform: Platform
  /** With attributes replaced by the claims that they are mapped from; empty where there is none. */
  readonly condition: string
  readonly audience: string
}

/** A provider of a pool for tokens, and what its condition says of their claims. */
export interface TokenProvider extends TokenCondition {
  readonly given: GivenPoolProvider
}

export function tokenProviders(poolProviders: readonly GivenPoolProvider[]): TokenProvider[] {
  return poolProviders.flatMap((given) => {
    const { oidc, attributeCondition = '', attributeMapping } = given.document
    if (!oidc) return []
    const condition = unmapped(attributeCondition, attributeMapping)
    const platform = platformFor(oidc.issuerUri, condition)
    const audience = oidc.allowedAudiences[0] ?? `https:${providerName(given)}`
    return [{ given, issuer: oidc.issuerUri, platform, condition, audience }]
  })
}

/** Whose tokens an issuer's are, by its URL or by the subjects that a condition names. */
export function platformFor(issuer: string, condition: string): Platform {
  const subject = /['"](project_path:|system:serviceaccount:)[^'"]*/.exec(condition)?.[0].slice(1) ?? ''
  return platformOf(issuer, subject)
}

export function providerName({ projectNumber, pool, document }: GivenPoolProvider): string {
  return `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool.id}/providers/${document.id}`
}

function unmapped(condition: string, mapping: Readonly<Record<string, string>>): string {
  return condition.replaceAll(/\b(?:google\.subject|attribute\.[a-z0-9_]+)\b/g, (name) => {
    const claim = mapping[name] ?? ''
    return /^assertion\.\w+$/.test(claim) ? claim : name
  })
}

/** A comparison with a text: `assertion.CLAIM == 'text'`. */
export interface Comparison {
  readonly claim: string
  readonly operator: '==' | 'startsWith' | 'matches' | 'in'
  readonly text: string
}

const forms: readonly [Comparison['operator'], RegExp][] = [
  ['==', /assertion\.(\w+)\s*==\s*(?:'([^']*)'|"([^"]*)")/g],
  ['startsWith', /assertion\.(\w+)\.startsWith\(\s*(?:'([^']*)'|"([^"]*)")/g],
  ['matches', /assertion\.(\w+)\.matches\(\s*r?(?:'([^']*)'|"([^"]*)")/g],
  ['in', /assertion\.(\w+)\s+in\s+\[\s*(?:'([^']*)'|"([^"]*)")/g],
]

export function comparisonsIn(condition: string): Comparison[] {
  return forms.flatMap(([operator, form]) =>
    [...condition.matchAll(form)].map(([, claim = '', single, double]) => ({
      claim,
      operator,
      text: single ?? double ?? '',
    })),
  )
}

/** What whoever writes a pipeline chooses for it. */
const chosen = [
  'ref',
  'environment',
  'workflow',
  'job_workflow_ref',
  'event_name',
  'ref_type',
  'ref_protected',
  'pipeline_source',
  'runner_environment',
]

/** A token of a job, with those claims that its author can choose as the condition wants them. */
export function jobToken({ issuer, platform, condition, audience }: TokenCondition, job: Job): Claims {
  const wanted = Object.entries(wantedClaims(condition)).filter(([name]) => chosen.includes(name))
  return { ...platform.token(issuer, job), ...Object.fromEntries(wanted), aud: audience }
}

/** A token of a job of the project that is meant: it meets the condition, but for what led to the job. */
export function ownToken(provider: TokenCondition, job: Job): Claims {
  const usual = provider.platform.token(provider.issuer, job)
  const led = ['sub', ...ofEvent].flatMap((name) => (name in usual ? [[name, usual[name]]] : []))
  const { environment: _, ...meant } = meantToken(provider, job)
  return { ...meant, ...Object.fromEntries(led) }
}

/** A token that is meant to pass the condition. */
export function meantToken(provider: TokenCondition, job: Job = own): Claims {
  const { issuer, platform, condition, audience } = provider
  const usual = platform.token(issuer, job)
  const wanted = wantedClaims(condition)
  const fitted = Object.entries(wanted).map(([name, value]) => {
    const has = String(usual[name] ?? '')
    return [
      name,
      value.endsWith('\u0000') && has.startsWith(value.slice(0, -1)) ? has : value.replace('\u0000', 'x'),
    ]
  })
  return { ...usual, ...Object.fromEntries(fitted), aud: audience }
}

// A text that more may follow ends in a NUL, which no claim has.
function wantedClaims(condition: string): Record<string, string> {
  return Object.fromEntries(
    comparisonsIn(condition).map(({ claim, operator, text }) => {
      if (operator === 'startsWith') return [claim, `${text}\u0000`]
      return [claim, operator === 'matches' ? exampleOf(text) : text]
    }),
  )
}

/** A text that a simple regular expression matches. */
export function exampleOf(pattern: string): string {
  return pattern
    .replace(/^\^/, '')
    .replace(/\$$/, '')
    .replaceAll(/\((?:\?:)?([^|()]*)(?:\|[^()]*)?\)/g, '$1')
    .replaceAll(/(?:\[[^\]]*\]|\\[wd]|\.)[*+?]?(?:\{\d+(?:,\d*)?\})?/g, (part) => (part === '.' ? '.' : '1'))
    .replaceAll(/\\+(.)/g, '$1')
}

/** Jobs of somebody else, whose names may begin or end as the owner's do. */
export function strangeJobs(names: readonly string[]): Job[] {
  const alike = names.flatMap((name) => [`${name}-evil`, `${name}evil`, `evil-${name}`])
  return [stranger, ...alike.map((owner) => ({ owner, project: own.project }))]
}
