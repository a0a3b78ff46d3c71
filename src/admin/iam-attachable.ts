import { unknownAwsPolicy } from '../trust/aws-managed-policies.ts'
import { noSuchEntity, notAttachable } from './iam-errors.ts'
import { checkPolicyArn, managedPolicy } from './iam-managed-policy.ts'
import type { IamCall } from './iam-operation.ts'

/** Policies of AWS that its own services' roles alone may have. */
const ofServices = /^arn:aws[a-z-]{0,16}:iam::aws:policy\/aws-service-role\//

/**
 * The ARN of a managed policy that may be attached: one of the account's own, or one of AWS's. Of those that are not known
 * here nothing is allowed by it, and an explanation says so.
 * @throws REGISTRY_ABSENT, REGISTRY_UNATTACHABLE, REQUEST_INPUT
 */
export function attachable(arn: string, { account, draft }: IamCall): string {
  if (ofServices.test(arn)) throw notAttachable('Cannot attach a Service Role Policy to a Customer Role.')
  const found = managedPolicy(arn, { account, draft })
  if (found || unknownAwsPolicy(arn)) return arn
  checkPolicyArn(arn)
  throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
}
