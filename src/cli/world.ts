import { labClock } from '../lab/clock.ts'
import { outboundHttp } from '../wire/http.ts'
import { printable } from '../wire/printable.ts'
import { type Clock, type World, wallClock } from '../world.ts'
import type { Io } from './command.ts'

/** The world as a command sees it: its environment, the clock, the network, and standard error for its log. */
export function worldOf(io: Io): World {
  const { env } = io
  const log = (line: string) => io.err(`mayfly: ${printable(line)}\n`)
  return { env, clock: clockOf(io), http: outboundHttp({ env }), log }
}

/** The machine's clock; in a lab whose time was moved the lab's, which is said. */
export function clockOf({ env, err }: Pick<Io, 'env' | 'err'>): Clock {
  const path = env.MAYFLY_LAB_CLOCK
  if (!path) return wallClock
  const clock = labClock(path)
  err(`mayfly: the time here is the lab's, ${new Date(clock.now()).toISOString()}\n`)
  return clock
}
