import { type AwsRequest, evaluate, type Verdict } from '../../trust/aws-evaluate.ts'
import type { Check } from '../../trust/decision.ts'
import type { WebIdentity, WebIdentityAsk } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import type { OidcProvider, Role } from './registered.ts'
import { addCircumstances, addRole, type RequestKeys } from './request-keys.ts'
import { denied, noRole, roleSession, type SessionGrant } from './role-session.ts'
import { markedWith, requestsFor, wishesOf } from './session-marks.ts'

const action = 'sts:AssumeRoleWithWebIdentity'

/** By the role's trust policy alone: identity policies have no say in it. A `trace` takes what allowed it. */
export function authorizeWebIdentity(
  ask: WebIdentityAsk,
  identity: WebIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
  trace?: Check[],
): SessionGrant {
  const role = registered.role(ask.roleArn)
  const provider = registered.oidcProvider(ask.roleArn, identity.issuer)
  if (!role || !provider) throw noRole(ask.roleArn, { action })
  const wishes = wishesOf(identity)
  const request = requestOf(ask, identity, provider, circumstances)
  addRole(request.keys, role)
  // Tags and a source identity have to be allowed for themselves. The wire says of neither that it was the reason.
  const scene = { role, identity, provider, ...(trace && { trace }) }
  const [verdict] = requestsFor(request, wishes).map((each) => permitted(each, scene))
  const { sessionName, durationSeconds, minimumTokenSize } = ask
  const session = {
    role,
    sessionName,
    durationSeconds,
    minimumTokenSize,
    nowMs: circumstances.nowMs,
    verdict: verdict!,
  }
  const { audience, subject } = identity
  const began = { federatedProvider: provider.arn }
  return {
    ...roleSession(session),
    ...markedWith(ask, wishes, registered.aws.get(role.account), began),
    web: { subject, audience, provider: provider.arn },
  }
}

function requestOf(
  { sessionName }: WebIdentityAsk,
  { claims, audience, sourceIdentity }: WebIdentity,
  provider: OidcProvider,
  circumstances: Circumstances,
): AwsRequest & { readonly keys: RequestKeys } {
  const keys = addCircumstances(provider.claimKeys.keys(claims, audience), circumstances)
  keys.set('sts:rolesessionname', sessionName)
  keys.set('aws:federatedprovider', provider.arn)
  if (sourceIdentity !== undefined) keys.set('sts:sourceidentity', sourceIdentity)
  return { action, principal: { type: 'federated', provider: provider.arn }, keys }
}

interface Scene {
  readonly role: Role
  readonly identity: WebIdentity
  readonly provider: OidcProvider
  readonly trace?: Check[]
}

function permitted(request: AwsRequest, { role, identity, provider, trace }: Scene): Verdict {
  const verdict = evaluate(role.trust(), request, trace)
  if (verdict.effect === 'allow') return verdict
  const what = request.action === action ? `assume ${role.arn}` : `${request.action} at ${role.arn}`
  const explained = { ...request, withheld: provider.claimKeys.withheld(identity.claims) }
  throw denied(`${identity.subject} may not ${what}`, { action, role: role.arn }, (trace) =>
    evaluate(role.trust(), explained, trace),
  )
}
