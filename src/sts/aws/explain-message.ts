import type { AwsRequest } from '../../trust/aws-evaluate.ts'
import { permits } from '../../trust/aws-permissions.ts'
import type { Check, Decision } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import type { AwsIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { accountOfArn } from './arn.ts'
import type { AuthorizationMessage } from './authorization-message.ts'
import { permissionsOf } from './permissions.ts'

/**
 * Why a service refused a request, by its encoded message and the policies that are registered now: every statement that
 * was looked at. What a session was narrowed to is not in a message, so that it stays open.
 */
export function explainMessage({ context }: AuthorizationMessage, registered: Snapshot): Decision {
  const identity = identityOf(context.principal)
  const { arn, account } = identity
  const keys = context.conditions.items.map(({ key, values }): [string, string | string[]] => {
    const texts = values.items.map(({ value }) => value)
    return [key, texts.length === 1 ? texts[0]! : texts]
  })
  const { action, resource } = context
  const request: AwsRequest = {
    action,
    resource,
    principal: { type: 'aws', arn, account },
    keys: new Map(keys),
  }
  const trace: Check[] = registered.principalOf(identity) ? [] : [unknownPrincipal(identity)]
  const { effect } = permits(permissionsOf(identity, registered), request, trace)
  return decisionOf([...trace, ...(effect === 'allow' ? [allowedNow] : [])])
}

/** The message is of a refusal, so that something refused which is not seen here. */
const allowedNow: Check = {
  check: 'session-policy',
  outcome: 'fail',
  hint: 'The policies that are registered allow it: a policy that the session was narrowed to refused, or one has changed since',
}

function unknownPrincipal({ arn, credential }: AwsIdentity): Check {
  const hint =
    credential === 'federated-user'
      ? 'A message does not say which user federated it, so that no policy of that user is looked at'
      : 'Its role or user is not registered'
  return { check: 'principal', outcome: 'fail', presented: arn, hint }
}

function identityOf({ arn, id, name }: AuthorizationMessage['context']['principal']): AwsIdentity {
  const credential = arn.includes(':assumed-role/')
    ? 'role-session'
    : arn.includes(':federated-user/')
      ? 'federated-user'
      : name === undefined
        ? 'user-session'
        : 'user'
  return { type: 'aws', arn, account: accountOfArn(arn), userId: id, credential }
}
