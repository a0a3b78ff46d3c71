import type { Credential } from '../credential.ts'
import type { Variant } from '../lease.ts'
import type { Step } from '../plan.ts'
import type { Proof, ProofKind } from '../proof.ts'
import type { World } from '../world.ts'

/** A token service's protocol: a proof goes in, a short-lived credential comes back. */
export interface Exchange<S extends Step = Step> {
  readonly to: S['to']
  readonly accepts: readonly ProofKind[]
  /** Whom a proof for this step is made out to. */
  audience(step: S): { readonly value: string; readonly usual: boolean }
  /**
   * One exchange, not retried here: the refresher does that. Takes at most 5 seconds a request.
   * @throws EXCHANGE_REFUSED with the token service's own code and words; PROOF_EXPIRED where those say so
   * @throws EXCHANGE_UNREACHABLE, EXCHANGE_ANSWER, EXCHANGE_ID_TOKEN, SOURCE_REGION
   */
  exchange(proof: Proof, step: S, variant: Variant, world: World, signal: AbortSignal): Promise<Credential>
}
