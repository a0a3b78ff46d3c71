import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import type { Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { MayflyError } from '../errors.ts'
import type { Environment } from '../world.ts'
import { aroundBox } from './around-box.ts'
import { boxDenied } from './box-denied.ts'
import { covering } from './covering.ts'
import { labFolder } from './furniture.ts'
import { closeInherited } from './inherited.ts'

export const messageDescriptor = 4
export const fileDescriptor = 5

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
}

export interface Box {
  /** Its streams, where they are pipes. */
  readonly child: ChildProcess
  /** The command's exit code; 128 plus the signal's number when a signal ended it. */
  readonly ended: Promise<number>
  /** Signals the command. */
  kill(signal: NodeJS.Signals): void
}

// What PID 1 of the box does: a network with nothing in it but loopback, a /run of its own, the command; and it waits,
// for the command and for every orphan. Whatever ends it ends everything in the box, by the kernel's doing.
//
// Descriptor 3 is a pipe from outside, a line for each signal to pass on, with a mark beside it: in here nobody can tell
// which process group the terminal's is, and so whether a Ctrl-C has reached the command already. The pipe's end means
// that whoever opened the box is gone, however that came about. The shell gives a background job /dev/null for standard
// input, hence descriptor 9. The two after the pipe are the command's.
// A signal to the whole process group, as Ctrl-C is, reaches the command by itself, and has to spare what keeps the box.
//
// /run is a tmpfs onto which the machine's own entries are bound, since what is in it could not be added to otherwise:
// files at the paths that a platform has them at (/run/secrets). What leads out of the box is left out: the machine's
// resolver caches, container engines and a pod's own secrets.
const leadingOut = ['secrets', 'mayfly-lab', 'nscd', 'docker.sock', 'containerd', 'podman']
const passedOn = `${labFolder}/passed-on`
const script = `
exec 6<&-
set -e
PATH=$PATH:/usr/sbin:/sbin ip link set lo up
${covering('/run', leadingOut, '755')}
mkdir ${labFolder}
if [ -d /var/run ] && ! [ /var/run -ef /run ]; then mount -n --rbind /run /var/run; fi
set +e
trap : TERM INT HUP QUIT USR1 USR2
exec 9<&0
"$@" <&9 9<&- 3<&- &
child=$!
exec 9<&- ${messageDescriptor}<&- ${fileDescriptor}<&-
(
  trap '' TERM HUP USR1 USR2
  while read -r signal; do
    echo >${passedOn}
    kill -"$signal" $child
  done
  kill -KILL -1
) <&3 2>/dev/null &
exec 3<&-
while :; do
  wait $child
  code=$?
  kill -0 $child 2>/dev/null || exit $code
done`

const title = 'mayfly-box'
const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
const asUser = ['--user', '--map-root-user']

/**
 * Runs a command in network, mount and process namespaces of its own: nothing that it does to either can be seen
 * outside, and nothing of it is left when it ends, or when this process does, however that comes about.
 * The command is to set or reset what signals do, as Node does for itself and its children: it starts with some ignored.
 * @throws LAB_* when the kernel, or whoever set it up, does not allow that
 */
export function enterBox(command: readonly string[], options: BoxOptions): Box {
  const { env, stdio = 'inherit', message = '', file = 'ignore', home = '' } = options
  closeInherited()
  const way = wayIn()
  if (!way.flags) throw way.problem
  const [program, args] = unshare(way.flags, command)
  const child = spawn('/bin/sh', ['-c', aroundBox, title, home, program, ...args], {
    env: env as NodeJS.ProcessEnv,
    stdio: [stdio, stdio, stdio, 'pipe', 'pipe', file],
  })
  const [control, told] = child.stdio.slice(3) as [Writable, Writable]
  // The command may have ended with a signal, or what it was told, on its way to it.
  for (const each of [control, told]) each.on('error', () => {})
  told.end(message)
  const ended = ending(child)
  return { child, ended, kill: (signal) => void control.write(`${signal.replace('SIG', '')}\n`) }
}

// What has to be taken away after the box takes no time, unless another box still needs it.
const tidyingMs = 500

async function ending(child: ChildProcess): Promise<number> {
  const closed = once(child, 'close')
  const [code, signal] = await once(child, 'exit')
  await Promise.race([closed, setTimeout(tidyingMs)])
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

function unshare(flags: readonly string[], command: readonly string[]): [string, string[]] {
  return ['unshare', [...flags, '--', '/bin/sh', '-c', script, title, ...command]]
}
