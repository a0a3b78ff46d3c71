import { readPlans } from '../config/index.ts'
import { choose } from '../deliveries/agent.ts'
import { revealed } from '../deliveries/revealed.ts'
import { lease } from '../federate.ts'
import type { Obtain } from './get.ts'
import { spin } from './output.ts'
import { worldOf } from './world.ts'

/** Obtains a credential here and now, and keeps nothing. @throws what the chain throws */
export const obtain: Obtain = async ({ name, variant, file }, io) => {
  const world = worldOf(io)
  const plans = await readPlans({ world, cwd: io.cwd, file, only: name })
  const { plan } = choose(
    plans.map((each) => ({ plan: each })),
    name,
  )
  const held = lease(plan, world)
  try {
    return revealed(await spin(io, `obtaining ${name}`, () => held.get(variant)))
  } finally {
    held.stop()
  }
}
