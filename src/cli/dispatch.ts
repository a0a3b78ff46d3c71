import type { Io } from './command.ts'
import { type CommandName, commands } from './commands.ts'

/** Runs one command line and prints what goes wrong, by code that is loaded only then. Never throws. @returns the exit code */
export async function dispatch([word = 'help', ...args]: readonly string[], io: Io): Promise<number> {
  const name = aliases[word] ?? word
  try {
    if (!isCommand(name)) throw (await import('./unknown.ts')).unknownCommand(name, Object.keys(commands))
    if (name !== 'help' && asksForHelp(args)) return await (await commands.help()).run([name], io)
    return await (await commands[name]()).run(args, io)
  } catch (error) {
    return (await import('./failed.ts')).failed(error, io)
  }
}

const aliases: Readonly<Record<string, CommandName>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
  '-V': 'version',
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name)
}

// Not what stands after `--`: that is the program's own.
function asksForHelp(args: readonly string[]): boolean {
  const at = args.indexOf('--')
  return args.slice(0, at < 0 ? undefined : at).some((each) => each === '--help' || each === '-h')
}
