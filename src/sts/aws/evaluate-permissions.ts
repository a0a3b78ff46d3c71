import type { AwsRequest } from '../../trust/aws-evaluate.ts'
import { permits } from '../../trust/aws-permissions.ts'
import type { Check, Decision } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import type { AwsIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { permissionsOf } from './permissions.ts'
import { addCircumstances, addSigner, type RequestKeys } from './request-keys.ts'

/** What the signer of a request wants to do. */
export interface PermissionQuestion {
  /** `s3:PutObject` */
  readonly action: string
  /** The ARN of what it is done to; `*` for an action that has none. */
  readonly resource: string
  /** The service's own condition keys: `{ 's3:prefix': 'home/' }`. */
  readonly keys?: Readonly<Record<string, string | readonly string[]>>
  /** Epoch milliseconds. Default: the machine's clock. */
  readonly nowMs?: number
  /** The peer's IP address, for `aws:SourceIp`. */
  readonly from?: string
  /** Whether the request came by TLS, for `aws:SecureTransport`. */
  readonly secure?: boolean
}

/**
 * Whether the signer of a request may do something: its identity policies have to allow it, and so do its permissions
 * boundary and its session policies where it has any; a Deny in any of them wins. `registered` is `sts.registered()`.
 * A policy at the resource itself is the service's to evaluate. The decision has everything that was looked at.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluatePermissions(
  identity: AwsIdentity,
  registered: Snapshot,
  question: PermissionQuestion,
): Decision {
  const trace: Check[] = []
  if (!registered.principalOf(identity)) trace.push(unregistered(identity))
  permits(permissionsOf(identity, registered), requestOf(identity, registered, question), trace)
  return decisionOf(trace)
}

/** The same question as policies see it. */
export function requestOf(
  identity: AwsIdentity,
  registered: Snapshot,
  question: PermissionQuestion,
): AwsRequest & { readonly keys: RequestKeys } {
  const { action, resource, nowMs = Date.now(), from, secure } = question
  const circumstances = {
    nowMs,
    ...(from !== undefined && { from }),
    ...(secure !== undefined && { secure }),
  }
  const keys: RequestKeys = new Map()
  for (const [name, value] of Object.entries(question.keys ?? {})) keys.set(name.toLowerCase(), value)
  // Ours come last: a service cannot say by mistake who asks.
  addSigner(addCircumstances(keys, circumstances), identity, registered.principalOf(identity), nowMs)
  const { arn, account } = identity
  return { action, resource, principal: { type: 'aws', arn, account }, keys }
}

function unregistered({ arn }: AwsIdentity): Check {
  return {
    check: 'principal',
    outcome: 'fail',
    presented: arn,
    hint: 'Its role or user is not registered any more',
  }
}
