import type { PoolProviderDocument } from '../registry/documents.ts'
import { foreignAudiences } from './aws-keys.ts'
import {
  comparisonsIn,
  exampleOf,
  jobToken,
  meantToken,
  providerName,
  strangeJobs,
  type TokenProvider,
  tokenProviders,
} from './google-tokens.ts'
import { openingOf, own } from './platforms.ts'
import type { Claims, Rule, Suspicion } from './rule.ts'

// Whose tokens a provider of a workload identity pool lets in.

type Given = Parameters<Rule['find']>[0]

export const missingCondition: Rule = {
  id: 'google-missing-condition',
  severity: 'high',
  what: 'a provider takes the tokens of everybody at an issuer that many share',
  why: 'Without an attribute condition every customer’s jobs become identities of the pool; only the bindings stand in their way.',
  find: (given) =>
    sharedProviders(given)
      .filter(({ condition }) => condition === '')
      .map((each) => ({
        ...suspected(each, ['attributeCondition']),
        message: `no attributeCondition says whose tokens of ${each.issuer} are taken`,
        tokens: [jobToken(each, { owner: 'evil-corp', project: 'shop' })],
        fixed: { ...each.given.document, attributeCondition: ownerCondition(each) },
      })),
}

export const anyOwner: Rule = {
  id: 'google-condition-any-owner',
  severity: 'high',
  what: 'a provider’s condition does not say whose tokens are taken',
  why: 'A condition on what anybody can choose, such as the branch, lets in the jobs of every customer of the issuer.',
  find: (given) =>
    sharedProviders(given)
      .filter(({ condition }) => condition !== '' && !loosely(condition))
      .map((each) => ({
        ...suspected(each, ['attributeCondition']),
        message: `the condition lets tokens of other owners at ${each.issuer} in`,
        tokens: strangeJobs([]).map((job) => jobToken(each, job)),
        fixed: {
          ...each.given.document,
          attributeCondition: `(${each.given.document.attributeCondition}) && ${ownerCondition(each)}`,
        },
      })),
}

export const prefix: Rule = {
  id: 'google-open-prefix',
  severity: 'high',
  what: 'startsWith with a name that is not closed by its delimiter',
  why: 'startsWith("acme") is true of acme-evil as well, and anybody can take that name.',
  find: (given) =>
    tokenProviders(given.poolProviders).flatMap((each) =>
      comparisonsIn(each.condition)
        .filter(({ operator, claim, text }) => operator === 'startsWith' && isOpen(claim, text, each))
        .map(({ claim, text }) => ({
          ...suspected(each, ['attributeCondition']),
          message: `startsWith(${JSON.stringify(text)}) is true of other owners’ ${claim}`,
          tokens: strangeJobs([text.replace(/^(repo:|project_path:|organization:)/, '')]).map((job) =>
            jobToken(each, job),
          ),
          fixed: rewritten(each, (condition) =>
            condition
              .replaceAll(`'${text}'`, `'${text}${delimiter(claim, text)}'`)
              .replaceAll(`"${text}"`, `"${text}${delimiter(claim, text)}"`),
          ),
        })),
    ),
}

function isOpen(claim: string, text: string, { platform }: TokenProvider): boolean {
  if (claim === 'sub') return openingOf(`${text}*`, platform) === 'owner'
  return (
    /^(repository|project_path|namespace_path|repository_owner|job_workflow_ref|terraform_organization_name)$/.test(
      claim,
    ) && !text.includes('/')
  )
}

function delimiter(claim: string, text: string): string {
  return claim === 'sub' && text.startsWith('organization:') ? ':' : '/'
}

export const unanchored: Rule = {
  id: 'google-unanchored-matches',
  severity: 'high',
  what: 'matches() finds its pattern anywhere in a text',
  why: 'Without ^ and $ a longer text that contains the expected one passes: matches("acme/shop") is true of evil/acme/shop-2.',
  find: (given) =>
    tokenProviders(given.poolProviders).flatMap((each) =>
      comparisonsIn(each.condition)
        .filter(
          ({ operator, text }) => operator === 'matches' && !(text.startsWith('^') && /[^\\]\$$/.test(text)),
        )
        .map(({ claim, text }) => ({
          ...suspected(each, ['attributeCondition']),
          message: `matches(${JSON.stringify(text)}) is not anchored at both ends`,
          tokens: longer(exampleOf(text), text).map((value) => ({ ...meantToken(each), [claim]: value })),
          legitimate: [{ ...meantToken(each), [claim]: exampleOf(text) }],
          fixed: rewritten(each, (condition) => condition.replaceAll(text, anchored(text))),
        })),
    ),
}

function longer(value: string, pattern: string): string[] {
  const after = [`${value}-evil`, `${value}x`]
  const before = [`evil-corp-${value}`, `evil/${value}`]
  return pattern.startsWith('^') ? after : [...before, ...after]
}

function anchored(pattern: string): string {
  const bare = pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')
  return bare.includes('|') ? `^(?:${bare})$` : `^${bare}$`
}

const number = /assertion\.(\w+)\s*(==|!=)\s*(\d+)(?![\d.'"])/g

export const numberUnequal: Rule = {
  id: 'google-number-unequal',
  severity: 'high',
  what: 'a text claim is compared to be unequal to a number',
  why: 'CEL compares values of two types as unequal: != is always true, and keeps nobody out.',
  find: (given) => numbers(given, '!='),
}

export const numberEqual: Rule = {
  id: 'google-number-equal',
  severity: 'medium',
  what: 'a text claim is compared to be equal to a number',
  why: 'CEL compares values of two types as unequal: == is never true, and nobody gets in.',
  find: (given) => numbers(given, '=='),
}

function numbers(given: Given, operator: '==' | '!='): Suspicion[] {
  return tokenProviders(given.poolProviders).flatMap((each) => {
    const usual = each.platform.token(each.issuer, own)
    return [...each.condition.matchAll(number)]
      .filter(([, claim = '', found]) => found === operator && typeof usual[claim] === 'string')
      .map(([, claim = '', , literal = '']) => {
        const meant = { ...meantToken(each), [claim]: literal }
        return {
          ...suspected(each, ['attributeCondition']),
          message: `${claim} is a text in tokens of ${each.platform.name}, and ${literal} a number`,
          effect: operator === '!=' ? ('admits' as const) : ('refuses' as const),
          tokens: [meant],
          legitimate: operator === '!=' ? [meantToken(each)] : [meant],
          fixed: rewritten(each, (condition) =>
            condition.replace(new RegExp(`(${operator}\\s*)${literal}(?![\\d.])`), `$1'${literal}'`),
          ),
        }
      })
  })
}

export const nameNotId: Rule = {
  id: 'google-name-not-id',
  severity: 'low',
  what: 'a provider’s condition goes by names that somebody else can have later',
  why: 'A deleted or renamed owner or repository leaves its name to whoever takes it. Google recommends the numeric claims (repository_owner_id, namespace_id).',
  find: (given) =>
    sharedProviders(given)
      .filter(
        ({ condition }) => condition !== '' && !/assertion\.\w+_id\b/.test(condition) && !loosely(condition),
      )
      .filter(({ platform }) => platform.immutable !== undefined)
      .map((each) => {
        const meant = meantToken(each)
        const claim = each.platform.ownerClaim!
        const names = Object.fromEntries(
          comparisonsIn(each.condition).map(({ claim }) => [claim, meant[claim]]),
        )
        return {
          ...suspected(each, ['attributeCondition']),
          message: 'the condition goes by names alone',
          tokens: [
            { ...each.platform.token(each.issuer, { ...own, recycled: true }), ...names, aud: each.audience },
          ],
          fixed: rewritten(each, (condition) => `(${condition}) && assertion.${claim} == '${meant[claim]}'`),
        }
      }),
}

export const sharedAudience: Rule = {
  id: 'google-shared-audience',
  severity: 'medium',
  what: 'a provider takes tokens that are made for somebody else',
  why: 'Whoever receives a token with a default audience, or with another cloud’s, can present it here until it expires.',
  find: (given) =>
    tokenProviders(given.poolProviders)
      .filter(({ given }) =>
        given.document.oidc!.allowedAudiences.some((each) => foreignAudiences.google.test(each)),
      )
      .map((each) => {
        const { oidc } = each.given.document
        const foreign = oidc!.allowedAudiences.find((audience) => foreignAudiences.google.test(audience))!
        const rest = oidc!.allowedAudiences.filter((audience) => !foreignAudiences.google.test(audience))
        const aud = rest[0] ?? `https:${providerName(each.given)}`
        return {
          ...suspected(each, ['oidc', 'allowedAudiences']),
          message: `${foreign} is an audience of other services`,
          tokens: [{ ...meantToken(each), aud: foreign }],
          legitimate: [{ ...meantToken(each), aud }],
          fixed: { ...each.given.document, oidc: { ...oidc!, allowedAudiences: rest } },
        }
      }),
}

// ── what these share ───────────────────────────────────────────────────────────────────────────────────

function suspected(provider: TokenProvider, path: Suspicion['path']) {
  const legitimate: readonly Claims[] = [meantToken(provider)]
  return {
    document: { kind: 'provider', given: provider.given },
    path,
    effect: 'admits',
    legitimate,
  } as const
}

function sharedProviders({ poolProviders }: Given): TokenProvider[] {
  return tokenProviders(poolProviders).filter(({ platform }) => platform.shared)
}

/** What other rules find fault with. */
function loosely(condition: string): boolean {
  return /\.matches\(|\.startsWith\(|[!=]=\s*\d/.test(condition)
}

function ownerCondition({ platform, issuer }: TokenProvider): string {
  const claim = platform.ownerClaim ?? 'sub'
  return `assertion.${claim} == '${platform.token(issuer, own)[claim]}'`
}

function rewritten({ given }: TokenProvider, change: (condition: string) => string): PoolProviderDocument {
  return { ...given.document, attributeCondition: change(given.document.attributeCondition ?? '') }
}
