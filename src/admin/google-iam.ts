import { iamPolicies } from './google-iam-policy.ts'
import type { GoogleMethod } from './google-method.ts'
import { pools } from './google-pools.ts'
import { providers } from './google-providers.ts'
import { serviceAccounts } from './google-service-accounts.ts'

/**
 * The methods of Google's IAM API that register trust, by their names in its discovery document.
 * @see https://cloud.google.com/iam/docs/reference/rest
 */
export const googleMethods: ReadonlyMap<string, GoogleMethod> = new Map(
  Object.entries({ ...pools, ...providers, ...serviceAccounts, ...iamPolicies }),
)
