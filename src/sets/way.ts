import type { Target } from '../sts/explain-offline.ts'
import type { TokenSet } from './token-set.ts'

/** One rule by which tokens get in. */
export interface Way {
  /** What the rule is called: `Statement[0]`, or the name of a credential. */
  readonly source: string
  readonly line: number
  readonly lets: TokenSet
  /** What is kept out all the same, by rules that win over this one. */
  readonly except: readonly TokenSet[]
  /** What is to be known of it besides, in a clause each. */
  readonly notes: readonly string[]
}

/** What tokens can be presented for, and all that lets them in. */
export interface Entrance {
  readonly target: Target
  /** For people: `role arn:aws:…`. */
  readonly name: string
  readonly file: string
  readonly line: number
  readonly ways: readonly Way[]
  /** What else the rules allow or deny, in a line each that begins with Allow or Deny. */
  readonly besides?: readonly string[]
  /** What is not in these files, so that there may be more ways than are known. */
  readonly open?: string
}
