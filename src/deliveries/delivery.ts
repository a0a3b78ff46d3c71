import type { CredentialKind } from '../credential.ts'
import type { Lease } from '../lease.ts'
import type { CredentialPlan, DeliveryName } from '../plan.ts'
import type { Secret } from '../secret.ts'
import type { World } from '../world.ts'

/** One change to the child's environment, and why: the rows that `docs/environment.md` is made of. */
export type Change = {
  readonly variable: string
  /** Which client reads it and what would go wrong without the change. */
  readonly reason: string
  /** The credential that it is for; `deliver` fills it in. */
  readonly of?: string
} & (
  | { readonly action: 'set'; readonly value: string | Secret }
  | { readonly action: 'unset' }
  /** Adds comma-separated entries to what is there. */
  | { readonly action: 'append'; readonly value: string }
)

export interface DeliverySetting {
  readonly lease: Lease
  readonly plan: CredentialPlan
  /** An existing folder of mode 0700 that goes away with the delivery. */
  readonly directory: string
  /** The words that start this same Mayfly again, for protocols that run a command. */
  readonly command: readonly string[]
  readonly world: World
}

/** A delivery that stands: what the child's environment needs, and how to end it. */
export interface Delivered {
  readonly changes: readonly Change[]
  close(): Promise<void>
}

/** A protocol by which unmodified programs receive credentials. */
export interface Delivery {
  readonly name: DeliveryName
  readonly carries: readonly CredentialKind[]
  /** @throws DELIVERY_KIND when the lease holds a credential that this protocol cannot carry */
  deliver(setting: DeliverySetting): Promise<Delivered>
}
