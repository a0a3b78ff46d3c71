import { comparisonsIn, jobToken, meantToken, strangeJobs, type TokenCondition } from './cel-tokens.ts'
import { both, type ConditionFamily, ownerCondition, requoted, suspected } from './placed-condition.ts'
import { openingOf, own } from './platforms.ts'
import type { Rule } from './rule.ts'

// Whose tokens a condition in CEL lets in.

export const missingCondition = ({ name, what, open, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-missing-condition`,
  severity: open,
  what: `${what} takes the tokens of everybody at an issuer that many share`,
  why:
    name === 'google'
      ? 'Without an attribute condition every customer’s jobs become identities of the pool; only the bindings stand in their way.'
      : 'Without a condition every customer’s jobs get access tokens.',
  find: (given) =>
    conditionsIn(given)
      .filter(({ platform, condition }) => platform.shared && condition === '')
      .map((each) => ({
        ...suspected(each),
        message: `no condition says whose tokens of ${each.issuer} are taken`,
        tokens: [jobToken(each, { owner: 'evil-corp', project: 'shop' })],
        fixed: each.with(ownerCondition(each)),
      })),
})

export const anyOwner = ({ name, what, open, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-condition-any-owner`,
  severity: open,
  what: `${what}’s condition does not say whose tokens are taken`,
  why: 'A condition on what anybody can choose, such as the branch, lets in the jobs of every customer of the issuer.',
  find: (given) =>
    conditionsIn(given)
      .filter(({ platform, condition }) => platform.shared && condition !== '')
      .map((each) => ({
        ...suspected(each),
        message: `the condition lets tokens of other owners at ${each.issuer} in`,
        tokens: strangeJobs([]).map((job) => jobToken(each, job)),
        fixed: each.with(both(each, ownerCondition(each))),
      })),
})

export const prefix = ({ name, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-open-prefix`,
  severity: 'high',
  what: 'startsWith with a name that is not closed by its delimiter',
  why: 'startsWith("acme") is true of acme-evil as well, and anybody can take that name.',
  find: (given) =>
    conditionsIn(given).flatMap((each) =>
      comparisonsIn(each.condition)
        .filter(({ operator, claim, text }) => operator === 'startsWith' && isOpen(claim, text, each))
        .map(({ claim, text }) => ({
          ...suspected(each),
          message: `startsWith(${JSON.stringify(text)}) is true of other owners’ ${claim}`,
          needsFix: true as const,
          tokens: strangeJobs([text.replace(/^(repo:|project_path:|organization:)/, '')]).map((job) =>
            jobToken(each, job),
          ),
          fixed: each.with(requoted(each.written, text, `${text}${delimiter(claim, text)}`)),
        })),
    ),
})

function isOpen(claim: string, text: string, { platform }: TokenCondition): boolean {
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

export const nameNotId = ({ name, what, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-name-not-id`,
  severity: 'low',
  what: `${what}’s condition goes by names that somebody else can have later`,
  why: 'A deleted or renamed owner or repository leaves its name to whoever takes it. Their numbers do not go over: repository_owner_id, namespace_id.',
  find: (given) =>
    conditionsIn(given)
      .filter(({ platform }) => platform.shared && platform.immutable !== undefined)
      .filter(({ condition }) => condition !== '' && !/assertion\.\w+_id\b/.test(condition))
      .map((each) => {
        const meant = meantToken(each)
        const claim = each.platform.ownerClaim!
        const names = Object.fromEntries(
          comparisonsIn(each.condition).map(({ claim: compared }) => [compared, meant[compared]]),
        )
        const recycled = each.platform.token(each.issuer, { ...own, recycled: true })
        return {
          ...suspected(each),
          message: 'the condition goes by names alone',
          tokens: [{ ...recycled, ...names, aud: each.audience }],
          fixed: each.with(both(each, `assertion.${claim} == '${meant[claim]}'`)),
        }
      }),
})
