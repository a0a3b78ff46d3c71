import type { Jwt } from '../wire/jws.ts'
import type { Claims } from './ask.ts'

/** A token, or what would be in it. */
export interface Presented {
  readonly jwt: Jwt
  /** Claims alone: nobody signed them. */
  readonly unsigned: boolean
}

/** Five minutes: how long made-up times let a token live. */
const madeUpSeconds = 300

/** Claims as a token would have them; times that are missing are filled in around the moment that is decided for. */
export function unsignedToken(
  claims: Claims,
  nowMs: number,
): { readonly presented: Presented; readonly filledIn: readonly string[] } {
  const now = Math.floor(nowMs / 1000)
  const times = { iat: now - 1, exp: now + madeUpSeconds }
  const filledIn = Object.keys(times).filter((name) => claims[name] === undefined)
  // The header is one that every service takes: there is none to judge.
  const header = { alg: 'RS256', kid: 'none' }
  const jwt = { header, claims: { ...times, ...claims }, signed: '', signature: Buffer.alloc(0) }
  return { presented: { jwt, unsigned: true }, filledIn }
}
