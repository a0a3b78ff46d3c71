import type { ErrorCode } from '../../src/errors.ts'

/** One parser of what a stranger may send. */
export interface Target {
  readonly name: string
  /** Texts that are taken, or nearly: what is mutated. */
  readonly corpus: readonly string[]
  /** Words that mean something in this format. */
  readonly words: readonly string[]
  /** The codes by which it may refuse; anything else that it throws is a finding. */
  readonly refusals: readonly ErrorCode[]
  /** Reads a text, and asserts what has to hold of what was read. */
  read(text: string): unknown
}
