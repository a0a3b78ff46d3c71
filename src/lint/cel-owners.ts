import { comparisonsIn, jobToken, meantToken, strangeJobs, type TokenCondition } from './cel-tokens.ts'
import {
  both,
  type ConditionFamily,
  ownerCondition,
  type PlacedCondition,
  requoted,
  suspected,
} from './placed-condition.ts'
import { type Job, openingOf, own, projectClaims } from './platforms.ts'
import type { Claims, Rule } from './rule.ts'
import { jobIn, neighbours } from './tokens.ts'

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

export const projectPrefix = ({ name, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-open-project-prefix`,
  severity: 'medium',
  what: 'startsWith with the name of a project that is not closed',
  why: 'startsWith("acme/shop") is true of acme/shop-test as well: whoever may create a repository or a workspace there gets in.',
  find: (given) =>
    conditionsIn(given).flatMap((each) =>
      [...each.written.matchAll(beginning)].flatMap(([all, variable = '', quote = '', text = '']) => {
        const claim = comparisonsIn(each.condition).find((one) => one.text === text)?.claim ?? ''
        const job = projectBegun(claim, text, each)
        if (!job) return []
        const closed =
          claim === 'sub'
            ? `${variable}.startsWith(${quote}${text}:${quote})`
            : `${variable} == ${quote}${text}${quote}`
        return {
          ...suspected(each),
          message: `startsWith(${JSON.stringify(text)}) is true of other projects’ ${claim}`,
          needsFix: true as const,
          tokens: neighbours(job).map((other) => ofProject(each, other)),
          legitimate: [ofProject(each, job)],
          fixed: each.with(each.written.replace(all, () => closed)),
        }
      }),
    ),
})

const beginning = /((?:assertion|attribute|google)\.\w+)\.startsWith\(\s*(['"])([^'"]*)\2\s*\)/g

/** The project that a text names without its end. */
function projectBegun(claim: string, text: string, { platform }: TokenCondition): Job | undefined {
  const [, owner, project] = /^([^/]+)\/([^/]+)$/.exec(text) ?? []
  if (/^(repository|project_path)$/.test(claim) && owner && project) return { owner, project }
  const pattern = `${text}*`
  return claim === 'sub' && !/[:/]$/.test(text) && openingOf(pattern, platform) === 'project'
    ? jobIn(pattern)
    : undefined
}

/** A token of another project that meets the rest of the condition. */
function ofProject(condition: PlacedCondition, job: Job): Claims {
  const own = Object.entries(condition.platform.token(condition.issuer, job))
  return {
    ...meantToken(condition, job),
    ...Object.fromEntries(own.filter(([name]) => projectClaims.includes(name))),
  }
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
