import { comparisonsIn, meantToken } from './cel-tokens.ts'
import { both, type ConditionFamily, type PlacedCondition, requoted, suspected } from './placed-condition.ts'
import type { Rule } from './rule.ts'
import { isMoving, pinned } from './tokens.ts'

// Which jobs of a project a condition in CEL lets in.

const origin = 'oidc.circleci.com/vcs-origin'

export const fork = ({ name, what, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-fork`,
  severity: 'high',
  what: `${what} takes the jobs of forks too`,
  why: 'A build of a fork at CircleCI has the organisation and the project of the original: vcs-origin alone says whose code it runs.',
  find: (given) =>
    ofCircle(conditionsIn(given), 'vcs-origin').map((each) => {
      const meant = meantToken(each)
      return {
        ...suspected(each),
        message: `nothing asks where the code is from (${origin})`,
        tokens: [{ ...meant, [origin]: 'github.com/evil-corp/shop' }],
        fixed: each.with(both(each, `assertion['${origin}'] == '${meant[origin]}'`)),
      }
    }),
})

const rerun = 'oidc.circleci.com/ssh-rerun'

export const sshRerun = ({ name, what, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-ssh-rerun`,
  severity: 'low',
  what: `${what} takes jobs that are run again with SSH`,
  why: 'Whoever may log in to a job at CircleCI can take its token from there: ssh-rerun tells such jobs.',
  find: (given) =>
    ofCircle(conditionsIn(given), 'ssh-rerun').map((each) => ({
      ...suspected(each),
      message: `nothing keeps out jobs that are run again with SSH (${rerun})`,
      tokens: [{ ...meantToken(each), [rerun]: true }],
      fixed: each.with(both(each, `assertion['${rerun}'] == false`)),
    })),
})

function ofCircle(conditions: readonly PlacedCondition[], claim: string): PlacedCondition[] {
  return conditions.filter(
    ({ platform, written }) => platform.name === 'CircleCI' && !written.includes(claim),
  )
}

export const movingWorkflow = ({ name, what, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-workflow-branch`,
  severity: 'low',
  what: `${what} trusts a workflow as it is on a branch`,
  why: 'job_workflow_ref that ends in a branch is whatever that branch holds tomorrow: a tag that nobody can move, or a commit, is what was reviewed.',
  find: (given) =>
    conditionsIn(given).flatMap((each) =>
      comparisonsIn(each.condition)
        .filter(
          ({ claim, operator, text }) => claim === 'job_workflow_ref' && operator === '==' && isMoving(text),
        )
        .map(({ text }) => ({
          ...suspected(each),
          message: `${text} is whatever the branch holds`,
          effect: 'weakens',
          tokens: [],
          legitimate: [{ ...meantToken(each), job_workflow_ref: pinned(text) }],
          fixed: each.with(requoted(each.written, text, pinned(text))),
        })),
    ),
})

export const unprotectedRef = ({ name, what, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-unprotected-ref`,
  severity: 'low',
  what: `${what} trusts a branch of GitLab whether or not it is protected`,
  why: 'A condition names a branch. Whether only maintainers can push to it is in ref_protected.',
  find: (given) =>
    conditionsIn(given)
      .filter(({ platform, condition }) => platform.name === 'GitLab' && namesBranch(condition))
      .map((each) => ({
        ...suspected(each),
        message: 'nothing asks that the branch be protected',
        tokens: [{ ...meantToken(each), ref_protected: 'false' }],
        legitimate: [{ ...meantToken(each), ref_protected: 'true' }],
        fixed: each.with(both(each, "assertion.ref_protected == 'true'")),
      })),
})

function namesBranch(condition: string): boolean {
  return (
    !condition.includes('ref_protected') &&
    comparisonsIn(condition).some(
      ({ claim, operator, text }) =>
        operator === '==' &&
        (/^ref(_path)?$/.test(claim) || (claim === 'sub' && /:ref_type:branch:/.test(text))),
    )
  )
}
