import type { Environment } from '../world.ts'

/** Where a command reads and writes: `process` in earnest, buffers in a test. */
export interface Io {
  readonly env: Environment
  /** The working directory. */
  readonly cwd: string
  /** Data for programs, on standard output. */
  out(text: string): void
  /** All the rest, on standard error. */
  err(text: string): void
  /** Colours and spinners are wanted: standard error is a terminal and NO_COLOR is not set. */
  readonly fancy: boolean
  /** The same of standard output. Default: false. */
  readonly fancyOut?: boolean
}

/** Exit codes: the work was done, it was refused or failed, the command line was wrong. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const

/** One word of the command line, in a file of its own name. */
export interface Command {
  /** One line for `mayfly help`. */
  readonly summary: string
  /** The whole help, without the summary. */
  readonly usage: string
  /** @returns the exit code. @throws MayflyError, which main prints as error, hint and code */
  run(args: readonly string[], io: Io): Promise<number>
}
