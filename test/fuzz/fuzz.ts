import fc from 'fast-check'
import { MayflyError } from '../../src/errors.ts'
import { mutated } from './mutated.ts'
import type { Target } from './target.ts'

/** How long and from where. The same seed gives the same inputs in the same order. */
export interface Effort {
  readonly seed: number
  /** Inputs; how many of them were reached when the time was up does not matter. */
  readonly runs: number
  /** Default: no limit. */
  readonly milliseconds?: number
  /** Of a finding: leads to its input at once. */
  readonly path?: string
}

/** An input that a target should have taken or refused, and did neither. */
export interface Finding {
  readonly target: string
  /** The smallest that was found. */
  readonly input: string
  readonly why: string
  readonly seed: number
  /** Absent where the input was not shrunk. */
  readonly path?: string
}

export interface Outcome {
  readonly runs: number
  /** Inputs that it took; the others it refused as it may. */
  readonly taken: number
  readonly finding?: Finding
}

/** Feeds a target. `before` is told each input first, for what never comes back. */
export async function fuzz(
  target: Target,
  { seed, runs, milliseconds, path }: Effort,
  before: (input: string) => void = () => {},
): Promise<Outcome> {
  let taken = 0
  const property = fc.asyncProperty(mutated(target), async (input) => {
    before(input)
    if (await takes(target, input)) taken++
  })
  const found = await fc.check(property, {
    seed,
    numRuns: runs,
    ...(path !== undefined && { path }),
    ...(milliseconds !== undefined && { interruptAfterTimeLimit: milliseconds }),
    examples: path === undefined ? target.corpus.map((text) => [text] as [string]) : [],
  })
  if (!found.failed || !found.counterexample) return { runs: found.numRuns, taken }
  const why = reasonOf(found.errorInstance)
  const finding = {
    target: target.name,
    input: found.counterexample[0],
    why,
    seed,
    path: found.counterexamplePath!,
  }
  return { runs: found.numRuns, taken, finding }
}

/** Whether the target takes the input, or refuses it by a code that it may use. */
async function takes({ read, refusals }: Target, input: string): Promise<boolean> {
  try {
    await read(input)
    return true
  } catch (error) {
    if (error instanceof MayflyError && refusals.includes(error.code)) return false
    throw error
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof MayflyError) return `${error.code}: ${error.message}\n${error.stack}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
