import { deliveries } from '../deliveries/index.ts'
import { MayflyError } from '../errors.ts'
import { type Cloud, type CredentialPlan, type DeliveryName, deliveryNames } from '../plan.ts'
import { nearest } from '../wire/nearest.ts'
import { usage } from './flags.ts'

const gives = { aws: 'aws', google: 'access-token' } as const satisfies Record<Cloud, string>

/**
 * The plans with the deliveries of `--deliver` in place of their own: each gets those that carry what it ends with.
 * @throws COMMAND_USAGE for a name that there is not, DELIVERY_KIND when none of them carries a plan's credential
 */
export function withDeliveries(plans: readonly CredentialPlan[], flag: string): CredentialPlan[] {
  const names = flag.split(',').map((each) => known(each.trim()))
  return plans.map((plan) => {
    const kind = gives[plan.steps.at(-1)!.to]
    const fitting = deliveries.filter((each) => names.includes(each.name) && each.carries.includes(kind))
    if (fitting.length === 0)
      throw new MayflyError('DELIVERY_KIND', {
        message: `--deliver ${flag} has nothing that carries the ${kind} credential "${plan.name}"`,
      })
    return { ...plan, deliveries: fitting.map((each) => each.name) }
  })
}

function known(name: string): DeliveryName {
  const found = deliveryNames.find((each) => each === name)
  if (found) return found
  const meant = nearest(name, deliveryNames)
  const message = `there is no delivery "${name}"${meant ? `; did you mean ${meant}?` : ''}`
  throw usage('run', message, `There are: ${deliveryNames.join(', ')}.`)
}
