import { layerNames, type Permission, permits } from '../../trust/aws-permissions.ts'
import type { AwsIdentity } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import { permissionsOf } from './permissions.ts'
import { addCircumstances, addSigner, type RequestKeys } from './request-keys.ts'
import { denied } from './role-session.ts'

/** Something that a caller's own policies alone decide. */
export interface OwnAction {
  /** `sts:GetWebIdentityToken` */
  readonly action: string
  /** An ARN; absent: the action is on nothing in particular. */
  readonly resource?: string
  /** How a refusal calls the resource, where AWS does not by its ARN. */
  readonly resourceName?: string
  /** By name in lower case. */
  readonly keys?: RequestKeys
}

/** @throws TrustDenied (TRUST_DENIED) with AWS's words for the layer that refuses */
export function checkOwnPermission(
  { action, resource, resourceName = resource, keys = new Map() }: OwnAction,
  identity: AwsIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
): void {
  addSigner(
    addCircumstances(keys, circumstances),
    identity,
    registered.principalOf(identity),
    circumstances.nowMs,
  )
  const { arn, account } = identity
  // Whatever these actions are on is the caller's own account's.
  keys.set('aws:resourceaccount', account)
  const permissions = permissionsOf(identity, registered)
  const request = {
    action,
    resource: resource ?? '*',
    principal: { type: 'aws', arn, account },
    keys,
  } as const
  const permission = permits(permissions, request)
  if (permission.effect === 'allow') return
  const told = {
    action,
    caller: arn,
    suffix: refusalBy(permission, action),
    ...(resourceName !== undefined && { resource: resourceName }),
  }
  throw denied(`${arn} may not ${action}`, told, (trace) => permits(permissions, request, trace))
}

/** What AWS adds to a refusal by the caller's own policies. */
export function refusalBy({ effect, refusedBy }: Permission, action: string): string {
  const layer = layerNames[refusedBy ?? 'identity']
  if (effect === 'explicit-deny') return ` with an explicit deny in ${article(layer)} ${layer}`
  return ` because no ${layer} allows the ${action} action`
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a'
}
