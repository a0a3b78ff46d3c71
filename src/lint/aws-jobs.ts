import { namesTenant, narrowed, type Pattern, patternsOf, suspected } from './aws-suspicion.ts'
import { onBranch, openingOf } from './platforms.ts'
import type { Claims, Rule } from './rule.ts'
import {
  type Condition,
  oneOrList,
  put,
  restricts,
  take,
  type WebStatement,
  webStatements,
  withConditions,
} from './statements.ts'
import { filled, isMoving, isVarying, jobMeant, meantToken, ownToken, pinned, tokenOf } from './tokens.ts'

// Which jobs of a project an AWS role lets in.

export const pullRequest: Rule = {
  id: 'aws-pull-request',
  severity: 'high',
  what: 'a role trusts the jobs of pull requests and plans too',
  why: 'The code of a pull request, or of a plan, has not been reviewed when its job runs.',
  find: (given) =>
    [...openPatterns(given), ...pullRequestsOf(given)].flatMap(([statement, condition, pattern]) => {
      const job = jobMeant(statement)
      const proposed = ownToken(statement, { ...job, event: 'pull_request' })
      const { endsInBranch } = statement.platform
      const pushed = endsInBranch
        ? meantToken(statement)
        : { ...meantToken(statement), sub: tokenOf(statement, job).sub }
      if (proposed.sub === pushed.sub) return []
      const end = pattern.slice(pattern.lastIndexOf('*') + 1)
      return {
        ...suspected(statement, condition.path),
        legitimate: [pushed],
        message: `${JSON.stringify(pattern)} fits jobs of pull requests${statement.issuer.includes('terraform') ? ', or plans' : ''}`,
        tokens: [proposed, ...(endsInBranch ? [{ ...proposed, sub: `${proposed.sub}${end}` }] : [])],
        fixed: narrowed(statement, condition, String(pushed.sub)),
      }
    }),
}

export const anyRef: Rule = {
  id: 'aws-any-ref',
  severity: 'medium',
  what: 'a role trusts every branch of a project',
  why: 'Whoever may push a branch gets the role: protecting the main branch does not help.',
  find: (given) =>
    openPatterns(given).flatMap(([statement, condition, pattern]) => {
      const job = jobMeant(statement)
      const pushed = ownToken(statement, job)
      const branch = onBranch(pushed)
      if (!branch) return []
      return {
        ...suspected(statement, condition.path),
        message: `${JSON.stringify(pattern)} fits every branch`,
        tokens: [branch],
        fixed: narrowed(statement, condition, String(pushed.sub)),
      }
    }),
}

export const unprotectedRef: Rule = {
  id: 'aws-unprotected-ref',
  severity: 'low',
  what: 'a role trusts a branch of GitLab whether or not it is protected',
  why: 'A subject names a branch. Whether only maintainers can push to it is in ref_protected, which AWS offers for gitlab.com.',
  find: (given) =>
    webStatements(given)
      .filter(({ host, conditions }) => host === 'gitlab.com' && !conditions.some(isProtected))
      .flatMap((each) => {
        const condition = each.conditions.find(
          ({ claim, values }) => claim === 'sub' && values.some(isBranch),
        )
        const meant = meantToken(each)
        if (!condition) return []
        return {
          ...suspected(each, condition.path),
          message: `nothing asks that the branch be protected`,
          tokens: [{ ...meant, ref_protected: 'false' }],
          legitimate: [{ ...meant, ref_protected: 'true' }],
          fixed: withConditions(each, (block) =>
            put(block, 'StringEquals', `${each.host}:ref_protected`, 'true'),
          ),
        }
      }),
}

function isProtected({ claim }: Condition): boolean {
  return claim === 'ref_protected'
}

/** One branch of one project; what is open besides is told by other rules. */
function isBranch(subject: string): boolean {
  return /^project_(path|id):[^*?]+:ref_type:branch:ref:[^*?]+$/.test(subject)
}

export const movingWorkflow: Rule = {
  id: 'aws-workflow-branch',
  severity: 'low',
  what: 'a role trusts a workflow as it is on a branch',
  why: 'job_workflow_ref that ends in a branch is whatever that branch holds tomorrow: a tag that nobody can move, or a commit, is what was reviewed.',
  find: (given) =>
    webStatements(given).flatMap((each) =>
      each.conditions
        .filter((condition) => condition.claim === 'job_workflow_ref' && restricts(condition))
        .filter(({ values }) => values.some(isMoving))
        .map((condition) => ({
          ...suspected(each, condition.path),
          message: `${condition.values.join(', ')} is whatever the branch holds`,
          effect: 'weakens' as const,
          tokens: [],
          legitimate: [meantToken(each, { job_workflow_ref: pinned(filled(condition.values[0]!)) })],
          fixed: withConditions(each, (block) =>
            put(
              block,
              condition.operator,
              condition.key,
              condition.values.map((each) => pinned(filled(each))),
            ),
          ),
        })),
    ),
}

export const varyingSubject: Rule = {
  id: 'aws-varying-subject',
  severity: 'medium',
  what: 'a role trusts a subject that no later job has',
  why: 'A subject of Buildkite names the commit, and the next job has another: nobody can assume the role.',
  find: (given) =>
    webStatements(given).flatMap((statement) =>
      statement.conditions
        .filter((each) => each.claim === 'sub' && restricts(each) && each.values.some(isVarying))
        .map((condition) => {
          const [value = ''] = condition.values
          const next = meantToken(statement, { sub: value.replace(commit, `:commit:${'c'.repeat(40)}`) })
          return {
            ...suspected(statement, condition.path),
            message: `${JSON.stringify(value)} is of one commit`,
            effect: 'refuses' as const,
            tokens: [next],
            legitimate: [next],
            fixed: withConditions(statement, (block) => {
              take(block, condition)
              const patterns = condition.values.map((each) => each.replace(commit, ':commit:*'))
              put(block, 'StringLike', condition.key, oneOrList(patterns))
            }),
          }
        }),
    ),
}

const commit = /:commit:[0-9a-f]{7,64}(?=:|$)/

export const reusableName: Rule = {
  id: 'aws-name-not-id',
  severity: 'low',
  what: 'a role trusts a name that somebody else can have later',
  why: 'A deleted or renamed owner or repository leaves its name to whoever takes it. The number of a repository or project is never given again.',
  find: (given) =>
    webStatements(given)
      // Who has an instance of one's own decides who has which name there.
      .filter(({ platform }) => platform.shared && platform.immutable !== undefined)
      .filter((each) => namesTenant(each) && !hasNumber(each))
      .flatMap((each) => {
        const [condition] = each.conditions.filter(({ claim }) => claim === 'sub')
        const closed = condition?.values.every((value) =>
          ['job', 'none'].includes(openingOf(value, each.platform)),
        )
        const immutable = each.platform.immutable!
        const meant = meantToken(each)
        if (!condition || !closed) return []
        const recycled = each.platform.token(each.issuer, { ...jobMeant(each), recycled: true })
        return {
          ...suspected(each, condition.path),
          message: `${condition.key} names its owner and project by names alone`,
          tokens: [{ ...meant, ...numbersIn(recycled) }],
          fixed: withConditions(each, (block) =>
            put(block, 'StringEquals', `${each.host}:${immutable}`, meant[immutable]),
          ),
        }
      }),
}

/** Patterns of one project, or of all that an owner has: what is open to everybody is worse than what they tell. */
function openPatterns(given: Parameters<Rule['find']>[0]): Pattern[] {
  return [...patternsOf(given, 'job'), ...patternsOf(given, 'project')]
}

/** Subjects of pull requests that are named outright. */
function pullRequestsOf(given: Parameters<Rule['find']>[0]): Pattern[] {
  return webStatements(given).flatMap((statement) =>
    statement.conditions
      .filter((each) => each.claim === 'sub' && restricts(each))
      .flatMap((condition) =>
        condition.values
          .filter((value) => /^[^*?]+:pull_request$/.test(value))
          .map((value): Pattern => [statement, condition, value]),
      ),
  )
}

/** Whether an immutable number is among the conditions, as a claim of its own or inside of the subject. */
function hasNumber({ conditions }: WebStatement): boolean {
  return conditions.some(
    (each) =>
      restricts(each) &&
      (/_id$/.test(each.claim ?? '') ||
        (each.claim === 'sub' && each.values.every((value) => /@\d+[/:]|^project_id:\d/.test(value)))),
  )
}

function numbersIn(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => name.endsWith('_id')))
}
