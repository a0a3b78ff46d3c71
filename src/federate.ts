import type { Credential } from './credential.ts'
import { serveAgent } from './deliveries/agent.ts'
import type { Change, Delivered } from './deliveries/delivery.ts'
import { deliver } from './deliveries/index.ts'
import { MayflyError } from './errors.ts'
import { exchangeTo } from './exchanges/index.ts'
import type { Lease, Variant } from './lease.ts'
import type { CredentialPlan } from './plan.ts'
import { asProof } from './proof.ts'
import { keepFresh } from './refresh/refresher.ts'
import { chooseSource } from './sources/index.ts'
import type { World } from './world.ts'

/** Credentials that are kept fresh and delivered, until `close`. */
export interface Federation {
  readonly leases: readonly Lease[]
  /** What a child's environment needs in order to receive them, and to ask for one by name (`mayfly get`). */
  readonly changes: readonly Change[]
  close(): Promise<void>
}

export interface DeliveryPlace {
  /** An existing folder of mode 0700. */
  readonly directory: string
  /** The words that start this same Mayfly again. */
  readonly command: readonly string[]
}

/**
 * The workload side on one screen: prove → exchange → keep fresh → deliver.
 * Resolves when every first credential is in hand and every delivery answers.
 * @throws the first failure, with its code, when a credential cannot be had
 */
export async function federate(
  plans: readonly CredentialPlan[],
  place: DeliveryPlace,
  world: World,
): Promise<Federation> {
  const held = plans.map((plan) => ({ plan, lease: lease(plan, world) }))
  const leases = held.map((each) => each.lease)
  // One that is delivered to nobody waits until `mayfly get` asks for it.
  const wanted = held.filter((each) => each.plan.deliveries.length > 0)
  const delivered: Delivered[] = []
  const close = async () => {
    for (const each of leases) each.stop()
    await Promise.all(delivered.map((each) => each.close()))
  }
  try {
    await Promise.all(wanted.map((each) => first(each, plans.length > 1)))
    for (const each of wanted) delivered.push(...(await deliver({ ...place, ...each, world })))
    delivered.push(await serveAgent({ ...place, held }))
  } catch (error) {
    await close()
    throw error
  }
  return { leases, changes: delivered.flatMap((each) => each.changes), close }
}

interface Held {
  readonly plan: CredentialPlan
  readonly lease: Lease
}

/** The first credential of a plan, or why there is none. */
async function first({ plan, lease }: Held, amongOthers: boolean): Promise<void> {
  await lease.get().catch((error: unknown) => {
    throw amongOthers && error instanceof MayflyError ? error.about(`credential "${plan.name}"`) : error
  })
}

/** One planned credential, kept fresh; delivered to nobody yet. */
export function lease(plan: CredentialPlan, world: World): Lease {
  const { clock, log } = world
  return keepFresh({
    name: plan.name,
    clock,
    log,
    obtain: (variant, signal) => obtain(plan, variant, world, signal),
  })
}

/** Once along the chain: a fresh proof, and every exchange in turn. Only the last step knows of the variant. */
async function obtain(
  plan: CredentialPlan,
  variant: Variant,
  world: World,
  signal: AbortSignal,
): Promise<Credential> {
  const [first] = plan.steps
  const last = plan.steps.at(-1) ?? first
  const source = chooseSource(plan.from, world)
  let proof = await source.prove(exchangeTo(first).audience(first), signal)
  for (const step of plan.steps.slice(0, -1))
    proof = asProof(await exchangeTo(step).exchange(proof, step, {}, world, signal))
  return exchangeTo(last).exchange(proof, last, variant, world, signal)
}
