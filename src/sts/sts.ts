import type { Keys } from '../keys/keys.ts'
import type { Registry } from '../registry/registry.ts'
import type { Audit } from './audit.ts'
import type { MfaCodes } from './aws/mfa.ts'
import type { KeySource } from './key-source.ts'
import type { UsedAssertions } from './oauth/used-assertions.ts'
import type { Limits } from './operator/limits.ts'
import type { Readiness } from './operator/readiness.ts'
import type { Snapshot } from './snapshot.ts'

/** A token service: what is registered, its keys, its audit and its clock. */
export interface Sts {
  /** What is registered now, compiled; a new object after every change. */
  registered(): Snapshot
  /** What admin calls change. Absent: what is registered is fixed, and there are no admin calls. */
  readonly registry?: Registry
  readonly keys: Keys
  /** The public keys of the issuers that are trusted: ours from memory, others by discovery. */
  readonly issuerKeys: KeySource
  /** The codes of users' MFA devices. */
  readonly mfa: MfaCodes
  /** Which assertions the clients of authorization servers have used. */
  readonly usedAssertions: UsedAssertions
  readonly audit: Audit
  /** How often somebody may ask. */
  readonly limits: Limits
  /** Whether requests had better go to another node. */
  readonly readiness: Readiness
  /** Takes a GetCallerIdentity request for Google only with x-goog-cloud-target-resource signed, which Google does not demand. */
  readonly signedTargetOnly: boolean
  /** Epoch milliseconds. */
  now(): number
}
