import { isMembers } from '../registry/places.ts'
import type { Rule } from './rule.ts'
import { listed, put, withConditions, withStatement } from './statements.ts'

/** Services that say on whose behalf they take a role, and ask that it be looked at. */
const deputies = /^(ecs-tasks|scheduler|vpc-flow-logs|bedrock)\.amazonaws\.com$/
const enough = /^(sts:ExternalId|aws:Source(Arn|Account|OrgID|OrgPaths)|aws:PrincipalOrg(ID|Paths))$/i

export const anyAccount: Rule = {
  id: 'aws-any-account',
  severity: 'critical',
  what: 'a role trusts every AWS account',
  why: 'A principal "*" without a condition is everybody who has an AWS account.',
  find: ({ roles }) =>
    roles.flatMap((role) =>
      listed(role.document.assumeRolePolicyDocument.Statement).flatMap((statement, index) => {
        if (!isMembers(statement) || statement.Effect !== 'Allow') return []
        const { Principal: principal, Condition: block } = statement
        const any = principal === '*' || (isMembers(principal) && listed(principal.AWS).includes('*'))
        if (!any || !takesRole(statement.Action) || (isMembers(block) && Object.keys(block).length > 0))
          return []
        return {
          document: { kind: 'role', given: role } as const,
          path: ['Statement', index, 'Principal'],
          message: 'the principal is everybody, and nothing is asked of them',
          effect: 'weakens' as const,
          tokens: [],
          legitimate: [],
          fixed: withStatement({ role, index }, { Principal: { AWS: `arn:aws:iam::${role.account}:root` } }),
        }
      }),
    ),
}

function takesRole(action: unknown): boolean {
  return listed(action).some((each) => /^(\*|sts:(\*|AssumeRole\*?))$/i.test(String(each)))
}

export const confusedDeputy: Rule = {
  id: 'aws-confused-deputy',
  severity: 'low',
  what: 'a role that another account or a service takes for somebody does not ask for whom',
  why: 'A service or a vendor acts for many customers, and one of them can name your role: sts:ExternalId, aws:SourceArn or aws:SourceAccount say for whom it acts.',
  find: ({ roles }) =>
    roles.flatMap((role) =>
      listed(role.document.assumeRolePolicyDocument.Statement).flatMap((statement, index) => {
        if (!isMembers(statement) || statement.Effect !== 'Allow' || asks(statement.Condition)) return []
        const deputy = deputyIn(statement.Principal, role)
        if (deputy === undefined) return []
        const [key, value] = deputies.test(deputy)
          ? ['aws:SourceAccount', role.account]
          : ['sts:ExternalId', 'an ID that you agree on']
        return {
          document: { kind: 'role', given: role } as const,
          path: ['Statement', index, 'Principal'],
          message: `${deputy} may take the role for whomever it acts`,
          effect: 'weakens' as const,
          tokens: [],
          legitimate: [],
          fixed: withConditions({ role, index }, (block) => put(block, 'StringEquals', key!, value)),
        }
      }),
    ),
}

function asks(block: unknown): boolean {
  const keys = isMembers(block) ? Object.values(block).flatMap((each) => Object.keys(each as object)) : []
  return keys.some((key) => enough.test(key))
}

type Role = Parameters<Rule['find']>[0]['roles'][number]

/** A service, or a principal of another account where the role's own is known. */
function deputyIn(principal: unknown, { account, bare }: Role): string | undefined {
  if (!isMembers(principal)) return undefined
  const isForeign = (name: string) => !bare && /\d{12}/.test(name) && !name.includes(account)
  const services = listed(principal.Service).map(String)
  return services.find((each) => deputies.test(each)) ?? listed(principal.AWS).map(String).find(isForeign)
}
