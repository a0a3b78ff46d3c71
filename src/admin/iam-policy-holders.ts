import type { RoleDocument, UserDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import type { Parameters } from '../wire/aws-parameters.ts'
import type { AskedCall } from './iam-target.ts'

/** Who has a managed policy, and how. */
export interface Holder {
  readonly kind: 'Role' | 'User'
  readonly document: RoleDocument | UserDocument
  readonly use: 'PermissionsPolicy' | 'PermissionsBoundary'
}

/** The holders of every managed policy, of one walk through the account. */
export function policyHolders({
  account,
  draft,
}: Pick<AskedCall, 'account' | 'draft'>): (arn: string) => readonly Holder[] {
  const found = new Map<string, Holder[]>()
  const add = (arn: string, holder: Holder) => {
    const there = found.get(arn)
    if (there) there.push(holder)
    else found.set(arn, [holder])
  }
  for (const kind of ['Role', 'User'] as const)
    for (const each of draft.list(`${keyOf('aws', account, kind.toLowerCase())}/`)) {
      const document = each.document as RoleDocument | UserDocument
      const { managedPolicyArns = [], permissionsBoundary: boundary } = document
      for (const arn of new Set(managedPolicyArns)) add(arn, { kind, document, use: 'PermissionsPolicy' })
      if (boundary !== undefined) add(boundary, { kind, document, use: 'PermissionsBoundary' })
    }
  return (arn) => found.get(arn) ?? []
}

/** `OnlyAttached` and `PolicyUsageFilter`: whether a policy with these holders is asked for. */
export function heldAs(parameters: Parameters): (holders: readonly Holder[]) => boolean {
  const usage = parameters.get('PolicyUsageFilter')
  const onlyAttached = parameters.get('OnlyAttached') === 'true'
  return (holders) =>
    (usage === undefined || holders.some(({ use }) => use === usage)) &&
    (!onlyAttached || holders.some(({ use }) => use === 'PermissionsPolicy'))
}
