import { randomUUID } from 'node:crypto'
import { MayflyError } from '../../errors.ts'
import type { Keys, Sealing } from '../../keys/keys.ts'
import { Secret } from '../../secret.ts'
import { readJwt, signJwt } from '../../wire/jws.ts'
import type { Claims, OauthTokenGrant, WebIdentity } from '../ask.ts'
import type { Verification } from '../web-identity.ts'
import type { AuthorizationServer } from './registered.ts'

const purpose = 'oauth-access-token'
/** By which people and secret scanners know them. */
const prefix = 'mayfly_at_'
/** RFC 9068 §2.1. */
const type = 'at+jwt'

/** The access token of a grant: a JWT that every service can verify (RFC 9068), or one that only we can read. */
export function makeAccessToken(grant: OauthTokenGrant, keys: Keys, nowMs: number): Secret {
  const { issuer: iss, format, claims, expiresAtMs } = grant
  const times = { iat: Math.floor(nowMs / 1000), exp: Math.floor(expiresAtMs / 1000) }
  const all = { iss, ...claims, ...times, jti: randomUUID() }
  if (format === 'jwt') return new Secret(signJwt(all, keys.signing(iss), { typ: type }))
  return new Secret(prefix + keys.sealing.seal(purpose, JSON.stringify(all)))
}

/**
 * Whose access token this is, in either form, while it holds.
 * @throws REQUEST_CREDENTIAL when it is not this authorization server's, was altered or revoked
 * @throws REQUEST_CREDENTIAL_EXPIRED
 */
export async function holderOfAccessToken(
  token: string,
  server: AuthorizationServer,
  { sealing, by }: { readonly sealing: Sealing; readonly by: Verification },
): Promise<WebIdentity> {
  const claims = token.startsWith(prefix) ? unsealed(token, sealing) : await verified(token, server, by)
  if (claims?.iss !== server.issuer) throw foreign(server)
  const { iss: issuer, sub: subject, aud, exp } = claims as Record<string, string> & { exp: number }
  if (exp * 1000 <= by.nowMs)
    throw new MayflyError('REQUEST_CREDENTIAL_EXPIRED', {
      message: `the access token of ${subject} expired ${Math.ceil(by.nowMs / 1000 - exp)} s ago`,
    })
  checkNotRevoked(claims, server)
  return {
    type: 'web',
    provider: server.issuer,
    issuer: issuer!,
    subject: subject!,
    audience: [aud].flat().join(' '),
    claims,
    expiresAtMs: exp * 1000,
  }
}

/** @throws REQUEST_CREDENTIAL */
export function checkNotRevoked(
  { jti, sub: subject }: Claims,
  { revoked }: Pick<AuthorizationServer, 'revoked'>,
): void {
  if (typeof jti !== 'string' || !revoked.has(jti)) return
  throw new MayflyError('REQUEST_CREDENTIAL', {
    message: `the access token ${jti} of ${subject} was revoked`,
  })
}

function unsealed(token: string, sealing: Sealing): Claims | undefined {
  const record = sealing.unseal(purpose, token.slice(prefix.length))
  return record === undefined ? undefined : JSON.parse(record)
}

/** Undefined for what another signed: its signature is not looked at. */
async function verified(
  token: string,
  { issuer }: AuthorizationServer,
  by: Verification,
): Promise<Claims | undefined> {
  try {
    const jwt = readJwt(token)
    if (jwt.claims.iss !== issuer || jwt.header.typ !== type) return undefined
    await by.checkSigned(jwt, { issuer, reach: 'public' })
    return jwt.claims
  } catch (error) {
    if (error instanceof MayflyError) return undefined
    throw error
  }
}

function foreign({ issuer }: AuthorizationServer): MayflyError {
  return new MayflyError('REQUEST_CREDENTIAL', { message: `the access token is not one of ${issuer}` })
}

/** The words of a `scope` (RFC 6749 §3.3). */
export function scopesIn(scope: unknown): string[] {
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []
}

/** The entries of an `aud`. */
export function audiencesIn({ aud }: Claims): string[] {
  return [aud].flat().filter((each) => typeof each === 'string')
}
