import type { Io } from './command.ts'
import { dispatch } from './dispatch.ts'

const io: Io = {
  env: process.env,
  cwd: workingDirectory(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  fancy: process.stderr.isTTY === true && !process.env.NO_COLOR,
  fancyOut: process.stdout.isTTY === true && !process.env.NO_COLOR,
}

/** A working directory can be removed under a process; whatever needs none still works. */
function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return process.env.PWD ?? '/'
  }
}

// A reader that goes away (`mayfly get … | head -1`) is no failure, and must not end a program that is running; nor must
// a full disk below what we have to say of it. Whoever wrote an answer to a full disk has none, and is told at the end.
let lost: NodeJS.ErrnoException | undefined
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') lost ??= error
})
process.stderr.on('error', () => {})

// What escapes from a timer or a socket ends everything, with a sentence in place of a stack.
process.on('uncaughtException', async (error) =>
  process.exit((await import('./failed.ts')).failed(error, io)),
)

/** A pipe takes more than it holds only when its reader has read: an exit before that would cut the text short. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}

const exitCode = await dispatch(process.argv.slice(2), io)
await Promise.all([written(process.stdout), written(process.stderr)])
process.exit(lost ? await outputLost(lost) : exitCode)

async function outputLost(cause: NodeJS.ErrnoException): Promise<number> {
  const [{ failed }, { MayflyError }] = await Promise.all([import('./failed.ts'), import('../errors.ts')])
  const message = `standard output cannot be written (${cause.code})`
  return failed(new MayflyError('COMMAND_OUTPUT', { message, cause }), io)
}
