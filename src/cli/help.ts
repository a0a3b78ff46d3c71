import type { Command, Io } from './command.ts'
import { usage } from './flags.ts'
import { paint, table } from './output.ts'

type Commands = Readonly<Record<string, () => Promise<Command>>>

/** The command that tells of the others, and of itself. */
export function help(commands: Commands): Command {
  return {
    summary: 'how to use a command',
    usage: 'mayfly help [COMMAND]',
    async run([name], io) {
      io.out(name === undefined ? await overview(commands, io) : await helpOf(commands, name))
      return 0
    },
  }
}

async function overview(commands: Commands, io: Io): Promise<string> {
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => [name, await load()] as const),
  )
  const rows = loaded.map(([name, { summary }]) => [`mayfly ${name}`, summary])
  return `${paint(io, 'bold', 'Short-lived cloud credentials for unmodified programs.')}

${table(rows, '  ')}
mayfly help COMMAND tells more. Exit codes: 0 done, 1 refused or failed, 2 wrong command line.
`
}

async function helpOf(commands: Commands, name: string): Promise<string> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!load) throw usage('help', `there is no command "${name}"`, 'Run `mayfly help`.')
  const { summary, usage: text } = await load()
  return `${summary}\n\nusage: ${text.replace(/^usage: /, '').trimEnd()}\n`
}
