import { oidcProviders } from './iam-oidc-providers.ts'
import type { IamOperation } from './iam-operation.ts'
import { outbound } from './iam-outbound.ts'
import { policies } from './iam-policies.ts'
import { policyVersions } from './iam-policy-versions.ts'
import { rolePolicies } from './iam-role-policies.ts'
import { roles } from './iam-roles.ts'

/**
 * The operations of IAM that register trust, by their names.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
 */
export const iamOperations: ReadonlyMap<string, IamOperation> = new Map(
  Object.entries({
    ...oidcProviders,
    ...roles,
    ...rolePolicies,
    ...policies,
    ...policyVersions,
    ...outbound,
  }),
)
