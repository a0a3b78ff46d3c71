import { MayflyError } from '../errors.ts'
import type { JwtProof } from '../proof.ts'
import { Secret } from '../secret.ts'
import { inWords } from '../wire/duration.ts'
import { readJwt } from '../wire/jws.ts'
import type { Clock } from '../world.ts'

/** What an unverified token says of itself: good for choosing among tokens, never for trusting one. */
export type Claims = Readonly<Record<string, unknown>>

export interface FoundToken {
  /** Where it was found, for messages: `the token in /var/run/…/token`. */
  readonly what: string
  readonly token: string
  readonly clock: Clock
  /** What to do when it has expired, where the source knows more than the general hint. */
  readonly hint?: string
}

/** The claims of a JWT, not verified; undefined when the text is not one. */
export function peekClaims(token: string): Claims | undefined {
  try {
    return readJwt(token).claims
  } catch {
    return undefined
  }
}

/** `aud` as a list (RFC 7519 §4.1.3 allows a string or an array). */
export function audiencesOf(claims: Claims): readonly string[] {
  const values = Array.isArray(claims.aud) ? claims.aud : [claims.aud]
  return values.filter((value) => typeof value === 'string')
}

/** Whether the token names this audience. Google reads a provider's name with and without `https:` as the same. */
export function isFor(claims: Claims, audience: string): boolean {
  return audiencesOf(claims).some((value) => bare(value) === bare(audience))
}

const bare = (audience: string) =>
  audience.startsWith('https://iam.googleapis.com/') ? audience.slice('https:'.length) : audience

/**
 * The token as a proof, unless this machine can already see that nobody will take it.
 * @throws PROOF_MALFORMED, PROOF_TOO_LARGE when it is not a JWT
 * @throws PROOF_EXPIRED when its `exp` has passed by the clock of this machine
 */
export function jwtProof({ what, token, clock, hint }: FoundToken): JwtProof {
  const { exp } = claimsOf(what, token)
  const lateMs = typeof exp === 'number' ? clock.now() - exp * 1000 : Number.NEGATIVE_INFINITY
  if (lateMs >= 0)
    throw new MayflyError('PROOF_EXPIRED', {
      message: `${what} expired ${inWords(lateMs)} ago by this machine's clock (${iso(clock.now())})`,
      values: { expiredAt: iso(clock.now() - lateMs), now: iso(clock.now()) },
      ...(hint && { hint }),
    })
  return { kind: 'jwt', token: new Secret(token) }
}

function claimsOf(what: string, token: string): Claims {
  try {
    return readJwt(token).claims
  } catch (cause) {
    if (!(cause instanceof MayflyError)) throw cause
    throw new MayflyError(cause.code, { message: `${what} is no JWT: ${cause.message}`, cause })
  }
}

// An `exp` beyond what Date can hold must not turn the message into a RangeError.
const iso = (ms: number) =>
  Math.abs(ms) <= 8.64e15 ? `${new Date(ms).toISOString().slice(0, 19)}Z` : `${Math.round(ms / 1000)}`
