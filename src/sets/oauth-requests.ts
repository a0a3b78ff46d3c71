import type { Claims } from './decide.ts'

// What a request of an authorization server says besides its subject token stands among that token's claims, by names
// that no claim has.

/** The client that proved who it is. */
export const clientName = '(client)'
export const actorPrefix = '(actor) '

/** A claim of the actor token. */
export function actorName(claim: string): string {
  return `${actorPrefix}${claim}`
}

/** A token of a set, taken apart again. */
export function requestOf(claims: Claims): {
  readonly subject: Claims
  readonly client?: string
  readonly actor?: Claims
} {
  const entries = Object.entries(claims)
  const acting = entries.filter(([name]) => name.startsWith(actorPrefix))
  const client = claims[clientName]
  return {
    subject: Object.fromEntries(
      entries.filter(([name]) => name !== clientName && !name.startsWith(actorPrefix)),
    ),
    ...(typeof client === 'string' && { client }),
    ...(acting.length > 0 && {
      actor: Object.fromEntries(acting.map(([name, value]) => [name.slice(actorPrefix.length), value])),
    }),
  }
}
