import { type ErrorCode, type ErrorDetail, MayflyError } from '../errors.ts'
import type { Decision } from '../trust/decision.ts'

/** A proof that holds and is not trusted, with everything that was looked at: for the operator, never for the wire. */
export class TrustDenied extends MayflyError {
  readonly decision: Decision

  constructor(code: ErrorCode, detail: ErrorDetail, decision: Decision) {
    super(code, detail)
    this.decision = decision
  }
}
