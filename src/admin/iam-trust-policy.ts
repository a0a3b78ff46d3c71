import type { PolicyDocument, RoleDocument, UserDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { compilePolicy } from '../trust/aws-policy.ts'
import { namedPrincipal, withPrincipals } from '../trust/principal-names.ts'
import { roleId, userId } from '../wire/aws-ids.ts'
import { overQuota } from './iam-errors.ts'
import { malformed, policyIn, policySize } from './iam-policy-text.ts'
import type { AskedCall } from './iam-target.ts'
import { checkSharedIssuers } from './shared-issuers.ts'

/** Characters of a trust policy, without blanks. */
const largestTrustPolicy = 2048

type SavedTrust = Pick<RoleDocument, 'assumeRolePolicyDocument' | 'principalIds'>
type IdOf = (arn: string) => string | undefined

/**
 * A trust policy as a call passes it, with who its principals are when it is saved.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html "IAM role principals"
 * @throws TRUST_POLICY, REGISTRY_LIMIT
 */
export function trustPolicyIn(text: string, call: AskedCall): SavedTrust {
  const policy = policyIn(text, 'trust')
  checkSharedIssuers(compilePolicy(policy, 'trust'))
  if (policySize(policy) > largestTrustPolicy) throw overQuota('ACLSizePerRole', largestTrustPolicy)
  const principalIds: Record<string, string> = {}
  withPrincipals(policy, (principal) => {
    const id = savedId(principal, call)
    if (id !== undefined) principalIds[principal] = id
    return principal
  })
  return { assumeRolePolicyDocument: policy, principalIds }
}

/** A role's trust policy as it stands: whoever is gone, or another under the name by now, is there by the ID that it had. */
export function standingTrust(saved: SavedTrust, idOf: IdOf): PolicyDocument {
  const { assumeRolePolicyDocument, principalIds } = saved
  if (!principalIds) return assumeRolePolicyDocument
  return withPrincipals(assumeRolePolicyDocument, (principal) => {
    const id = principalIds[principal]
    return id === undefined || id === idOf(principal) ? principal : id
  })
}

/** The unique ID of whoever has an ARN now. */
export function principalId(arn: string, { draft }: Pick<AskedCall, 'draft'>): string | undefined {
  const named = namedPrincipal(arn)
  if (!named) return undefined
  const { account, type, name, path } = named
  const there = draft.get(keyOf('aws', account, type, name))?.document as
    | RoleDocument
    | UserDocument
    | undefined
  if (!there || (path !== undefined && path !== there.path)) return undefined
  const own = `arn:aws:iam::${account}:${type}${there.path}${name}`
  return type === 'user' ? userId(own) : ((there as RoleDocument).roleId ?? roleId(own))
}

/** Of accounts that are not registered here nobody knows who is in them. @throws TRUST_POLICY */
function savedId(principal: string, { draft }: AskedCall): string | undefined {
  const named = namedPrincipal(principal)
  if (!named || !draft.get(keyOf('aws', named.account))) return undefined
  const id = principalId(principal, { draft })
  if (id !== undefined) return id
  const words = `Invalid principal in policy: "AWS":"${principal}"`
  throw malformed(`${principal}, which the trust policy names, is not registered`, words)
}
