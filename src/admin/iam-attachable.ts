import { noSuchEntity } from './iam-errors.ts'
import { managedPolicy } from './iam-managed-policy.ts'
import type { IamCall } from './iam-operation.ts'

/**
 * The ARN of a managed policy that may be attached: one of the account's own, or one of AWS's that is known here.
 * @throws REGISTRY_ABSENT
 */
export function attachable(arn: string, call: IamCall): string {
  if (managedPolicy(arn, call)) return arn
  throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
}
