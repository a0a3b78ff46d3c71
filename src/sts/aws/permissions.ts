import type { Permissions } from '../../trust/aws-permissions.ts'
import type { AwsIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { sessionPolicies } from './session-marks.ts'

/**
 * What the signer of a request may do: the policies of its role or user, the boundary, and what its session was narrowed
 * to. Nothing when its role or user is not registered.
 */
export function permissionsOf(identity: AwsIdentity, registered: Snapshot): Permissions {
  const { credential, marks = {}, account } = identity
  const narrowed = sessionPolicies(marks, registered.aws.get(account))
  // A federated user may do nothing that was not handed to it.
  const session = narrowed ?? (credential === 'federated-user' ? [] : undefined)
  const own = registered.principalOf(identity)?.permissions() ?? { identity: [] }
  return session ? { ...own, session } : own
}
