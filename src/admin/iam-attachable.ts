import type { ManagedPolicyDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { awsManagedPolicy } from '../trust/aws-managed-policies.ts'
import { noSuchEntity } from './iam-errors.ts'
import type { IamCall } from './iam-operation.ts'

/**
 * The ARN of a managed policy that may be attached: one of the account's own, or one of AWS's that is known here.
 * @throws REGISTRY_ABSENT
 */
export function attachable(arn: string, { account, draft }: Pick<IamCall, 'account' | 'draft'>): string {
  const name = arn.slice(arn.lastIndexOf('/') + 1)
  const own = draft.get(keyOf('aws', account, 'policy', name))?.document as ManagedPolicyDocument | undefined
  if (own && arn === `arn:aws:iam::${account}:policy${own.path}${own.name}`) return arn
  if (awsManagedPolicy(arn)) return arn
  throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`)
}
