import { type ChildProcess, spawn } from 'node:child_process'
import { MayflyError } from '../errors.ts'

/** How a child ended: by itself or by a signal. */
export type Ending = { readonly code: number } | { readonly signal: NodeJS.Signals }

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ending>
}

/**
 * Starts a program with this process's own standard streams, found on the PATH of its own environment.
 * @throws COMMAND_ABSENT, COMMAND_DENIED
 */
export async function start(
  command: readonly [string, ...string[]],
  env: Record<string, string>,
): Promise<Started> {
  const [program, ...args] = command
  try {
    const child = spawn(program, args, { env, stdio: 'inherit' })
    const ended = new Promise<Ending>((resolve) =>
      child.once('exit', (code, signal) => resolve(signal ? { signal } : { code: code ?? 1 })),
    )
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    return { child, ended }
  } catch (error) {
    throw notStarted(program, error as NodeJS.ErrnoException)
  }
}

function notStarted(program: string, cause: NodeJS.ErrnoException): MayflyError {
  if (cause.code === 'ENOENT') {
    const message = program.includes('/')
      ? `there is no file ${program}, or not the interpreter that its first line names`
      : `there is no command "${program}" on PATH`
    return new MayflyError('COMMAND_ABSENT', { message, values: { command: program }, cause })
  }
  return new MayflyError('COMMAND_DENIED', {
    message: `"${program}" could not be started: ${cause.code === 'EACCES' ? 'permission denied' : (cause.code ?? cause.message)}`,
    values: { command: program },
    cause,
  })
}
