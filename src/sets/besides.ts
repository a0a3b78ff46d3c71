import type { GivenRole } from '../registry/given.ts'
import type { Condition } from '../trust/aws-condition.ts'
import { compilePolicy, type Statement } from '../trust/aws-policy.ts'
import { roleGrants } from '../trust/google-bindings.ts'
import type { Bound } from './account-bindings.ts'

// Who gets in otherwise than by a token, or may do more than get in. It is told and not decided about: one line for each
// rule, the same for the same rule wherever it stands.

/** What a trust policy can allow besides AssumeRoleWithWebIdentity. */
const otherActions = [
  'AssumeRole',
  'AssumeRoleWithSAML',
  'TagSession',
  'SetSourceIdentity',
  'SetContext',
].map((name) => `sts:${name}`)

export function besidesOfRole({ document }: GivenRole): string[] {
  const { statements } = compilePolicy(document.assumeRolePolicyDocument, 'trust')
  return statements.flatMap((each) => lineOf(each) ?? [])
}

function lineOf({ effect, actions, principals, conditions }: Statement): string | undefined {
  const allowed = otherActions.filter((each) => actions.matches(each, new Map()) !== actions.except)
  if (allowed.length === 0 || !principals) return undefined
  const { except, list } = principals
  // An account is the same by its number and by its root's ARN.
  const named = [...list.accounts, ...list.named].sort().join(', ')
  const whom = `${except ? 'all but ' : ''}${named}`
  const asked = conditions.map(conditionText).sort()
  return `${effect} ${allowed.join(', ')} to ${whom}${asked.length > 0 ? ` if ${asked.join(' and ')}` : ''}`
}

function conditionText({ name, key, expected }: Condition): string {
  return `${name} ${key} ${JSON.stringify(expected)}`
}

/** Roles of others than tokens, and roles that do not lead to an access token. */
export function besidesOfAccount(bound: readonly Bound[]): string[] {
  return bound
    .filter(
      ({ role, member }) => !('pool' in member) || !roleGrants(role, 'iam.serviceAccounts.getAccessToken'),
    )
    .map(({ role, member, condition }) => {
      return `Allow ${role} to ${member.text}${condition ? ` if ${condition.text}` : ''}`
    })
}
