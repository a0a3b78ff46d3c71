import { MayflyError } from '../../errors.ts'
import type { Check } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import {
  type AllowedToken,
  evaluateTokenRules,
  type TokenRequest,
  type TokenStage,
} from '../../trust/token-rules.ts'
import type { OauthIdentity, OauthTokenAsk, OauthTokenGrant, Ungranted, WebIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { TrustDenied } from '../trust-denied.ts'
import { scopesIn } from './access-token.ts'
import type { AuthorizationServer } from './registered.ts'
import { serverOf } from './verify-oauth.ts'

/**
 * By the rules of the authorization server. An access token of its own is only ever narrowed: to no more scope and no
 * longer a life than it has. A `trace` takes what was looked at.
 * @throws TrustDenied: TRUST_DENIED, with the stage in `values.refused`
 */
export function authorizeOauthToken(
  ask: OauthTokenAsk,
  identity: OauthIdentity,
  registered: Snapshot,
  nowMs: number,
  trace?: Check[],
): Ungranted<OauthTokenGrant> {
  const server = serverOf(ask, registered)
  const allowed = matchRule(server, requestOf(ask, identity, server), trace)
  const lifetimeSeconds = lifetimeOf(server, allowed, identity, nowMs)
  return {
    kind: 'oauth-token',
    issuer: server.issuer,
    format: server.accessTokens.format,
    claims: claimsOf(allowed, ask, identity),
    scopes: allowed.scopes,
    lifetimeSeconds,
    expiresAtMs: (Math.floor(nowMs / 1000) + lifetimeSeconds) * 1000,
    rule: `the rule ${allowed.rule} of ${server.issuer}`,
  }
}

/** What the rules allow; a `trace` takes what was looked at, and a refusal brings its own. @throws TrustDenied: TRUST_DENIED */
function matchRule(server: AuthorizationServer, request: TokenRequest, trace?: Check[]): AllowedToken {
  const { issuer, scopesOf, clients: clientIds } = server
  const around = { issuer, scopesOf, clientIds }
  const own: Check[] | undefined = trace && []
  const verdict = evaluateTokenRules(server.rules(), request, around, own)
  if ('rule' in verdict) {
    trace?.push(...(own ?? []))
    return verdict
  }
  // Without a trace, the same once more, to tell why.
  const why: Check[] = own ?? []
  if (!own) evaluateTokenRules(server.rules(), request, around, why)
  throw denied(verdict.refused, request, why)
}

function requestOf(
  ask: OauthTokenAsk,
  identity: OauthIdentity,
  { issuer }: AuthorizationServer,
): TokenRequest {
  const { subject, actor, client } = identity
  return {
    subject: subject.claims,
    ...(actor && { actor: actor.claims }),
    ...(client !== undefined && { client }),
    targets: ask.targets,
    scopes: ask.scopes,
    ...(subject.issuer === issuer && { ceiling: scopesIn(subject.claims.scope) }),
  }
}

function denied(
  refused: TokenStage,
  { subject, client }: TokenRequest,
  trace: readonly Check[],
): TrustDenied {
  const who = `${subject.sub} of ${subject.iss}${client === undefined ? '' : `, asked for by ${client}`}`
  const message = `no rule gives ${who} this access token: ${reasons[refused]}`
  return new TrustDenied('TRUST_DENIED', { message, values: { refused } }, decisionOf(trace))
}

const reasons: Readonly<Record<TokenStage, string>> = {
  subject: 'none is for this subject',
  client: 'none is for this client',
  actor: 'nobody may act so for it',
  target: 'none has these resources',
  scope: 'none has these scopes there',
}

// ── what it holds ──────────────────────────────────────────────────────────────────────────────────────

function lifetimeOf(
  { accessTokens, issuer }: AuthorizationServer,
  { lifetimeSeconds = accessTokens.lifetimeSeconds }: AllowedToken,
  { subject, actor }: OauthIdentity,
  nowMs: number,
): number {
  const own = [subject, ...(actor ? [actor] : [])].filter((each) => each.issuer === issuer)
  const left = own.map((each) => Math.floor(each.expiresAtMs / 1000) - Math.floor(nowMs / 1000))
  return Math.min(accessTokens.lifetimeSeconds, lifetimeSeconds, ...left)
}

/** RFC 9068 §2.2. Where no client asks, the subject itself is it. */
function claimsOf(
  { subject, audiences, scopes }: AllowedToken,
  { client: { clientId } }: OauthTokenAsk,
  identity: OauthIdentity,
): OauthTokenGrant['claims'] {
  const act = actOf(identity)
  return {
    sub: subject,
    aud: audiences.length === 1 ? audiences[0] : audiences,
    client_id: identity.client ?? clientId ?? subject,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(act && { act }),
  }
}

type Act = Readonly<Record<string, unknown>>

/** Who acts for whom for whom: more is no delegation that anybody meant. */
const longestChain = 5

/** RFC 8693 §4.1: who acts now, around who acted before. */
function actOf({ subject, actor }: OauthIdentity): Act | undefined {
  const prior = isAct(subject.claims.act) ? subject.claims.act : undefined
  if (!actor) return prior
  if (lengthOf(prior) >= longestChain) throw tooLong(subject)
  return { iss: actor.issuer, sub: actor.subject, ...(prior && { act: prior }) }
}

function isAct(act: unknown): act is Act {
  return typeof act === 'object' && act !== null && !Array.isArray(act)
}

function lengthOf(act: Act | undefined): number {
  return act === undefined ? 0 : 1 + lengthOf(isAct(act.act) ? act.act : undefined)
}

function tooLong({ subject }: WebIdentity): MayflyError {
  const message = `for ${subject} act ${longestChain} already, one for the other`
  return new MayflyError('TRUST_DENIED', { message, values: { refused: 'actor' } })
}
