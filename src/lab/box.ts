import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import { setTimeout as passed } from 'node:timers/promises'
import type { MayflyError } from '../errors.ts'
import type { Environment } from '../world.ts'
import { aroundBox } from './around-box.ts'
import { boxDenied } from './box-denied.ts'
import { boxScript, passedOn } from './box-script.ts'
import { closeInherited } from './inherited.ts'

export interface BoxOptions {
  readonly env: Environment
  /** Of the command's three standard streams. Default: this process's own. */
  readonly stdio?: 'inherit' | 'pipe'
  /** What the command finds on `messageDescriptor`, to be read to its end. Default: nothing. */
  readonly message?: string
  /** An open file that the command has as `fileDescriptor`. Nothing else that is open here reaches the box. */
  readonly file?: number
  /** Where there are to be folders for logins as long as the box is there, so that they can be hidden in it. Default: nowhere. */
  readonly home?: string
  /** How long the box is left to pass on a signal: one in which nothing does so any more is ended. Default: 5 s. */
  readonly patienceMs?: number
}

export interface Box {
  /** Its streams, where they are pipes. */
  readonly child: ChildProcess
  /** The command's exit code; 128 plus the signal's number when a signal ended it. */
  readonly ended: Promise<number>
  /** Signals the command. */
  kill(signal: NodeJS.Signals): void
}

const title = 'mayfly-box'
const namespaces = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child']
const asUser = ['--user', '--map-root-user']

/**
 * Runs a command in network, mount and process namespaces of its own: nothing that it does to either can be seen
 * outside, and nothing of it is left when it ends, or when this process does, however that comes about.
 * The command is to set or reset what signals do, as Node does for itself and its children: it starts with some ignored.
 * @throws LAB_* when the kernel, or whoever set it up, does not allow that
 */
export function enterBox(command: readonly string[], options: BoxOptions): Box {
  const { env, stdio = 'inherit', message = '', file = 'ignore', home = '', patienceMs = 5000 } = options
  closeInherited()
  const way = wayIn()
  if (!way.flags) throw way.problem
  const [program, args] = unshare(way.flags, command)
  const child = spawn('/bin/sh', ['-c', aroundBox, title, home, program, ...args], {
    env: env as NodeJS.ProcessEnv,
    stdio: [stdio, stdio, stdio, 'pipe', 'pipe', file],
  })
  const [control, told] = child.stdio.slice(3) as [Duplex, Duplex]
  // The command may have ended with a signal, or what it was told, on its way to it.
  for (const each of [control, told]) each.on('error', () => {})
  told.end(message)
  const ended = ending(child)
  return {
    child,
    ended,
    kill(signal) {
      control.write(`${signal.replace('SIG', '')}\n`)
      // The command can end what passes it on: root even from outside of its view, and a user its own.
      const giveUp = setTimeout(() => child.kill('SIGKILL'), patienceMs).unref()
      control.once('data', () => clearTimeout(giveUp))
    },
  }
}

// What has to be taken away after the box takes no time, unless another box still needs it.
const tidyingMs = 500

async function ending(child: ChildProcess): Promise<number> {
  const closed = once(child, 'close')
  const [code, signal] = await once(child, 'exit')
  await Promise.race([closed, passed(tidyingMs)])
  return code ?? 128 + constants.signals[signal as NodeJS.Signals]
}

/** Why no box can be made here; undefined when one can. Found out by making one. */
export function boxProblem(): MayflyError | undefined {
  return wayIn().problem
}

/** Whether the signal that the command has just had was passed on from outside of the box. Says so once. */
export function wasPassedOn(): boolean {
  try {
    rmSync(passedOn)
    return true
  } catch {
    return false
  }
}

/** Whether this process is in a box. */
export function inBox(): boolean {
  try {
    return readFileSync('/proc/1/cmdline', 'utf8').split('\0').includes(title)
  } catch {
    return false
  }
}

type WayIn =
  | { readonly flags: readonly string[]; readonly problem?: undefined }
  | { readonly flags?: undefined; readonly problem: MayflyError }

// A root without CAP_SYS_ADMIN, as in a container, may be allowed what any user is.
function wayIn(): WayIn {
  const ways =
    process.getuid?.() === 0 ? [namespaces, [...asUser, ...namespaces]] : [[...asUser, ...namespaces]]
  let failure: SpawnSyncReturns<string> | undefined
  for (const flags of ways) {
    const [program, args] = unshare(flags, ['true'])
    const trial = spawnSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    if (trial.status === 0) return { flags }
    failure ??= trial
  }
  return { problem: boxDenied(failure!) }
}

// The kernel ends `unshare` with whoever started it, and PID 1 with `unshare`: nothing in the box could keep it from that.
function unshare(flags: readonly string[], command: readonly string[]): [string, string[]] {
  const inside = ['/bin/sh', '-c', boxScript, title, ...command]
  return ['setpriv', ['--pdeathsig', 'KILL', '--', 'unshare', ...flags, '--', ...inside]]
}
