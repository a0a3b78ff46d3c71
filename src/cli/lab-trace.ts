import { constants, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs'
import { MayflyError } from '../errors.ts'
import type { Traced } from '../lab/servers.ts'
import type { Io } from './command.ts'
import { withoutSecrets } from './without-secrets.ts'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants
// These are links to what is open already: `>(jq .)`, `/dev/stderr`.
const open = /^\/dev\/(fd\/\d+|stdout|stderr)$/

/**
 * Empties a file for requests to be written to, or makes one, that nobody else can read.
 * @throws CONFIG_FILE when it cannot be written, is a symbolic link, or of another owner
 */
export function openTrace(path: string): number {
  const follow = open.test(path) ? 0 : O_NOFOLLOW
  try {
    const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | follow, 0o600)
    if (fstatSync(file).isFile()) fchmodSync(file, 0o600)
    return file
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new MayflyError('CONFIG_FILE', {
      message: `${path} cannot be written (${code === 'ELOOP' ? 'it is a symbolic link' : code})`,
      values: { file: path },
      cause,
    })
  }
}

/**
 * What writes one line of JSON for every request, to an open file or to a stream, without what it proves itself by. Where
 * there is no room for one, that is said once: the command is worth more than its trace.
 */
export function traceTo(to: number | Io['err'], { err }: Pick<Io, 'err'>): (traced: Traced) => void {
  let told = false
  return (traced) => {
    const line = `${JSON.stringify(withoutSecrets(traced))}\n`
    if (typeof to !== 'number') return to(line)
    try {
      writeSync(to, line)
    } catch (error) {
      if (!told) err(`warning: the trace has gaps (${(error as NodeJS.ErrnoException).code})\n`)
      told = true
    }
  }
}
