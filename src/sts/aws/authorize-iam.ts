import { MayflyError } from '../../errors.ts'
import type { AdminGrant, AwsIdentity, IamAsk, Ungranted } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import { iamKeys, iamResource } from './iam-resource.ts'
import { checkOwnPermission } from './own-permission.ts'

/** By the caller's own policies, within its own account. */
export function authorizeIam(
  ask: IamAsk,
  identity: AwsIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
): Ungranted<AdminGrant> {
  checkSession(identity)
  const { account } = identity
  const resource = iamResource(ask, account, registered)
  for (const action of actionsOf(ask))
    checkOwnPermission(
      { action, ...resource, keys: iamKeys(ask, resource.tags) },
      identity,
      registered,
      circumstances,
    )
  return { kind: 'admin-call', account, ask }
}

/** Whoever makes something with tags has to be allowed to tag it. */
function actionsOf({ action, parameters }: IamAsk): readonly string[] {
  const tagged = /^Create(Role|OpenIDConnectProvider|Policy)$/.exec(action)?.[1]
  const tags = tagged !== undefined && [...parameters.keys()].some((name) => name.startsWith('Tags.'))
  return [`iam:${action}`, ...(tags ? [`iam:Tag${tagged}`] : [])]
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
