import { printable } from '../wire/printable.ts'
import type { Io } from './command.ts'

/** Tells what an answer leaves open, a line each. */
export function tellOpen(points: readonly string[], io: Io): void {
  for (const each of points) io.err(`open: ${printable(each)}\n`)
}
