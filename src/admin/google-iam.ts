import { iamPolicies } from './google-iam-policy.ts'
import type { GoogleMethod } from './google-method.ts'
import { pools } from './google-pools.ts'
import { projectPolicies } from './google-project-policy.ts'
import { providers } from './google-providers.ts'
import { serviceAccounts } from './google-service-accounts.ts'

/**
 * The methods of Google's IAM API, and of its Resource Manager's, that register trust, by their names in the discovery
 * documents.
 * @see https://cloud.google.com/iam/docs/reference/rest
 */
export const googleMethods: ReadonlyMap<string, GoogleMethod> = new Map(
  Object.entries({ ...pools, ...providers, ...serviceAccounts, ...iamPolicies, ...projectPolicies }),
)
