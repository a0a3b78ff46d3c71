import { MayflyError } from '../errors.ts'
import { awsAudience } from '../trust/aws-claims.ts'
import type { Check } from '../trust/decision.ts'
import { type Algorithm, checkJws, type Jwt, readJwt } from '../wire/jws.ts'
import type { Claims, WebIdentity } from './ask.ts'
import type { OidcProvider } from './aws/registered.ts'
import { marksInClaims } from './aws/tag-claims.ts'
import type { PoolProvider } from './google/registered.ts'
import { isAlgorithm, type TrustedIssuer } from './jwks.ts'
import type { Snapshot } from './snapshot.ts'
import type { Sts } from './sts.ts'

/** What the checks of a token stand on besides what is registered. */
export interface Verification {
  readonly nowMs: number
  /**
   * Checks the signature with a key of that issuer.
   * @throws PROOF_ALGORITHM, PROOF_KEY, PROOF_DISCOVERY, PROOF_SIGNATURE
   */
  checkSigned(jwt: Jwt, trusted: TrustedIssuer): void | Promise<void>
  /** Takes what holds, for an explanation; what does not is thrown. */
  readonly trace?: Check[]
}

/** With the issuers' keys and the clock of a token service. */
export function verificationBy(sts: Sts): Verification {
  return {
    nowMs: sts.now(),
    checkSigned(jwt, trusted) {
      const key = sts.issuerKeys.key(trusted, jwt.header)
      // Mostly it is at hand, and nothing has to be waited for.
      return key instanceof Promise ? key.then((late) => checkJws(jwt, late)) : checkJws(jwt, key)
    },
  }
}

/** AWS's own limit (botocore `clientTokenType`). @throws PROOF_MALFORMED, PROOF_TOO_LARGE */
export function readAwsToken(token: string): Jwt {
  return readJwt(token, longestTokenBytes)
}

const longestTokenBytes = 20_000
/** AWS takes a token this long after it expired, and this long before it begins (id_roles_providers_oidc). */
const awsLeewaySeconds = 5 * 60

/**
 * A JWT as AWS STS verifies it, against the OIDC providers of the role's own account.
 * @throws PROOF_* for the first check that fails
 */
export async function verifyAwsToken(
  jwt: Jwt,
  roleArn: string,
  registered: Snapshot,
  by: Verification,
): Promise<WebIdentity> {
  const { iss, sub, exp } = requiredClaims(jwt.claims)
  const provider = registered.oidcProvider(roleArn, iss)
  if (!provider) throw unknownIssuer(iss, roleArn)
  by.trace?.push(issuerCheck(iss, provider.arn))
  checkAlgorithm(jwt)
  await by.checkSigned(jwt, provider.trusted)
  checkTimes(jwt.claims, exp, by, { late: awsLeewaySeconds, early: awsLeewaySeconds })
  const audience = awsAudience(jwt.claims)
  checkAwsAudience(audience, provider)
  by.trace?.push(audienceCheck([audience], [...provider.clientIds]))
  const who = { provider: provider.arn, issuer: iss, subject: sub, audience, exp }
  return { ...identity(jwt, who), ...marksInClaims(jwt.claims) }
}

/** The longest that Google lets a token live. */
const googleLifetimeSeconds = 24 * 60 * 60
/** What an issuer's clock may be ahead of ours. Google documents only that `iat` is in the past. */
const aheadSeconds = 5 * 60
const googleAlgorithms: readonly string[] = ['RS256', 'ES256'] satisfies Algorithm[]

/**
 * A JWT as Google STS verifies it, against the one provider that it was presented to.
 * @see https://cloud.google.com/iam/docs/workload-identity-federation-with-other-providers "Prepare your external IdP"
 * @throws PROOF_* for the first check that fails
 */
export async function verifyGoogleToken(
  jwt: Jwt,
  provider: PoolProvider,
  by: Verification,
): Promise<WebIdentity> {
  const { oidc } = provider
  const { iss, sub, iat, exp } = requiredClaims(jwt.claims)
  if (!oidc) throw notAnIssuer(iss, provider)
  checkAlgorithm(jwt, googleAlgorithms)
  if (jwt.header.kid === undefined) throw missing('kid', 'its header names no key (kid)')
  if (iss !== oidc.trusted.issuer) throw otherIssuer(iss, oidc.trusted.issuer)
  by.trace?.push(issuerCheck(iss, provider.name))
  await by.checkSigned(jwt, oidc.trusted)
  checkTimes(jwt.claims, exp, by, { late: 0, early: aheadSeconds })
  checkLifetime(iat, exp)
  const audience = googleAudience(jwt.claims, oidc.audiences)
  by.trace?.push(audienceCheck([jwt.claims.aud].flat().map(String), [...oidc.audiences]))
  return identity(jwt, { provider: provider.name, issuer: iss, subject: sub, audience, exp })
}

function identity(
  { claims }: Jwt,
  { exp, ...who }: Pick<WebIdentity, 'provider' | 'issuer' | 'subject' | 'audience'> & { exp: number },
): WebIdentity {
  return { type: 'web', ...who, claims, expiresAtMs: exp * 1000 }
}

// ── checks ─────────────────────────────────────────────────────────────────────────────────────────────

/** In the order in which AWS asks for them. */
export function requiredClaims(claims: Claims): { iss: string; sub: string; iat: number; exp: number } {
  const iss = textClaim(claims, 'iss')
  const sub = textClaim(claims, 'sub')
  if (!isAudience(claims.aud)) throw missing('aud')
  return { iss, sub, iat: timeClaim(claims, 'iat'), exp: timeClaim(claims, 'exp') }
}

/** Those that RFC 7523 §3 demands of an assertion: `iat` is not among them. */
export function assertedClaims(claims: Claims): { iss: string; sub: string; exp: number } {
  const iss = textClaim(claims, 'iss')
  const sub = textClaim(claims, 'sub')
  if (!isAudience(claims.aud)) throw missing('aud')
  return { iss, sub, exp: timeClaim(claims, 'exp') }
}

function isAudience(aud: unknown): boolean {
  return typeof aud === 'string' ? aud !== '' : Array.isArray(aud) && aud.length > 0
}

/** AWS takes a number for a subject. */
function textClaim(claims: Claims, claim: 'iss' | 'sub'): string {
  const value = claims[claim]
  if (typeof value === 'string' && value !== '') return value
  if (claim === 'sub' && Number.isSafeInteger(value)) return String(value)
  throw missing(claim)
}

/** Seconds since the epoch; AWS takes them as text too. */
function timeClaim(claims: Claims, claim: 'iat' | 'exp' | 'nbf'): number {
  const value = claims[claim]
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= latestSeconds) return seconds
  throw missing(claim)
}

/** The end of the year 9999: beyond it dates have no form. */
const latestSeconds = 253_402_300_799

export function checkAlgorithm({ header: { alg } }: Jwt, admitted?: readonly string[]): void {
  if (admitted ? admitted.includes(alg) : isAlgorithm(alg)) return
  throw new MayflyError('PROOF_ALGORITHM', {
    message: `the token is signed with ${JSON.stringify(alg.slice(0, 32))}, which is not accepted`,
    values: { presented: alg.slice(0, 32), ...(admitted && { expected: admitted }) },
    ...(admitted && { hint: `Sign with ${admitted.join(' or ')}.` }),
  })
}

interface LeewaySeconds {
  /** How long after `exp`. */
  readonly late: number
  /** How long before `nbf` and `iat`. */
  readonly early: number
}

export function checkTimes(
  claims: Claims,
  exp: number,
  { nowMs, trace }: Verification,
  { late, early }: LeewaySeconds,
): void {
  checkExpiry(claims, exp, nowMs, late)
  checkBegun(claims, nowMs, early)
  const lateBy = Math.floor(nowMs / 1000) - exp
  trace?.push({
    check: 'times',
    outcome: 'pass',
    presented: `${claims.iat === undefined ? '' : `issued ${isoTime(timeClaim(claims, 'iat'))}, `}expires ${isoTime(exp)}`,
    expected: `valid at ${isoTime(Math.floor(nowMs / 1000))}`,
    ...(lateBy >= 0 && { hint: `It expired ${lateBy} s ago, and is taken for ${late} s after that` }),
  })
}

function checkExpiry(claims: Claims, exp: number, nowMs: number, leewaySeconds: number): void {
  const now = Math.floor(nowMs / 1000)
  if (now < exp + leewaySeconds) return
  throw new MayflyError('PROOF_EXPIRED', {
    message: `the token expired ${now - exp} s ago, at ${isoTime(exp)} by its issuer's clock; ours says ${isoTime(now)}`,
    values: {
      now,
      expiry: exp,
      issued: claims.iat === undefined ? undefined : Number(claims.iat),
      presented: `expires ${isoTime(exp)}`,
      expected: `valid at ${isoTime(now)}`,
    },
  })
}

/** Neither `nbf` nor `iat` may lie ahead. */
function checkBegun(claims: Claims, nowMs: number, leewaySeconds: number): void {
  const now = Math.floor(nowMs / 1000)
  const ofClaim = (claim: 'iat' | 'nbf') => (claims[claim] === undefined ? 0 : timeClaim(claims, claim))
  const begins = Math.max(ofClaim('iat'), ofClaim('nbf'))
  if (begins <= now + leewaySeconds) return
  throw new MayflyError('PROOF_NOT_YET_VALID', {
    message: `the token is valid from ${isoTime(begins)}, ${begins - now} s ahead of our clock`,
    values: { now, begins, presented: `begins ${isoTime(begins)}`, expected: `valid at ${isoTime(now)}` },
  })
}

function checkLifetime(iat: number, exp: number): void {
  if (exp - iat <= googleLifetimeSeconds) return
  throw new MayflyError('PROOF_LIFETIME', {
    message: `the token lives for ${exp - iat} s, more than ${googleLifetimeSeconds} s`,
    values: { presented: exp - iat, expected: googleLifetimeSeconds },
  })
}

function checkAwsAudience(audience: string, { clientIds, trusted }: OidcProvider): void {
  if (!clientIds.has(audience)) throw otherAudience([audience], [...clientIds], trusted.issuer)
}

function googleAudience(claims: Claims, accepted: ReadonlySet<string>): string {
  const presented = [claims.aud].flat().filter((each) => typeof each === 'string')
  const audience = presented.find((each) => accepted.has(each))
  if (audience !== undefined) return audience
  throw otherAudience(presented, [...accepted], String(claims.iss))
}

// ── what held ──────────────────────────────────────────────────────────────────────────────────────────

export function issuerCheck(issuer: string, source: string): Check {
  return { check: 'issuer', outcome: 'pass', presented: issuer, expected: issuer, source }
}

export function audienceCheck(presented: readonly string[], expected: readonly string[]): Check {
  return { check: 'audience', outcome: 'pass', presented, expected }
}

// ── what went wrong ────────────────────────────────────────────────────────────────────────────────────

export function missing(claim: string, why = `it has no valid claim ${claim}`): MayflyError {
  return new MayflyError('PROOF_CLAIM', { message: `the token cannot be used: ${why}`, values: { claim } })
}

function unknownIssuer(presented: string, roleArn: string): MayflyError {
  return new MayflyError('PROOF_ISSUER', {
    message: `the account of ${roleArn} has no OIDC provider for the issuer ${JSON.stringify(presented)}`,
    values: { presented },
  })
}

function otherIssuer(presented: string, expected: string): MayflyError {
  return new MayflyError('PROOF_ISSUER', {
    message: `the issuer of the token is ${JSON.stringify(presented)}, and the provider's is ${JSON.stringify(expected)}`,
    values: { presented, expected },
  })
}

function notAnIssuer(presented: string, provider: PoolProvider): MayflyError {
  return new MayflyError('PROOF_ISSUER', {
    message: `a token of ${JSON.stringify(presented)} was presented to ${provider.name}, which is for AWS`,
    // The caller is told this, and not which account.
    values: { presented, expected: 'an AWS account' },
  })
}

export function otherAudience(
  presented: readonly string[],
  expected: readonly string[],
  issuer: string,
): MayflyError {
  return new MayflyError('PROOF_AUDIENCE', {
    message: `the token is for the audience ${quoted(presented)}, and the provider for ${issuer} accepts ${quoted(expected)}`,
    values: { presented, expected },
  })
}

function quoted(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.map((each) => JSON.stringify(each)).join(', ')
}

export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
