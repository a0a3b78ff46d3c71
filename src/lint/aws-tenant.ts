import { namesTenant, narrowed, patternsOf, suspected } from './aws-suspicion.ts'
import { type Opening, own, platformOf } from './platforms.ts'
import type { Rule, Suspicion } from './rule.ts'
import {
  type Condition,
  put,
  restricts,
  type WebStatement,
  webStatements,
  withConditions,
  withStatement,
} from './statements.ts'
import { jobMeant, neighbours, strangeTokens, tokenOf } from './tokens.ts'

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
  const conditions = {
    StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com', [`${host}:sub`]: usualSubject(statement) },
  }
  const provider = `arn:aws:iam::${role.account}:oidc-provider/${host}`
  return [
    {
      ...suspected(statement, ['Statement', index, 'Principal']),
      message: 'the principal is everybody: every OIDC provider of the account is trusted',
      tokens: strangeTokens(statement),
      fixed: withStatement(statement, { Principal: { Federated: provider }, Condition: conditions }),
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
        : neighbours(job).map((each) => tokenOf(statement, each))
    return {
      ...suspected(statement, condition.path),
      message: message(statement, pattern),
      tokens,
      fixed: narrowed(statement, condition, String(tokenOf(statement, job).sub)),
    }
  })
}

function ofWorkflow({ conditions }: WebStatement): Condition | undefined {
  return conditions.find((each) => restricts(each) && each.claim === 'job_workflow_ref')
}

function usualSubject(statement: WebStatement): string {
  return String(statement.platform.token(statement.issuer, own).sub)
}
