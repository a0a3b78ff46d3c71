import { existsSync, globSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../fakes/run.ts'
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

/**
 * Compiles the library from the source in the package: the one that the package has compiled tells a thread the
 * machine's time, now and then, where another looks at the clock at that moment. Returns at once when it is there.
 * @throws Error with the words of the C compiler
 */
export async function makeLibrary(folder: string): Promise<void> {
  const source = sourceIn(folder)
  const library = join(source, name)
  if (existsSync(library)) return
  const half = join(source, 'half.so')
  const command = ['cc', ...flags, 'libfaketime.c', ...links, '-o', half]
  const ran = await run(command, process.env, { cwd: source }).catch(noCompiler)
  if (ran.code !== 0) throw new Error(`libfaketime could not be compiled:\n${ran.err}`)
  renameSync(half, library)
}

function noCompiler(cause: unknown): never {
  throw new Error('libfaketime needs a C compiler, `cc` on PATH', { cause })
}

const name = 'libfaketimeMT.so.1'
// As the package's own, and with a lock around its clock. Not FAKE_SLEEP, which Debian's 0.9.10 has too: with it
// `time.sleep` of Python 3.11 fails, since its clock_nanosleep knows no absolute times.
const defined = ['PTHREAD_SINGLETHREADED_TIME', 'FAKE_PTHREAD', 'FAKE_TIMERS', 'FAKE_INTERNAL_CALLS']
const unused = ['PREFIX=""', 'LIBDIRNAME=""']
const flags = ['-shared', '-fPIC', '-O2', '-std=gnu99', ...[...defined, ...unused].map((each) => `-D${each}`)]
const links = ['-Wl,--version-script=libfaketime.map', '-lpthread', '-ldl', '-lm', '-lrt']

function sourceIn(folder: string): string {
  const { path } = venv(folder, 'libfaketime')
  const [found] = globSync(`${path}/lib/python*/site-packages/libfaketime/vendor/libfaketime/src`)
  if (found && process.platform === 'linux') return found
  throw new Error(`no libfaketime for ${process.platform} in ${path}`)
}

function libraryIn(folder: string): string {
  const library = join(sourceIn(folder), name)
  if (existsSync(library)) return library
  throw new Error(`${library} was not made`)
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
