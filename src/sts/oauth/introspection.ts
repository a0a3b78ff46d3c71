import { MayflyError } from '../../errors.ts'
import type { StsRequest, StsResponse, WebIdentity } from '../ask.ts'
import { headerOf } from '../request.ts'
import type { Sts } from '../sts.ts'
import { verificationBy } from '../web-identity.ts'
import { audiencesIn, holderOfAccessToken, scopesIn } from './access-token.ts'
import { oauthAnswer, oauthRefusal } from './answer.ts'
import { authenticateClient } from './authenticate-client.ts'
import { oauthError } from './errors.ts'
import { clientOf, type Parameters, parametersOf } from './parameters.ts'
import type { AuthorizationServer } from './registered.ts'

/**
 * Introspection (RFC 7662): whether an access token holds now, and whose it is. A client is told of the tokens for the
 * resources that name it, and of all others that they are not active. Only refused callers are in the audit.
 */
export async function introspect(
  request: StsRequest,
  server: AuthorizationServer,
  sts: Sts,
): Promise<StsResponse> {
  const record = sts.audit.open(request, 'oauth')
  record.noted({ action: 'Introspect', target: server.issuer })
  try {
    sts.limits.arrived(request.from)
    const parameters = parametersOf(request)
    const caller = await callerOf(request, parameters, server, sts)
    sts.limits.verified(() => ({ caller }))
    sts.limits.asked('Introspect')
    const holder = await holderIfActive(parameters.demand('token'), server, sts)
    return oauthAnswer(200, holder && mayKnow(caller, holder, server) ? stateOf(holder) : { active: false })
  } catch (error) {
    return oauthRefusal(oauthError(await record.refused(error), 'invalid_request'), request)
  }
}

/** The client that asks: by its assertion, or by an access token for the authorization server itself. @throws TRUST_CLIENT */
async function callerOf(
  request: StsRequest,
  parameters: Parameters,
  server: AuthorizationServer,
  sts: Sts,
): Promise<string> {
  const [, bearer] = /^bearer +(\S+)$/i.exec(headerOf(request, 'authorization') ?? '') ?? []
  if (bearer !== undefined) return holderAsClient(await holderIfActive(bearer, server, sts), server)
  const by = verificationBy(sts)
  const presented = clientOf(request, parameters)
  const client = await authenticateClient(presented, server, { by, used: sts.usedAssertions })
  return client ?? nobody('whoever asks for the state of a token has to prove who it is')
}

function holderAsClient(holder: WebIdentity | undefined, server: AuthorizationServer): string {
  const isForUs = holder !== undefined && audiencesIn(holder.claims).includes(server.issuer)
  const client = isForUs ? clientOfToken(holder, server) : undefined
  return client ?? nobody('the bearer token is not one of a client for this authorization server')
}

function nobody(message: string): never {
  throw new MayflyError('TRUST_CLIENT', { message })
}

/** The client that a token was given to, where it proved who it is. */
export function clientOfToken({ claims }: WebIdentity, { clients }: AuthorizationServer): string | undefined {
  const client = typeof claims.client_id === 'string' ? clients.get(claims.client_id) : undefined
  return client && !client.isPublic ? client.clientId : undefined
}

/** Whose access token it is; undefined for everything that is none, or holds no more. */
export async function holderIfActive(
  token: string,
  server: AuthorizationServer,
  sts: Sts,
): Promise<WebIdentity | undefined> {
  try {
    const by = verificationBy(sts)
    return await holderOfAccessToken(token, server, { sealing: sts.keys.sealing, by })
  } catch (error) {
    if (error instanceof MayflyError) return undefined
    throw error
  }
}

function mayKnow(caller: string, { claims }: WebIdentity, server: AuthorizationServer): boolean {
  return audiencesIn(claims).some((each) => server.mayIntrospect(caller, each))
}

/** RFC 7662 §2.2; `act` by RFC 8693 §7.3. */
function stateOf({ claims }: WebIdentity) {
  const { iss, sub, aud, client_id, exp, iat, jti, act } = claims
  const scopes = scopesIn(claims.scope)
  return {
    active: true,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...{ client_id, token_type: 'Bearer', exp, iat, sub, aud, iss, jti },
    ...(act !== undefined && { act }),
  }
}
