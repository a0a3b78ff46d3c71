import { type AwsPrincipal, type AwsRequest, evaluate, type Verdict } from '../../trust/aws-evaluate.ts'
import { type Permission, type Permissions, permits } from '../../trust/aws-permissions.ts'
import type { AssumeRoleAsk, AwsIdentity } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import { accountOfArn } from './arn.ts'
import { refusalBy } from './own-permission.ts'
import { permissionsOf } from './permissions.ts'
import type { Role, User } from './registered.ts'
import { addCircumstances, addRole, addSigner, type RequestKeys } from './request-keys.ts'
import { denied, noRole, roleSession, type SessionGrant } from './role-session.ts'
import { markedWith, requestsFor, wishesOf } from './session-marks.ts'

/**
 * By the role's trust policy and the caller's own policies: within an account being named suffices, through the account
 * and across accounts both sides have to allow it, and a Deny on either side wins.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function authorizeAssumeRole(
  ask: AssumeRoleAsk,
  identity: AwsIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
): SessionGrant {
  const role = registered.role(ask.roleArn)
  const wishes = wishesOf(ask, identity)
  const sides = { ask, identity, role, permissions: permissionsOf(identity, registered) }
  checkSourceIdentity(ask, identity)
  const request = requestOf(ask, identity, registered.principalOf(identity), circumstances)
  if (role) addRole(request.keys, role)
  const [verdict] = requestsFor(request, wishes).map((each) => permitted(each, sides))
  const { sessionName, durationSeconds, minimumTokenSize } = ask
  const chained = identity.credential !== 'user'
  const session = {
    role: role!,
    sessionName,
    durationSeconds,
    minimumTokenSize,
    chained,
    nowMs: circumstances.nowMs,
    verdict: verdict!,
  }
  return { ...roleSession(session), ...markedWith(ask, wishes, registered.aws.get(role!.account)) }
}

function requestOf(
  { sessionName, externalId, sourceIdentity, roleArn }: AssumeRoleAsk,
  identity: AwsIdentity,
  caller: Role | User | undefined,
  circumstances: Circumstances,
): AwsRequest & { readonly keys: RequestKeys } {
  const keys = addSigner(addCircumstances(new Map(), circumstances), identity, caller, circumstances.nowMs)
  keys.set('sts:rolesessionname', sessionName)
  if (externalId !== undefined) keys.set('sts:externalid', externalId)
  if (sourceIdentity !== undefined) keys.set('sts:sourceidentity', sourceIdentity)
  return { action: 'sts:AssumeRole', resource: roleArn, principal: awsPrincipal(identity, caller), keys }
}

function awsPrincipal(
  { arn, account, credential }: AwsIdentity,
  caller: Role | User | undefined,
): AwsPrincipal {
  return {
    type: 'aws',
    arn,
    account,
    ...(caller && credential === 'role-session' && { roleArn: caller.arn }),
  }
}

// ── both sides ─────────────────────────────────────────────────────────────────────────────────────────

interface Sides {
  readonly ask: AssumeRoleAsk
  readonly identity: AwsIdentity
  readonly role: Role | undefined
  readonly permissions: Permissions
}

function permitted(request: AwsRequest, { ask, identity, role, permissions }: Sides): Verdict {
  const { action } = request
  const trust = role ? evaluate(role.trust(), request) : nothing
  const own = permits(permissions, request)
  const foreign = identity.account !== accountOfArn(ask.roleArn)
  const suffix = objection({ action, trust, own, foreign })
  if (suffix === undefined && role) return trust
  const told = { action, caller: identity.arn, resource: ask.roleArn, suffix: suffix ?? '' }
  if (!role) throw noRole(ask.roleArn, told)
  const what = action === 'sts:AssumeRole' ? `assume ${role.arn}` : `${action} at ${role.arn}`
  throw denied(`${identity.arn} may not ${what}`, { ...told, role: role.arn }, (trace) => {
    evaluate(role.trust(), request, trace)
    // Its own policies explain something only where they are asked for.
    if (foreign || trust.effect !== 'implicit-deny') permits(permissions, request, trace)
  })
}

const nothing: Verdict = { effect: 'implicit-deny' }

interface Verdicts {
  readonly action: string
  readonly trust: Verdict
  readonly own: Permission
  /** Whether the caller is of another account than the role. */
  readonly foreign: boolean
}

/** What AWS adds to its refusal; undefined when there is nothing against it. */
function objection({ action, trust, own, foreign }: Verdicts): string | undefined {
  if (trust.effect === 'explicit-deny') return ' with an explicit deny in a resource-based policy'
  if (own.effect === 'explicit-deny') return refusalBy(own, action)
  if (own.effect !== 'allow' && !(trust.effect === 'allow' && !foreign && suffices(trust, own)))
    return foreign ? '' : refusalBy(own, action)
  return trust.effect === 'allow' ? undefined : ''
}

/** Whether a trust policy of the same account allows it without the caller's own policies: named as a session, nothing limits it. */
function suffices({ matchedBy }: Verdict, own: Permission): boolean {
  return matchedBy === 'principal' || (matchedBy !== 'account' && own.withinLimits)
}

/** A source identity that is set stays as it is, whatever is assumed with it. */
function checkSourceIdentity({ sourceIdentity, roleArn }: AssumeRoleAsk, { arn, marks }: AwsIdentity): void {
  const set = marks?.sourceIdentity
  if (sourceIdentity === undefined || set === undefined || sourceIdentity === set) return
  const told = { action: 'sts:SetSourceIdentity', caller: arn, resource: roleArn }
  throw denied(`${arn} has the source identity ${set} and may not take another`, told, (trace) =>
    trace.push({ check: 'source-identity', outcome: 'fail', presented: sourceIdentity, expected: set }),
  )
}
