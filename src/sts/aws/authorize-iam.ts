import { iamOperations } from '../../admin/iam.ts'
import { MayflyError } from '../../errors.ts'
import type { Draft } from '../../registry/registry.ts'
import type { AdminGrant, AwsIdentity, IamAsk, Ungranted } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import { checkOwnPermission } from './own-permission.ts'

/** What is registered, compiled and as documents. */
interface Registered {
  readonly registered: Snapshot
  readonly draft: Draft
}

/** By the caller's own policies, within its own account. What the operation is on and which keys it has, it says itself. */
export function authorizeIam(
  ask: IamAsk,
  identity: AwsIdentity,
  { registered, draft }: Registered,
  circumstances: Circumstances,
): Ungranted<AdminGrant> {
  checkSession(identity)
  const { account } = identity
  const { action, parameters } = ask
  const { also = [], keys, ...on } = iamOperations.get(action)!.target({ account, parameters, draft })
  for (const each of [`iam:${action}`, ...also])
    checkOwnPermission({ action: each, ...on, keys: new Map(keys) }, identity, registered, circumstances)
  return { kind: 'admin-call', account, ask }
}

/**
 * IAM takes no sessions of GetFederationToken, and those of GetSessionToken with MFA alone.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
 */
function checkSession({ arn, credential, marks }: AwsIdentity): void {
  if (credential === 'role-session' || credential === 'user') return
  if (credential === 'user-session' && marks?.mfaAtMs !== undefined) return
  throw new MayflyError('REQUEST_CREDENTIAL', {
    message: `${arn} signed with a session of ${credential === 'federated-user' ? 'GetFederationToken' : 'GetSessionToken without MFA'}, which IAM does not take`,
    hint: 'Sign with the session of a role, with a permanent key, or with a session of GetSessionToken that began with MFA.',
  })
}
