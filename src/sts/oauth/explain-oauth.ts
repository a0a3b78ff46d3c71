import { MayflyError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import type { Check } from '../../trust/decision.ts'
import type { Jwt } from '../../wire/jws.ts'
import type { Claims, OauthTokenAsk, WebIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { unsignedToken } from '../unsigned-token.ts'
import { assertedClaims, checkTimes, issuerCheck, type Verification } from '../web-identity.ts'
import { audiencesIn } from './access-token.ts'
import { authorizeOauthToken } from './authorize-oauth-token.ts'
import type { AuthorizationServer } from './registered.ts'
import { serverOf } from './verify-oauth.ts'
import { verifyProviderToken } from './verify-provider-token.ts'

/** What is asked of an authorization server with a token. The client is taken at its word. */
export interface OauthTarget {
  readonly cloud: 'oauth'
  readonly authorizationServer: string
  readonly client?: string
  readonly resources: readonly string[]
  readonly scopes: readonly string[]
  /** Of an actor token that nobody signed, for a subject token that nobody signed either. */
  readonly actor?: Claims
}

/** The token, and what it is decided by. */
export interface OauthScene {
  readonly jwt: Jwt
  readonly registered: Snapshot
  readonly by: Verification & { readonly trace: Check[] }
}

/**
 * Verifies a token and authorizes it as the token endpoint does, tracing both.
 * @throws TrustDenied, TRUST_PROVIDER, PROOF_* for what the first check refuses
 */
export async function explainOauth(
  { authorizationServer: name, client, resources, scopes, actor: acting }: OauthTarget,
  { jwt, registered, by }: OauthScene,
): Promise<void> {
  const token = { type: 'jwt', token: new Secret('') } as const
  const asked = { client: {}, subject: token, targets: resources, scopes }
  const ask: OauthTokenAsk = { kind: 'OauthToken', server: name, grantType: 'token-exchange', ...asked }
  const server = serverOf(ask, registered)
  if (client !== undefined) takeClient(client, server, by.trace)
  const subject = await verifySubject(jwt, server, by)
  const actor = acting && (await verifySubject(unsignedToken(acting, by.nowMs).presented.jwt, server, by))
  const known = { ...(actor && { actor }), ...(client !== undefined && { client }) }
  const identity = { type: 'oauth', subject, ...known } as const
  authorizeOauthToken(ask, identity, registered, by.nowMs, by.trace)
}

function takeClient(client: string, { clients, issuer }: AuthorizationServer, trace: Check[]): void {
  const known = clients.get(client)
  if (!known || known.isPublic)
    throw new MayflyError('TRUST_CLIENT', {
      message: `${issuer} has no client ${client} that can prove who it is`,
    })
  const hint = 'How this client proves who it is was not looked at'
  trace.push({ check: 'client authentication', outcome: 'not-checked', presented: client, hint })
}

function verifySubject(jwt: Jwt, server: AuthorizationServer, by: Verification): Promise<WebIdentity> {
  return jwt.claims.iss === server.issuer ? verifyOwn(jwt, server, by) : verifyProviderToken(jwt, server, by)
}

/** An access token of the authorization server itself. */
async function verifyOwn(jwt: Jwt, { issuer }: AuthorizationServer, by: Verification): Promise<WebIdentity> {
  const { sub: subject, exp } = assertedClaims(jwt.claims)
  by.trace?.push(issuerCheck(issuer, issuer))
  await by.checkSigned(jwt, { issuer, reach: 'public' })
  checkTimes(jwt.claims, exp, by, { late: 0, early: 0 })
  const audience = audiencesIn(jwt.claims).join(' ')
  return {
    type: 'web',
    provider: issuer,
    issuer,
    subject,
    audience,
    claims: jwt.claims,
    expiresAtMs: exp * 1000,
  }
}
