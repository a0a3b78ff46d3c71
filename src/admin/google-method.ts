import type { Draft } from '../registry/registry.ts'
import type { AdminPermission } from '../trust/google-admin-roles.ts'
import type { Circumstances } from '../trust/google-condition.ts'

/** Of a JSON object. */
export type Members = Readonly<Record<string, unknown>>

/** A call of Google's IAM API that its caller may make. */
export interface GoogleCall {
  readonly project: { readonly projectNumber: string; readonly projectId: string }
  /** What the path names below the project, outermost first: a pool and a provider, or a service account. */
  readonly names: readonly string[]
  readonly query: ReadonlyMap<string, string>
  readonly body: Members
  /** What is registered; what is put here is stored when the method returns. */
  readonly draft: Draft
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** Whether the caller has a permission on what is named. */
  holds(permission: string): boolean
  /** The same with what the call is found to do, which conditions can ask about. @throws TRUST_DENIED */
  demand(permission: AdminPermission, api: Circumstances['api']): void
}

/** One method of Google's IAM API. */
export interface GoogleMethod {
  /** Absent where everybody may ask. */
  readonly permission?: AdminPermission
  /** What a long-running operation gives in the end; absent where the answer is the result itself. */
  readonly operation?: 'WorkloadIdentityPool' | 'WorkloadIdentityPoolProvider'
  /**
   * Carries it out on the draft. It may be run again on what others have made of the registry meanwhile.
   * @throws REGISTRY_*, REQUEST_INPUT, REQUEST_UNSUPPORTED, TRUST_POLICY with Google's words where they are known
   */
  run(call: GoogleCall): Members
}

/** A family of methods, by the names that Google's discovery document has for them. */
export type GoogleMethods = Readonly<Record<string, GoogleMethod>>
