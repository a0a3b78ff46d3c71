import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MayflyError } from '../errors.ts'
import type { Environment } from '../world.ts'

export interface TemporaryFolder {
  readonly path: string
  remove(): void
}

/**
 * A folder of mode 0700 that goes away with this process, however it ends short of SIGKILL. In memory where the
 * machine offers that: a container with a read-only file system has /dev/shm and nothing else.
 * @throws CONFIG_FILE when there is no folder to write in
 */
export function temporaryFolder(env: Environment): TemporaryFolder {
  const runtime = env.XDG_RUNTIME_DIR
  const places = [...(runtime ? [runtime] : []), tmpdir(), '/dev/shm']
  const path = firstMade(places)
  const remove = () => rmSync(path, { recursive: true, force: true })
  process.once('exit', remove)
  return {
    path,
    remove() {
      process.removeListener('exit', remove)
      remove()
    },
  }
}

function firstMade(places: readonly string[]): string {
  const attempts = []
  for (const place of places) {
    try {
      return mkdtempSync(join(place, 'mayfly-'))
    } catch (error) {
      attempts.push({ what: place, why: (error as Error).message })
    }
  }
  throw new MayflyError('CONFIG_FILE', {
    message: `no folder to write in: tried ${places.join(', ')}`,
    hint: 'Set TMPDIR to a folder that this user can write in.',
    attempts,
  })
}
