import { randomUUID } from 'node:crypto'
import type { Keys } from '../keys/keys.ts'
import { Secret } from '../secret.ts'
import { signJwt } from '../wire/jws.ts'
import type { OwnIssuer } from './discovery.ts'
import { shapeNamed } from './index.ts'
import type { Claims, Inputs } from './shape.ts'

export interface IssueOptions {
  readonly issuer: OwnIssuer
  readonly keys: Keys
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** What is said of the token, by the names of its shape's inputs. */
  readonly inputs?: Inputs
  /** Default: what the platform puts there unless it is asked for another. */
  readonly audience?: readonly string[]
  /** Default: the platform's. Less than zero: a token that has expired. */
  readonly lifetimeSeconds?: number
  /** Claims in place of those that the shape makes; `undefined` leaves one out. */
  readonly claims?: Claims
}

export interface IssuedToken {
  readonly token: Secret
  readonly claims: Claims
}

/**
 * A token of one of our issuers, with every claim that its platform would put there.
 * @throws KEY_FILE when the issuer has no key
 */
export function issueToken(options: IssueOptions): IssuedToken {
  const { issuer, keys } = options
  const claims = claimsOf(options)
  const token = signJwt(claims, keys.signing(issuer.url), shapeNamed(issuer.shape).header)
  return { token: new Secret(token), claims }
}

/** What would be in that token. */
export function claimsOf(options: Omit<IssueOptions, 'keys'>): Claims {
  const { issuer, nowMs, inputs = {}, audience = [], claims = {} } = options
  const shape = shapeNamed(issuer.shape)
  const { lifetimeSeconds = shape.lifetimeSeconds } = options
  const issuedAt = Math.floor(nowMs / 1000)
  const token = { issuer: issuer.url, audience, issuedAt, lifetimeSeconds, id: randomUUID() }
  const all = Object.entries({ ...shape.claims(inputs, token), ...claims })
  return Object.fromEntries(all.filter(([, value]) => value !== undefined))
}
