import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { boxProblem } from '../../src/lab/box.ts'
import type { Environment } from '../../src/world.ts'
import { trustFile } from '../fakes/cloud.ts'
import { mayfly, run } from '../fakes/run.ts'
import { emptyHome } from './surroundings.ts'

const problem = boxProblem()
/** Why there can be no lab here, for `node:test`. */
export const skip = problem ? `no box can be made here: ${problem.message}` : false

/** The words that run a command in a lab by the example's trust. */
export const lab = (flags: readonly string[], command: readonly string[]) => [
  ...[mayfly, 'lab', '--trust', trustFile],
  ...flags,
  '--',
  ...command,
]

/** Runs it, with nothing to come home to afterwards. */
export async function inLab(
  t: TestContext,
  flags: readonly string[],
  command: readonly string[],
  more: Environment = {},
) {
  const home = await emptyHome(t)
  const ran = await run(lab(flags, command), { ...home, ...more })
  assert.deepEqual(readdirSync(home.HOME), [], 'something was left in the home folder')
  return ran
}
