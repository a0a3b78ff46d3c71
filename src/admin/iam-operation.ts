import type { Draft } from '../registry/registry.ts'
import type { Constraint, ListConstraint, Parameters } from '../wire/aws-parameters.ts'
import type { QueryResult } from '../wire/aws-query.ts'
import type { AskedCall, IamTarget } from './iam-target.ts'

/** A call of IAM that its caller may make. */
export interface IamCall {
  readonly account: string
  /** Checked against what the operation wants. */
  readonly parameters: Parameters
  /** What is registered; what is put here is stored when the operation returns. */
  readonly draft: Draft
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** A time as the form of the answer has it. */
  time(ms: number): string | number
}

/** One operation of IAM. */
export interface IamOperation {
  /** Its parameters: a call has no others, whatever was sent. */
  readonly wanted: readonly (Constraint | ListConstraint)[]
  /** Parameters that AWS takes and this token service does not: refused, and not left out. */
  readonly unsupported?: readonly string[]
  /** What its caller has to be allowed: by its own parameters, and what is registered. @throws REQUEST_INPUT */
  target(call: AskedCall): IamTarget
  /**
   * Carries it out on the draft. It may be run again on what others have made of the registry meanwhile.
   * @returns the members of its result, in AWS's order; nothing where AWS answers with nothing
   * @throws REGISTRY_*, REQUEST_PARAMETER, REQUEST_INPUT, TRUST_POLICY with AWS's words
   */
  run(call: IamCall): QueryResult | undefined
}

/** A family of operations, by their names. */
export type IamOperations = Readonly<Record<string, IamOperation>>
