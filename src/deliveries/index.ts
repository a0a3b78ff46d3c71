import { MayflyError } from '../errors.ts'
import type { DeliveryName } from '../plan.ts'
import { credentialProcess } from './credential-process.ts'
import type { Change, Delivered, Delivery, DeliverySetting } from './delivery.ts'
import { ecs } from './ecs.ts'
import { env } from './env.ts'
import { gce } from './gce.ts'

/** Every delivery there is, in the order in which a plan's are made. */
export const deliveries: readonly Delivery[] = [ecs, gce, env, credentialProcess]

/**
 * Makes every delivery that a plan asks for; closes those already made when a later one fails.
 * @throws DELIVERY_KIND when one of them cannot carry the plan's credential, before any is made
 */
export async function deliver(setting: DeliverySetting): Promise<Delivered[]> {
  const { plan, lease } = setting
  const { kind } = await lease.get()
  const wanted = deliveries.filter((each) => plan.deliveries.includes(each.name))
  for (const each of wanted) if (!each.carries.includes(kind)) throw cannotCarry(plan.name, each.name, kind)
  const made: Delivered[] = []
  try {
    for (const each of wanted) made.push(named(plan.name, await each.deliver(setting)))
  } catch (error) {
    await Promise.all(made.map((each) => each.close()))
    throw error
  }
  return made
}

function named(of: string, delivered: Delivered): Delivered {
  return { ...delivered, changes: delivered.changes.map((change): Change => ({ ...change, of })) }
}

function cannotCarry(plan: string, delivery: DeliveryName, kind: string): MayflyError {
  return new MayflyError('DELIVERY_KIND', {
    message: `the ${delivery} delivery cannot carry the ${kind} of "${plan}"`,
    values: { credential: plan, delivery, kind },
  })
}
