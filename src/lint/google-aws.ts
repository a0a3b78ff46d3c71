import type { Claims, Rule } from './rule.ts'

// Which roles of an AWS account a provider of a workload identity pool lets in.

const comparison = /assertion\.arn\.(startsWith|contains)\(\s*(['"])([^'"]+)\2\s*\)/g

export const openRole: Rule = {
  id: 'google-aws-open-role',
  severity: 'medium',
  what: 'a provider takes sessions of other AWS roles, whose names are alike',
  why: 'The ARN of a session is …:assumed-role/ROLE/SESSION. A comparison that does not end with the / after the role fits longer names too, and contains() fits the session’s name, which its caller chooses.',
  find: ({ poolProviders }) =>
    poolProviders.flatMap((given) => {
      const { aws, attributeCondition = '' } = given.document
      if (!aws) return []
      return [...attributeCondition.matchAll(comparison)].flatMap(
        ([all, operator, quote = '', text = '']) => {
          const role = roleIn(text)
          const closed = `arn:aws:sts::${aws.accountId}:assumed-role/${role}/`
          if (role === '' || text.includes(`${role}/`)) return []
          const fixed = attributeCondition.replace(
            all,
            () => `assertion.arn.startsWith(${quote}${closed}${quote})`,
          )
          return {
            document: { kind: 'provider', given } as const,
            path: ['attributeCondition'],
            message: `${operator}(${JSON.stringify(text)}) is true of other roles and sessions`,
            effect: 'admits' as const,
            needsFix: true as const,
            tokens: [sessionOf(aws.accountId, `${role}-evil`, 'x'), sessionOf(aws.accountId, 'evil', role)],
            legitimate: [sessionOf(aws.accountId, role, 'session')],
            fixed: { ...given.document, attributeCondition: fixed },
          }
        },
      )
    }),
}

/** The role that a text names, where it names one. */
function roleIn(text: string): string {
  return /(?:assumed-role\/|^)([\w+=,.@-]+)\/?$/.exec(text)?.[1] ?? ''
}

/** What `aws sts get-caller-identity` says of a session. */
function sessionOf(account: string, role: string, session: string): Claims {
  const Arn = `arn:aws:sts::${account}:assumed-role/${role}/${session}`
  return { Account: account, Arn, UserId: `AROAEXAMPLE:${session}` }
}
