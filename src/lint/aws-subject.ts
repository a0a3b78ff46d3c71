import { type Opening, openingOf, own, platformOf } from './platforms.ts'
import type { Rule, Suspicion } from './rule.ts'
import {
  type Condition,
  isPattern,
  put,
  restricts,
  take,
  type WebStatement,
  webStatements,
  withConditions,
} from './statements.ts'
import { jobMeant, meantToken, strangeTokens, tokenOf } from './tokens.ts'

// Whose tokens an AWS role lets in: by the subject, or by a claim that names the owner.

export const missingSubject: Rule = {
  id: 'aws-missing-sub',
  severity: 'critical',
  what: 'a role trusts a token issuer without saying whose tokens',
  why: 'Without a condition on sub every job of every customer of the issuer may assume the role.',
  find: (given) =>
    webStatements(given)
      .filter((each) => !namesTenant(each) && !ofWorkflow(each))
      .map((each) => ({
        ...suspected(each, ['Statement', each.index]),
        message: `no condition says whose tokens of ${each.host} may assume the role`,
        tokens: strangeTokens(each),
        fixed: withConditions(each, (block) =>
          put(block, 'StringEquals', `${each.host}:sub`, usualSubject(each)),
        ),
      })),
}

export const anyCaller: Rule = {
  id: 'aws-workflow-any-caller',
  severity: 'high',
  what: 'a role trusts a reusable workflow, whoever calls it',
  why: 'job_workflow_ref names the workflow that runs, not the repository that called it: any repository that can read the workflow gets the role.',
  find: (given) =>
    webStatements(given)
      .filter((each) => !namesTenant(each) && ofWorkflow(each))
      .map((each) => ({
        ...suspected(each, ofWorkflow(each)!.path),
        message: 'job_workflow_ref alone does not say which repository calls the workflow',
        tokens: strangeTokens(each),
        fixed: withConditions(each, (block) =>
          put(block, 'StringEquals', `${each.host}:sub`, usualSubject(each)),
        ),
      })),
}

export const anyPrincipal: Rule = {
  id: 'aws-any-issuer',
  severity: 'critical',
  what: 'a role trusts every identity provider of the account',
  why: 'A Federated principal "*" lets in the tokens of every OIDC provider that the account has, now or later.',
  find: ({ roles }) =>
    roles.flatMap((role) => {
      const policy = role.document.assumeRolePolicyDocument
      return [policy.Statement].flat().flatMap((statement, index) => {
        const { Effect, Principal } = statement as Record<string, unknown>
        const any = Principal === '*' || (Principal as { Federated?: unknown })?.Federated === '*'
        if (Effect !== 'Allow' || !any) return []
        return anyPrincipalSuspicion(role, index)
      })
    }),
}

function anyPrincipalSuspicion(role: WebStatement['role'], index: number): Suspicion[] {
  const host = 'token.actions.githubusercontent.com'
  const statement = {
    role,
    index,
    host,
    issuer: `https://${host}`,
    conditions: [],
    platform: platformOf(`https://${host}`),
  }
  const policy = structuredClone(role.document.assumeRolePolicyDocument) as { Statement: unknown }
  const changed = [policy.Statement].flat()[index] as Record<string, unknown>
  changed.Principal = { Federated: `arn:aws:iam::${role.account}:oidc-provider/${host}` }
  changed.Condition = {
    StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com', [`${host}:sub`]: usualSubject(statement) },
  }
  return [
    {
      ...suspected(statement, ['Statement', index, 'Principal']),
      message: 'the principal is everybody: every OIDC provider of the account is trusted',
      tokens: strangeTokens(statement),
      fixed: { ...role.document, assumeRolePolicyDocument: policy as never },
    },
  ]
}

export const openOwner: Rule = {
  id: 'aws-sub-any-owner',
  severity: 'critical',
  what: 'a wildcard stands before the end of the owner in sub',
  why: 'A pattern such as repo:* or repo:acme* fits the subjects of other people’s organisations, and anybody can make one.',
  find: (given) =>
    opened(
      given,
      'owner',
      ({ host }, pattern) => `${JSON.stringify(pattern)} fits subjects of other owners at ${host}`,
    ),
}

export const openProject: Rule = {
  id: 'aws-sub-any-project',
  severity: 'medium',
  what: 'a role trusts every project of an owner',
  why: 'Whoever may create a repository, a workspace or a ServiceAccount there gets the role.',
  find: (given) =>
    opened(given, 'project', (_, pattern) => `${JSON.stringify(pattern)} fits every project of its owner`),
}

export const pullRequest: Rule = {
  id: 'aws-pull-request',
  severity: 'high',
  what: 'a role trusts the jobs of pull requests and plans too',
  why: 'The code of a pull request, or of a plan, has not been reviewed when its job runs.',
  find: (given) =>
    [...patternsOf(given, 'job'), ...pullRequestsOf(given)].flatMap(([statement, condition, pattern]) => {
      const job = jobMeant(statement)
      const proposed = tokenOf(statement, { ...job, event: 'pull_request' })
      const pushed = tokenOf(statement, job)
      if (proposed.sub === pushed.sub) return []
      return {
        ...suspected(statement, condition.path),
        legitimate: [pushed],
        message: `${JSON.stringify(pattern)} fits jobs of pull requests${statement.issuer.includes('terraform') ? ', or plans' : ''}`,
        tokens: [proposed],
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
    patternsOf(given, 'job').flatMap(([statement, condition, pattern]) => {
      const job = jobMeant(statement)
      const pushed = tokenOf(statement, job)
      const branch = String(pushed.sub).replace(/main(?=:|$)/, 'feature')
      if (branch === pushed.sub) return []
      return {
        ...suspected(statement, condition.path),
        message: `${JSON.stringify(pattern)} fits every branch`,
        tokens: [
          {
            ...pushed,
            ref: String(pushed.ref ?? '').replace('main', 'feature'),
            ref_protected: 'false',
            sub: branch,
          },
        ],
        fixed: narrowed(statement, condition, String(pushed.sub)),
      }
    }),
}

export const reusableName: Rule = {
  id: 'aws-name-not-id',
  severity: 'low',
  what: 'a role trusts a name that somebody else can have later',
  why: 'A deleted or renamed owner or repository leaves its name to whoever takes it. The number of a repository or project is never given again.',
  find: (given) =>
    webStatements(given)
      .filter((each) => each.platform.immutable !== undefined && namesTenant(each) && !hasNumber(each))
      .flatMap((each) => {
        const [condition] = each.conditions.filter(({ claim }) => claim === 'sub')
        const closed = condition?.values.every((value) =>
          ['job', 'none'].includes(openingOf(value, each.platform)),
        )
        const immutable = each.platform.immutable!
        const meant = meantToken(each)
        if (!condition || !closed) return []
        return {
          ...suspected(each, condition.path),
          message: `${condition.key} names its owner and project by names alone`,
          tokens: [
            {
              ...each.platform.token(each.issuer, { ...jobMeant(each), recycled: true }),
              ...only(meant, ['aud', 'sub']),
            },
          ],
          fixed: withConditions(each, (block) =>
            put(block, 'StringEquals', `${each.host}:${immutable}`, meant[immutable]),
          ),
        }
      }),
}

export function suspected(statement: WebStatement, path: Suspicion['path']) {
  return {
    document: { kind: 'role', given: statement.role },
    path,
    effect: 'admits',
    legitimate: [meantToken(statement), tokenOf(statement, jobMeant(statement))],
  } as const satisfies Partial<Suspicion>
}

/** Whether some condition keeps out what lacks a subject, or a claim that names an owner. */
export function namesTenant({ conditions, platform }: WebStatement): boolean {
  return conditions.some(
    (each) =>
      restricts(each) && each.claim !== undefined && ['sub', ...platform.tenantClaims].includes(each.claim),
  )
}

function ofWorkflow({ conditions }: WebStatement): Condition | undefined {
  return conditions.find((each) => restricts(each) && each.claim === 'job_workflow_ref')
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

function usualSubject(statement: WebStatement): string {
  return String(statement.platform.token(statement.issuer, own).sub)
}

type Pattern = readonly [WebStatement, Condition, string]

/** Patterns for subjects that are open so far; where another condition on the subject is closer, it decides. */
function patternsOf(given: Parameters<Rule['find']>[0], opening: Opening): Pattern[] {
  return webStatements(given).flatMap((statement) =>
    statement.conditions
      .filter((each) => each.claim === 'sub' && restricts(each) && isPattern(each))
      .flatMap((condition) =>
        condition.values
          .filter((value) => openingOf(value, statement.platform) === opening)
          .map((value): Pattern => [statement, condition, value]),
      ),
  )
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

function opened(
  given: Parameters<Rule['find']>[0],
  opening: Opening,
  message: (statement: WebStatement, pattern: string) => string,
): Suspicion[] {
  return patternsOf(given, opening).map(([statement, condition, pattern]) => {
    const job = jobMeant(statement)
    const tokens =
      opening === 'owner'
        ? strangeTokens(statement, pattern)
        : [tokenOf(statement, { ...job, project: 'playground' })]
    return {
      ...suspected(statement, condition.path),
      message: message(statement, pattern),
      tokens,
      fixed: narrowed(statement, condition, String(tokenOf(statement, job).sub)),
    }
  })
}

/** With one subject in place of the patterns. */
function narrowed(statement: WebStatement, condition: Condition, subject: string) {
  return withConditions(statement, (block) => {
    take(block, condition)
    put(block, 'StringEquals', condition.key, subject)
  })
}

function only(claims: Readonly<Record<string, unknown>>, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, claims[name]]))
}
