import type { GivenTrust } from '../registry/given.ts'
import type { Explanation } from '../sts/explain-offline.ts'
import { type Claims, decide } from './decide.ts'
import { valuesOf } from './token-set.ts'
import { hasValue } from './value-set.ts'
import type { Entrance } from './way.ts'

/** What one token may do: where it gets in, by which rule, or why not. */
export interface CandidateResult {
  readonly claims: Claims
  readonly entrances: readonly CandidateEntrance[]
}

export interface CandidateEntrance {
  readonly name: string
  readonly decision: 'allow' | 'deny'
  /** The rule that let it in. */
  readonly by?: string
  /** The nearest miss. */
  readonly why?: string
}

/** Asks the deciding engine for every entrance: where the token gets in comes first, then what is for its issuer. */
export async function tryCandidate(
  claims: Claims,
  entrances: readonly Entrance[],
  trust: GivenTrust,
  nowMs: number,
): Promise<CandidateResult> {
  const results: CandidateEntrance[] = []
  const entered = entrances.filter(isForTokens)
  const near = entered.filter((each) => isForIssuer(each, claims))
  const far = entered.filter((each) => !isForIssuer(each, claims))
  for (const { name, target, open } of [...near, ...far]) {
    if (open !== undefined) {
      results.push({ name, decision: 'deny', why: open })
      continue
    }
    const found = await decide(trust, target, claims, nowMs)
    results.push({ name, ...told(found) })
  }
  const allowed = results.filter(({ decision }) => decision === 'allow')
  return { claims, entrances: [...allowed, ...results.filter(({ decision }) => decision === 'deny')] }
}

/** Some stand for what is allowed otherwise than by tokens. */
function isForTokens({ target }: Entrance): boolean {
  if (target.cloud === 'oauth') return target.resources.length > 0
  return target.cloud !== 'google' || target.provider !== ''
}

function isForIssuer({ ways }: Entrance, { iss }: Claims): boolean {
  const issuer = typeof iss === 'string' ? iss : undefined
  return ways.some(({ lets }) => hasValue(valuesOf(lets, 'iss'), issuer))
}

function told({ decision, checks, nearMiss }: Explanation): Omit<CandidateEntrance, 'name'> {
  if (decision === 'deny') return { decision, ...(nearMiss !== undefined && { why: nearMiss }) }
  const failed = new Set(
    checks
      .filter(({ check, outcome }) => check === 'condition' && outcome === 'fail')
      .map(({ source }) => source),
  )
  const conditionOf = (source = '') => source.replace(/\.members\[\d+\]$/, '.condition')
  const passed = checks.filter(
    ({ outcome, source }) => outcome === 'pass' && !failed.has(conditionOf(source)),
  )
  // The last of these decides: a binding after the condition of its provider.
  const by = passed.findLast(
    ({ check, operator }) => rules.includes(check) || (check === 'statement' && operator === 'Allow'),
  )
  return { decision, ...(by?.source !== undefined && { by: by.source }) }
}

const rules: readonly string[] = ['federated-credential', 'binding', 'attribute-condition', 'rules']
