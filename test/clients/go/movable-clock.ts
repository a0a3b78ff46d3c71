import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const movableNow = fileURLToPath(new URL('./overlay/now.go', import.meta.url))
const edits = [
  { file: 'time.go', from: 'func Now() Time {', to: 'func machineNow() Time {' },
  { file: 'sleep.go', from: '<- Now()', to: '<- timerNow()' },
]

/**
 * Writes what `go build -overlay` takes, and says where: the installed standard library with another time.Now (see
 * overlay/now.go). Go reads the clock without the C library, so that libfaketime cannot move it.
 */
export async function movableClock(goroot: string, folder: string): Promise<string> {
  const time = join(goroot, 'src/time')
  const Replace: Record<string, string> = { [join(time, 'movable_now.go')]: movableNow }
  for (const { file, from, to } of edits) {
    const [before, after, ...others] = (await readFile(join(time, file), 'utf8')).split(from)
    if (after === undefined || others.length > 0) throw new Error(`${join(time, file)} has not one "${from}"`)
    Replace[join(time, file)] = join(folder, file)
    await writeFile(join(folder, file), before + to + after)
  }
  const overlay = join(folder, 'overlay.json')
  await writeFile(overlay, JSON.stringify({ Replace }))
  return overlay
}
