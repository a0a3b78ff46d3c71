import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { MayflyError } from '../errors.ts'
import type { Environment } from '../world.ts'

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

/**
 * Looks whether there is such a program, before anything is done for it.
 * @throws COMMAND_ABSENT, COMMAND_DENIED
 */
export function findCommand(program: string, env: Environment): void {
  const failures = program.includes('/')
    ? [whyNot(program)]
    : foldersIn(env).map((folder) => whyNotIn(folder, program))
  if (failures.includes(undefined)) return
  const code = failures.find((each) => each !== 'ENOENT') ?? 'ENOENT'
  throw notStarted(program, Object.assign(new Error(code), { code }))
}

const foldersIn = ({ PATH = '' }: Environment) => PATH.split(delimiter)

/** What is in a folder that may not be looked into is nothing that this user has. */
function whyNotIn(folder: string, program: string): string | undefined {
  const path = join(folder, program)
  return program !== '' && existsSync(path) ? whyNot(path) : 'ENOENT'
}

function whyNot(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return 'EISDIR'
    accessSync(path, constants.X_OK)
    return undefined
  } catch (error) {
    const { code = 'EACCES' } = error as NodeJS.ErrnoException
    return code === 'ENOTDIR' ? 'ENOENT' : code
  }
}

function notStarted(program: string, cause: NodeJS.ErrnoException): MayflyError {
  const values = { command: program }
  if (cause.code === 'ENOENT') {
    const message = program.includes('/')
      ? `there is no file ${program}, or not the interpreter that its first line names`
      : `there is no command "${program}" on PATH`
    return new MayflyError('COMMAND_ABSENT', { message, values, cause })
  }
  if (cause.code === 'EISDIR')
    return new MayflyError('COMMAND_DENIED', {
      message: `"${program}" is a folder`,
      values,
      cause,
      hint: 'Name the program in it.',
    })
  return new MayflyError('COMMAND_DENIED', {
    message: `"${program}" could not be started: ${cause.code === 'EACCES' ? 'permission denied' : (cause.code ?? cause.message)}`,
    values,
    cause,
  })
}
