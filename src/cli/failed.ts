import { type ErrorCode, MayflyError } from '../errors.ts'
import { printable } from '../wire/printable.ts'
import { exitCodes, type Io } from './command.ts'
import { errorText } from './output.ts'

/** Prints why a command failed. @returns the exit code */
export function failed(error: unknown, io: Io): number {
  if (!(error instanceof MayflyError)) return unforeseen(error, io)
  io.err(errorText(io, error))
  return exceptions[error.code] ?? exitCodes.failed
}

/** For commands whose exit code 1 is an answer: what they cannot use is 2. @throws what is no MayflyError */
export function unusable(error: unknown, io: Io): number {
  if (!(error instanceof MayflyError)) throw error
  io.err(errorText(io, error))
  return exitCodes.usage
}

// 127 and 126 as env(1) and every shell have them, so that scripts can tell them from the program's own failure.
const exceptions: Partial<Record<ErrorCode, number>> = {
  COMMAND_USAGE: exitCodes.usage,
  COMMAND_ABSENT: 127,
  COMMAND_DENIED: 126,
}

function unforeseen(error: unknown, io: Io): number {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  io.err(`error: something unforeseen: ${printable(text)}\n`)
  io.err(
    'hint: This is a fault in Mayfly. Please report it with the command line; MAYFLY_TRACE=1 shows where it happened.\n',
  )
  if (io.env.MAYFLY_TRACE === '1' && error instanceof Error) io.err(`${error.stack}\n`)
  return exitCodes.failed
}
