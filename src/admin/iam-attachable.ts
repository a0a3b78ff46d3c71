import { unknownAwsPolicy } from '../trust/aws-managed-policies.ts'
import { noSuchEntity } from './iam-errors.ts'
import { managedPolicy } from './iam-managed-policy.ts'
import type { IamCall } from './iam-operation.ts'

/**
 * The ARN of a managed policy that may be attached: one of the account's own, or one of AWS's. Of those that are not known
 * here nothing is allowed by it, and an explanation says so.
 * @throws REGISTRY_ABSENT
 */
export function attachable(arn: string, { account, draft }: IamCall): string {
  const found = managedPolicy(arn, { account, draft })
  if (found || unknownAwsPolicy(arn)) return arn
  throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
}
