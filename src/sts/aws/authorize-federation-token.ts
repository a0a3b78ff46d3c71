import type { AwsIdentity, FederationTokenAsk } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import { checkOwnPermission } from './own-permission.ts'
import { addRequestTags } from './request-keys.ts'
import type { SessionGrant } from './role-session.ts'
import { markedWith, wishesOf } from './session-marks.ts'

/** By the user's own policies. What the session may do is what user and session policies both allow. */
export function authorizeFederationToken(
  ask: FederationTokenAsk,
  identity: AwsIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
): SessionGrant {
  const { account, arn } = identity
  const { name, tags = [], durationSeconds, minimumTokenSize } = ask
  const resource = `arn:aws:sts::${account}:federated-user/${name}`
  const actions = ['sts:GetFederationToken', ...(tags.length > 0 ? ['sts:TagSession'] : [])]
  for (const action of actions)
    checkOwnPermission(
      { action, resource, keys: addRequestTags(new Map(), tags) },
      identity,
      registered,
      circumstances,
    )
  return {
    kind: 'aws-session',
    account,
    principal: { type: 'federated', name, userArn: arn },
    ...(minimumTokenSize !== undefined && { minimumTokenSize }),
    ...markedWith(ask, wishesOf(ask), registered.aws.get(account)),
    expiresAtMs: (Math.floor(circumstances.nowMs / 1000) + durationSeconds) * 1000,
    rule: `the policies of ${arn}`,
  }
}
