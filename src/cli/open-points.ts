import type { GivenTrust } from '../registry/given.ts'
import { printable } from '../wire/printable.ts'
import type { Io } from './command.ts'

/** What a command that looks at AWS, Google and Entra does not look at: nobody should take its silence for a good sign. */
export function notLookedAt({ authorizationServers }: GivenTrust): string[] {
  return authorizationServers.map(
    ({ document }) =>
      `the authorization server ${document.issuer} is not looked at: mayfly explain --authorization-server decides by it`,
  )
}

/** Tells what an answer leaves open, a line each. */
export function tellOpen(points: readonly string[], io: Io): void {
  for (const each of points) io.err(`open: ${printable(each)}\n`)
}
