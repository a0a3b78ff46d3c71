import { readFileSync } from 'node:fs'
import { constants } from 'node:os'

const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

/** What takes signals: a child process, or a box. */
export interface Signalled {
  kill(signal: NodeJS.Signals): unknown
}

export interface Signals {
  /** Signals go to this process from now on. */
  to(child: Signalled): void
  /** Resolves with the first signal that comes while there is no child. */
  readonly early: Promise<NodeJS.Signals>
  /** Ends the forwarding: signals do again what they do by default. */
  stop(): void
}

export interface SignalsOptions {
  /** Whether the signal that has come is one that another process took for this one. Default: never. */
  readonly passedOn?: () => boolean
}

/** Takes the signals that would end this process and gives them to the child that it runs for. */
export function forwardSignals({ passedOn = () => false }: SignalsOptions = {}): Signals {
  let child: Signalled | undefined
  let missed: NodeJS.Signals | undefined
  const { promise: early, resolve } = Promise.withResolvers<NodeJS.Signals>()
  const onSignal = (signal: NodeJS.Signals) => {
    if (!child) {
      missed = signal
      resolve(signal)
    } else if (passedOn() || !fromTerminal(signal)) child.kill(signal)
  }
  for (const signal of forwarded) process.on(signal, onSignal)
  return {
    early,
    to(started) {
      child = started
      if (missed) child.kill(missed)
    },
    stop() {
      for (const signal of forwarded) process.removeListener(signal, onSignal)
    },
  }
}

// Ctrl-C and Ctrl-\ reach every process of the terminal's foreground group, so the child has had them already.
function fromTerminal(signal: NodeJS.Signals): boolean {
  return (signal === 'SIGINT' || signal === 'SIGQUIT') && inForeground()
}

/** Whether this process group is the foreground one of a terminal. Elsewhere than on Linux: whether there is a terminal. */
function inForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    // After `pid (name)`: state, parent, process group, session, terminal, the terminal's foreground group (proc(5)).
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch {
    return process.stdin.isTTY === true
  }
}

// What a process may do to itself to end as its child did. The rest would write a core file, wake Node's debugger
// (SIGUSR1) or do nothing (SIGPIPE).
const raised = new Set<NodeJS.Signals>(['SIGHUP', 'SIGINT', 'SIGKILL', 'SIGTERM', 'SIGALRM', 'SIGUSR2'])
// A signal to oneself is handled within microseconds; this is for a process that ignores it, as PID 1 does.
const graceMs = 200

/**
 * Ends this process by the signal that ended the child, so that whoever waits for it sees the same.
 * @returns 128 plus the signal's number, the exit code in its place, where the signal does not end this process
 */
export async function endBy(signal: NodeJS.Signals): Promise<number> {
  if (raised.has(signal)) {
    process.kill(process.pid, signal)
    await new Promise((resolve) => setTimeout(resolve, graceMs))
  }
  return 128 + constants.signals[signal]
}
