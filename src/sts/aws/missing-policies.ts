import type { AwsAccountDocument, RoleDocument, UserDocument } from '../../registry/documents.ts'
import { awsManagedDocument, unknownAwsPolicy } from '../../trust/aws-managed-policies.ts'
import type { Policy } from '../../trust/aws-policy.ts'
import { policyArn } from './arn.ts'

/** Whether an admin call made a role. What a file says is its own: there, a policy that is not registered is a mistake. */
export function isStored(document: RoleDocument | UserDocument): boolean {
  return 'created' in document
}

/** What stands for a managed policy that a stored role has and nobody registers any more: it allows nothing. */
export function missingPolicy(arn: string): Policy {
  return { kind: 'identity', statements: [], unknown: arn }
}

/** A sentence for every managed policy that a stored role has and that is not registered any more. */
export function missingPolicies({ account, roles, managedPolicies = [] }: AwsAccountDocument): string[] {
  const own = new Set(managedPolicies.map((each) => policyArn(account, each)))
  const missing = (arn: string) => !own.has(arn) && !awsManagedDocument(arn) && !unknownAwsPolicy(arn)
  return roles.filter(isStored).flatMap(({ name, path, managedPolicyArns = [], permissionsBoundary }) => {
    const role = `the stored role arn:aws:iam::${account}:role${path}${name}`
    const attached = managedPolicyArns
      .filter(missing)
      .map(
        (arn) => `${role} has the managed policy ${arn}, which is not registered any more and allows nothing`,
      )
    if (permissionsBoundary === undefined || !missing(permissionsBoundary)) return attached
    return [
      ...attached,
      `${role} has the boundary ${permissionsBoundary}, which is not registered any more: the role may do nothing`,
    ]
  })
}
