import { type AwsRequest, evaluate } from '../../trust/aws-evaluate.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import { addCircumstances, addRole } from './request-keys.ts'
import { denied, noRole, roleSession, type SessionGrant } from './role-session.ts'

/** A service of the cloud that takes a role for a workload, as ECS does for its tasks. */
export interface ServiceAsk {
  readonly roleArn: string
  /** `ecs-tasks.amazonaws.com` */
  readonly service: string
  readonly sessionName: string
  /** The resource on whose behalf, as a trust policy's `aws:SourceArn` sees it. */
  readonly sourceArn?: string
  /** Default: one hour. */
  readonly durationSeconds?: number
}

/** By the role's trust policy: the service has to be named in it. */
export function authorizeService(
  ask: ServiceAsk,
  registered: Snapshot,
  circumstances: Circumstances,
): SessionGrant {
  const action = 'sts:AssumeRole'
  const role = registered.role(ask.roleArn)
  if (!role) throw noRole(ask.roleArn, { action })
  const { service, sessionName, durationSeconds, sourceArn } = ask
  const keys = addRole(addCircumstances(new Map(), circumstances), role)
  keys.set('aws:principalisawsservice', 'true')
  keys.set('sts:rolesessionname', sessionName)
  keys.set('aws:sourceaccount', role.account)
  if (sourceArn !== undefined) keys.set('aws:sourcearn', sourceArn)
  const request: AwsRequest = { action, principal: { type: 'service', service }, keys }
  const verdict = evaluate(role.trust(), request)
  if (verdict.effect !== 'allow')
    throw denied(`${service} may not assume ${role.arn}`, { action, role: role.arn }, (trace) =>
      evaluate(role.trust(), request, trace),
    )
  return roleSession({ role, sessionName, durationSeconds, nowMs: circumstances.nowMs, verdict })
}
