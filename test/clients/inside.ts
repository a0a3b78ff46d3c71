// Plays one cell of the matrix inside a box, and prints what was seen as one line of JSON.
import type { Seen } from './cell.ts'
import type { SceneName } from './client.ts'
import { cellNamed } from './matrix.ts'
import type { Told } from './play.ts'
import { scenes } from './scenes.ts'
import { openStage, type Stage } from './stage.ts'
import { logText, steady, traceText } from './trace.ts'

const { stage, close } = await openStage(cellNamed(process.argv[2] ?? ''))
const told = await playAll(stage)
await close()
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit())

/** Every scene in its order; one that fails ends the cell. */
async function playAll(on: Stage): Promise<Told> {
  const seen: Seen[] = []
  let trace = ''
  for (const scene of on.cell.scenes) {
    const before = on.requests.length
    const outcome = await playOne(scene, on)
    seen.push(outcome)
    if (scene === 'first') trace = traceText(on, on.requests.slice(before))
    if (outcome.outcome === 'failed') break
  }
  return { seen, trace, log: logText(on) }
}

async function playOne(scene: SceneName, on: Stage): Promise<Seen> {
  const miss = on.cell.client.misses?.[scene]
  try {
    const text = steady(await scenes[scene](on))
    if (!miss) return { scene, outcome: 'ok', text }
    return { scene, outcome: 'failed', text: `it holds, and was known not to: ${text}` }
  } catch (error) {
    const { message } = error as Error
    const known = miss?.exec(message)?.[0]
    return known === undefined
      ? { scene, outcome: 'failed', text: message }
      : { scene, outcome: 'missed', text: steady(known) }
  }
}
