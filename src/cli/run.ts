import { readPlans } from '../config/index.ts'
import { childEnvironment } from '../deliveries/child.ts'
import type { Change } from '../deliveries/delivery.ts'
import { type Federation, federate } from '../federate.ts'
import type { Command, Io } from './command.ts'
import { withDeliveries } from './deliver-flag.ts'
import { readFlags, usage } from './flags.ts'
import { paint, spin, table } from './output.ts'
import { ownCommand, reapIfFirst } from './reaper.ts'
import { endBy, forwardSignals, type Signals } from './signals.ts'
import { type Ending, findCommand, start } from './start.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { worldOf } from './world.ts'

interface Options {
  readonly command: readonly [string, ...string[]]
  readonly verbose: boolean
  readonly file?: string
  readonly deliver?: string
}

export const run: Command = {
  summary: 'run a program with credentials that do not expire',
  usage: `mayfly run [--config FILE] [--deliver NAME,…] [--verbose] -- COMMAND…

  --config FILE    mayfly.yaml, or the JSON that gcloud wrote; default: what is found here
  --deliver NAMES  how the program receives them: ecs, gce, env, credential-process
  --verbose        say what was obtained and which variables the program gets

The program starts when its first credentials are there. Its exit code is the exit code: 127 when there is no such
command, 126 when it cannot be started, 128 + N when signal N ended it. Signals are passed on to it.
What it leaves running in the background has credentials only while it runs itself. If Mayfly is killed with
SIGKILL, the program goes on with the credentials that it holds, and its next renewal fails.
`,
  async run(args, io) {
    const options = read(args)
    findCommand(options.command[0], io.env)
    reapIfFirst([...ownCommand(), 'run', ...args], io.env)
    const signals = forwardSignals()
    const ending = await withFolder(io, (directory) => supervise(options, directory, signals, io))
    signals.stop()
    return 'signal' in ending ? endBy(ending.signal) : ending.code
  },
}

async function supervise(options: Options, directory: string, signals: Signals, io: Io): Promise<Ending> {
  const ready = spin(io, 'obtaining credentials', () => federated(options, directory, io))
  const first = await Promise.race([ready, signals.early.then((signal) => ({ signal }))])
  if ('signal' in first) return first
  try {
    if (options.verbose) io.err(report(first, io))
    const { child, ended } = await start(options.command, childEnvironment(io.env, first.changes))
    signals.to(child)
    return await ended
  } finally {
    await first.close()
  }
}

async function federated(options: Options, directory: string, io: Io): Promise<Federation> {
  const world = worldOf(io)
  const found = await readPlans({ world, cwd: io.cwd, file: options.file })
  const plans = options.deliver === undefined ? found : withDeliveries(found, options.deliver)
  return federate(plans, { directory, command: ownCommand() }, world)
}

async function withFolder<T>(io: Io, work: (path: string) => Promise<T>): Promise<T> {
  const folder = temporaryFolder(io.env)
  try {
    return await work(folder.path)
  } finally {
    folder.remove()
  }
}

const flags = {
  config: { type: 'string' },
  deliver: { type: 'string' },
  verbose: { type: 'boolean' },
} as const

function read(args: readonly string[]): Options {
  const at = args.indexOf('--')
  const own = at < 0 ? args : args.slice(0, at)
  const misplaced = firstWord(own)
  const { values } = readFlags('run', own.slice(0, misplaced), flags)
  if (misplaced !== undefined) throw withoutDashes(own, misplaced, args.slice(own.length + 1))
  const [program, ...rest] = args.slice(own.length + 1)
  if (program === undefined)
    throw usage('run', 'there is no command to run', 'Write it after `--`: mayfly run -- COMMAND')
  const { config: file, deliver, verbose = false } = values
  return {
    command: [program, ...rest],
    verbose,
    ...(file !== undefined && { file }),
    ...(deliver !== undefined && { deliver }),
  }
}

/** Where the first word is that is neither a flag nor a flag's value. */
function firstWord(args: readonly string[]): number | undefined {
  const takesValue = (flag: string | undefined) => flag === '--config' || flag === '--deliver'
  const at = args.findIndex((each, i) => !each.startsWith('-') && !takesValue(args[i - 1]))
  return at < 0 ? undefined : at
}

function withoutDashes(own: readonly string[], at: number, after: readonly string[]) {
  const corrected = ['mayfly', 'run', ...own.slice(0, at), '--', ...own.slice(at), ...after]
  return usage('run', `"${own[at]}" is neither a flag nor after \`--\``, `Write: ${corrected.join(' ')}`)
}

function report({ leases, changes }: Federation, io: Io): string {
  const credentials = leases.map((lease) => {
    const { name, state, expiresAtMs } = lease.status()
    return [
      paint(io, 'bold', name),
      state,
      expiresAtMs === undefined ? '' : `until ${new Date(expiresAtMs).toISOString()}`,
    ]
  })
  const rows = changes.map((change) => [change.variable, change.action, shown(change)])
  return `${table(credentials)}${table(rows, '  ')}`
}

function shown(change: Change): string {
  return change.action !== 'unset' && typeof change.value === 'string' ? withoutPath(change.value) : ''
}

/** Of an address no more than where it is: the path of an endpoint of ours is as good as a password. */
function withoutPath(value: string): string {
  const url = URL.parse(value)
  return url?.host ? `${url.origin}/…` : value
}
