import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { MayflyError } from '../errors.ts'
import { nearest } from '../wire/nearest.ts'

/**
 * Reads a command's flags. `--help` is every command's.
 * @throws COMMAND_USAGE naming the flag, the nearest one there is, or the value that is missing
 */
export function readFlags<O extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: O,
) {
  const known = { ...options, help: { type: 'boolean', short: 'h' } } as const
  try {
    return parseArgs({ args: [...args], options: known, allowPositionals: true, strict: true })
  } catch (error) {
    throw usage(command, wrong(args, error, Object.keys(known)))
  }
}

/** A wrong command line. The hint names the command's own help unless there is a better one. */
export function usage(
  command: string,
  message: string,
  hint = `Run \`mayfly help ${command}\`.`,
): MayflyError {
  return new MayflyError('COMMAND_USAGE', { message, hint })
}

function wrong(args: readonly string[], error: unknown, known: readonly string[]): string {
  const { code, message } = error as NodeJS.ErrnoException
  const dashed = beginsWithDash(args, message)
  if (dashed) return dashed
  const [, bare] = /^Option '(?:-\w, )?(--[\w-]+) <value>' argument missing/.exec(message) ?? []
  if (bare !== undefined) return `${bare} needs a value`
  const typed = args.find((each) => each.startsWith('--') && !known.includes(nameOf(each)))
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || typed === undefined) return firstSentence(message)
  const meant = nearest(nameOf(typed), known)
  return `there is no flag --${nameOf(typed)}${meant ? `; did you mean --${meant}?` : ''}`
}

/** `--at -5m`, and `--region --verbose`, of which nobody can tell whether the second is a value. */
function beginsWithDash(args: readonly string[], message: string): string | undefined {
  const [, flag] = /^Option '(--[\w-]+)' argument is ambiguous/.exec(message) ?? []
  if (flag === undefined) return undefined
  const at = args.findIndex((each, i) => each === flag && args[i + 1]?.startsWith('-'))
  const value = args[at + 1]
  return `${flag} needs a value, and ${value} looks like a flag; a value that begins with a dash is written ${flag}=${value}`
}

function nameOf(flag: string): string {
  return flag.slice(2).split('=', 1)[0]!
}

function firstSentence(message: string): string {
  return message.split(/\.\s/, 1)[0]!
}
