/** One thing that was looked at while deciding. */
export interface Check {
  /** What was checked: `principal`, `action`, `condition`, `mapping`, `audience`, `binding`, … */
  readonly check: string
  /** `not-checked`: what it needs is not at hand, and nothing was decided by it. */
  readonly outcome: 'pass' | 'fail' | 'not-checked'
  /** What the proof presented; absent when it presented nothing of the kind. */
  readonly presented?: string | readonly string[]
  /** What the trust expects. */
  readonly expected?: string | readonly string[]
  /** How the two were compared: `StringEquals`, `CEL`, … */
  readonly operator?: string
  /** Where the rule stands: `Statement[0].Condition.StringEquals["gitlab.com:sub"]`. */
  readonly source?: string
  /** The nearest miss, or the next step, in one sentence. */
  readonly hint?: string
  /** It informs and does not decide: the check that it is a part of follows it. */
  readonly part?: true
}

/** What the trust says of a proof, and everything that was looked at on the way. */
export interface Decision {
  readonly decision: 'allow' | 'deny'
  readonly checks: readonly Check[]
  /** Of the failed checks, the one that was nearest to passing, in a sentence. */
  readonly nearMiss?: string
}
