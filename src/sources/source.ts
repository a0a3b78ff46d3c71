import type { SourceChoice } from '../plan.ts'
import type { Proof, ProofKind } from '../proof.ts'
import type { World } from '../world.ts'

/** What local signs say: whether this platform is here, and what was seen or looked for in vain. */
export interface Sighting {
  readonly here: boolean
  /** One clause for people: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set`. Never a secret. */
  readonly saw: string
  /** The next step where the platform is here but this identity was not asked of it: `permissions: id-token: write`. */
  readonly hint?: string
}

/** Who the proof is for. */
export interface Audience {
  readonly value: string
  /** Only the cloud's usual audience, not one that somebody configured: a source that holds a single token may give that one. */
  readonly usual: boolean
}

/** A platform that gives its workloads a proof of who they are. */
export interface Source {
  readonly name: string
  readonly gives: ProofKind
  /** Looks at local signs only (variables, files): never the network, never throws. */
  detect(): Sighting
  /**
   * A fresh proof for one audience, read or requested anew at every call. Takes at most 5 seconds.
   * @throws SOURCE_ABSENT when the platform is not here: it was named, and no other is tried in its place
   * @throws SOURCE_FAILED, SOURCE_TASK_ROLE, SOURCE_AUDIENCE when it is here and gives no proof
   */
  prove(audience: Audience, signal: AbortSignal): Promise<Proof>
}

export type MakeSource = (world: World, choice?: SourceChoice) => Source
