import { globSync, renameSync, writeFileSync } from 'node:fs'
import { venv } from './python/venv.ts'

/** The clock of a program that lives in another process. */
export interface FakeTime {
  /** The shared object that is loaded into the program. */
  readonly library: string
  /** What the program needs in its environment; what it starts inherits it. */
  readonly env: Readonly<Record<string, string>>
  /** How far its wall clock is from the machine's, from now on. */
  set(seconds: number): void
}

/**
 * Moves the wall clock of programs that link to glibc: CPython, Node.js, Java; not of Go. They may be running: the
 * file is read whenever they look at the clock. What they wait for, they wait for in real time; only gcloud's own
 * Python takes a time-out of a lock for a time of day. Mayfly has a clock of the lab's: give this to what it runs,
 * `mayfly run -- env LD_PRELOAD=… PROGRAM`.
 * A program that is killed leaves two files of some bytes in /dev/shm.
 * @param folder where the Python toolchain was prepared
 * @param file is made here, and holds the distance
 * @see https://github.com/wolfcw/libfaketime
 */
export function fakeTime(folder: string, file: string): FakeTime {
  const library = libraryIn(folder)
  const set = (seconds: number) => {
    // By a rename, since a reader that finds the file empty would be at the machine's time.
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
    renameSync(`${file}.new`, file)
  }
  set(0)
  return { library, env: variables(library, file), set }
}

// Not Debian's 0.9.10: there `time.sleep` of Python 3.11 fails, since its clock_nanosleep knows no absolute times.
function libraryIn(folder: string): string {
  const { path } = venv(folder, 'libfaketime')
  const [found] = globSync(
    `${path}/lib/python*/site-packages/libfaketime/vendor/libfaketime/src/libfaketime.so.1`,
  )
  if (found && process.platform === 'linux' && process.arch === 'x64') return found
  throw new Error(`no libfaketime for ${process.platform} ${process.arch} in ${path}`)
}

function variables(library: string, file: string) {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    // Time-outs go by the monotonic clock.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // Its remedy for an old glibc bug lets Object.wait() of Java return at once.
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
  }
}
