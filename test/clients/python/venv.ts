import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../fakes/run.ts'

/** A virtual environment with what one lock file pins. */
export interface Venv {
  readonly path: string
  readonly python: string
  /** The version of a package, as the lock file has it. */
  version(name: string): string
  /** Installs it, unless it is there for an interpreter of this version. @throws Error with the words of pip */
  make(interpreter: string): Promise<void>
}

// Cold, by a slow line, on a machine that has other things to do.
const timeoutMs = 10 * 60_000

/**
 * The one for `locks/NAME.txt`, under a name that changes with the lock file. A lock file is what `uv pip compile` made
 * of the `.in` file beside it, by the command in its second line; only what has one of its hashes is installed.
 */
export function venv(folder: string, name: string): Venv {
  const lock = fileURLToPath(new URL(`./locks/${name}.txt`, import.meta.url))
  const pins = readFileSync(lock, 'utf8')
  const path = join(folder, `${name}-${createHash('sha256').update(pins).digest('hex').slice(0, 12)}`)
  return {
    path,
    python: pythonIn(path),
    version: (of) => pinned(pins, of),
    async make(interpreter) {
      if (await isMade(path, interpreter)) return
      const half = await mkdtemp(join(folder, 'half-'))
      try {
        await nice('python3', '-m', 'venv', '--without-pip', half)
        await nice('python3', '-m', 'pip', '--python', pythonIn(half), 'install', ...exactly, '-r', lock)
        await rm(path, { recursive: true, force: true })
        // At once, so that there is never a half of one. Programs start by `python -m`: a script would name the old path.
        await rename(half, path)
      } finally {
        await rm(half, { recursive: true, force: true })
      }
    },
  }
}

const pythonIn = (path: string) => join(path, 'bin', 'python')
const exactly = ['--quiet', '--require-hashes', '--no-deps', '--only-binary', ':all:', '--no-compile']

async function isMade(path: string, interpreter: string): Promise<boolean> {
  if (!existsSync(pythonIn(path))) return false
  return (await readFile(join(path, 'pyvenv.cfg'), 'utf8')).includes(`version = ${interpreter}\n`)
}

async function nice(...command: readonly string[]): Promise<void> {
  const { code, err } = await run(['nice', ...command], process.env, { timeoutMs })
  if (code !== 0) throw new Error(`${command.join(' ')} failed:\n${err}`)
}

function pinned(pins: string, name: string): string {
  const version = new RegExp(`^${name}==(\\S+)`, 'm').exec(pins)?.[1]
  if (!version) throw new Error(`the lock file does not pin ${name}`)
  return version
}
