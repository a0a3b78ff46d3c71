import { text } from 'node:stream/consumers'
import { enterBox } from '../../src/lab/box.ts'
import { type Cell, nameOf, type Seen } from './cell.ts'

export interface Report {
  readonly cell: Cell
  readonly seen: readonly Seen[]
  /** What the client put on the wire in its first scene. */
  readonly trace: string
  /** Every request that reached anything in the box, and why the token service refused, for a cell that went wrong. */
  readonly log: string
}

/** What `inside.ts` prints. */
export type Told = Omit<Report, 'cell'>

const inside = new URL('./inside.ts', import.meta.url).pathname

/** Many times what the slowest takes on a busy machine: after that it hangs, and its box is ended with all that is in it. */
const longestMs = 5 * 60_000

/** Plays a cell in a box of its own. A box that dies is a failed first scene, with what it said. */
export async function play(cell: Cell): Promise<Report> {
  const { child, ended } = enterBox(
    [process.execPath, '--disable-warning=ExperimentalWarning', inside, nameOf(cell)],
    {
      env: process.env,
      stdio: 'pipe',
    },
  )
  const timer = setTimeout(() => child.kill('SIGKILL'), longestMs)
  const [out, err, code] = await Promise.all([text(child.stdout!), text(child.stderr!), ended])
  clearTimeout(timer)
  if (code === 0) return { cell, ...(JSON.parse(out) as Told) }
  const scene = cell.scenes[0]!
  return {
    cell,
    seen: [{ scene, outcome: 'failed', text: `the box ended with ${code}` }],
    trace: '',
    log: `${out}${err}`,
  }
}
