import type { ErrorCode, MayflyError } from '../errors.ts'
import type { Check, Decision } from '../trust/decision.ts'
import { TrustDenied } from './trust-denied.ts'

/** The trace of a denial; of another refusal that compared two values, this one comparison. */
export function decisionBehind(error: MayflyError): Decision {
  if (error instanceof TrustDenied) return error.decision
  const checks = error.values.expected === undefined ? [] : [checkBehind(error)]
  return { decision: 'deny', checks }
}

/** The one check that a refusal amounts to, whether or not it compared two values. */
export function checkBehind({
  code,
  message,
  values,
}: Pick<MayflyError, 'code' | 'message' | 'values'>): Check {
  const { presented, expected } = values
  return {
    check: names[code] ?? nameOf(code),
    outcome: 'fail',
    ...(presented !== undefined && { presented: texts(presented) }),
    ...(expected === undefined ? { hint: sentence(message) } : { expected: texts(expected) }),
  }
}

/** Where another word than the code's own says what was checked. */
const names: Partial<Record<ErrorCode, string>> = {
  PROOF_EXPIRED: 'times',
  PROOF_NOT_YET_VALID: 'times',
  PROOF_LIFETIME: 'times',
  PROOF_KEY: 'signature',
  PROOF_DISCOVERY: 'signature',
}

function nameOf(code: ErrorCode): string {
  return code
    .toLowerCase()
    .replace(/^[a-z]+_/, '')
    .replaceAll('_', ' ')
}

function texts(value: string | number | readonly string[]): string | readonly string[] {
  return typeof value === 'number' ? String(value) : value
}

/** A message begins small, as it stands behind `error:`; a hint stands by itself. Names of things stay as they are. */
function sentence(message: string): string {
  return message.replace(/^[a-z]+(?= )/, (word) => word[0]!.toUpperCase() + word.slice(1))
}
