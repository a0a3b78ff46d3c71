import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../../../src/world.ts'
import { run } from '../../fakes/run.ts'
import { movableClock } from './movable-clock.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
// Versions of one library cannot be in the same module: Go would take the newest for all.
const modules = ['current', 'before-external-account']
// With nothing cached, on cores that others use too, it takes four.
const longestMinutes = 20

/**
 * Builds every program into `folder/MODULE/PROGRAM`, with a clock that can be moved. Does nothing when what is there was
 * built from the same sources and lock files.
 */
export async function build(folder: string): Promise<void> {
  const stamp = join(folder, 'built')
  const wanted = await fingerprint()
  if ((await readFile(stamp, 'utf8').catch(() => undefined)) === wanted) return
  await mkdir(folder, { recursive: true })
  const overlay = await movableClock(await goCommand(['env', 'GOROOT'], 'current'), folder)
  for (const module of modules)
    await goCommand(['build', '-overlay', overlay, '-o', `${join(folder, module)}/`, './...'], module)
  await writeFile(stamp, wanted)
}

/** Of the name and content of every file that is Go's. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(here, { recursive: true, withFileTypes: true })
  const files = entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
  for (const file of files.filter((each) => !each.endsWith('.ts')).sort())
    hash.update(`${relative(here, file)}\0`).update(await readFile(file))
  return hash.digest('hex')
}

// Nothing of the user's own settings; no C, so that a binary runs in any container; the same bytes wherever it is built.
const settings = {
  GOFLAGS: '-mod=readonly -trimpath -buildvcs=false -ldflags=-w',
  GOWORK: 'off',
  CGO_ENABLED: '0',
}

/** What the go command prints, in the folder of a module. */
export async function goCommand(
  args: readonly string[],
  module: string,
  variables: Environment = {},
): Promise<string> {
  const env = { ...process.env, ...settings, ...variables }
  const place = { cwd: join(here, module), timeoutMs: longestMinutes * 60_000 }
  const { code, out, err } = await run(['nice', 'go', ...args], env, place)
  if (code === 0) return out.trim()
  const away = /dial tcp|no such host|connection refused|i\/o timeout|50[234] |disabled by GOPROXY/.test(err)
  const hint = away ? 'its modules could not be downloaded: name a proxy that answers in GOPROXY' : 'it says'
  throw new Error(`go ${args[0]} failed in ${module}; ${hint}\n${out}${err}`)
}
