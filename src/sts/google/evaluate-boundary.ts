import type { Check, Decision } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import { type BoundaryQuestion, compileBoundary } from '../../trust/google-boundary.ts'
import type { GoogleIdentity } from '../ask.ts'

/**
 * Whether the access boundary of a token leaves room for something at Cloud Storage; a token without one leaves it all.
 * What the holder itself may do there is the service's to say. The decision has everything that was looked at.
 * @see https://cloud.google.com/iam/docs/downscoping-short-lived-credentials
 */
export function evaluateBoundary({ boundary }: GoogleIdentity, question: BoundaryQuestion): Decision {
  const trace: Check[] = []
  if (boundary) compileBoundary(boundary).permits(question, trace)
  else trace.push({ check: 'access-boundary', outcome: 'pass', hint: 'The token has none' })
  return decisionOf(trace)
}
