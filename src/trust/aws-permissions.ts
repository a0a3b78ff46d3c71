import { type AwsRequest, evaluate, type Verdict } from './aws-evaluate.ts'
import type { Policy } from './aws-policy.ts'
import type { Check } from './decision.ts'

/** What a principal may do: a request has to be allowed by each layer that is there, and denied by none. */
export interface Permissions {
  /** The policies of the user or role. */
  readonly identity: readonly Policy[]
  /** The most that the user or role may ever do. */
  readonly boundary?: readonly Policy[]
  /** What a session was narrowed to when it was made: an empty list allows nothing. */
  readonly session?: readonly Policy[]
}

export type Layer = keyof Permissions

export interface Permission {
  readonly effect: Verdict['effect']
  /** The layer that refuses: a Deny of any before a missing Allow, and then in AWS's order. */
  readonly refusedBy?: Layer
  /** Whether boundary and session policies at least leave it: what a policy at the resource itself may still allow. */
  readonly withinLimits: boolean
}

const layers = ['identity', 'boundary', 'session'] as const satisfies Layer[]

/**
 * Evaluates all that limits a principal. Layers intersect: none grants what another withholds.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 */
export function permits(permissions: Permissions, request: AwsRequest, trace?: Check[]): Permission {
  const verdicts = layers.flatMap((layer) => {
    const policies = permissions[layer]
    return policies ? [{ layer, effect: evaluate(policies, request, trace, checkNames[layer]).effect }] : []
  })
  const denied = verdicts.find(({ effect }) => effect === 'explicit-deny')
  const missing = verdicts.find(({ effect }) => effect === 'implicit-deny')
  const refused = denied ?? missing
  const withinLimits =
    !denied && verdicts.every(({ layer, effect }) => layer === 'identity' || effect === 'allow')
  return refused
    ? { effect: refused.effect, refusedBy: refused.layer, withinLimits }
    : { effect: 'allow', withinLimits }
}

const checkNames: Readonly<Record<Layer, string>> = {
  identity: 'identity-policy',
  boundary: 'permissions-boundary',
  session: 'session-policy',
}

/** How AWS calls a layer in its refusals. */
export const layerNames: Readonly<Record<Layer, string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}
