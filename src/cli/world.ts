import { outboundHttp } from '../wire/http.ts'
import { printable } from '../wire/printable.ts'
import { type World, wallClock } from '../world.ts'
import type { Io } from './command.ts'

/** The world as a command sees it: its environment, the machine's clock, the network, and standard error for its log. */
export function worldOf(io: Io): World {
  const { env } = io
  const log = (line: string) => io.err(`mayfly: ${printable(line)}\n`)
  return { env, clock: wallClock, http: outboundHttp({ env }), log }
}
