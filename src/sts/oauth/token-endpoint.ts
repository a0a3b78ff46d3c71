import { MayflyError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import type { Ask, Minted, OauthTokenAsk, StsRequest, StsResponse } from '../ask.ts'
import type { FrontEnd } from '../exchange.ts'
import { oauthAnswer, oauthRefusal } from './answer.ts'
import type { PresentedToken } from './ask.ts'
import { badRequest, oauthError } from './errors.ts'
import { clientOf, type Parameters, parametersOf, scopesOf } from './parameters.ts'
import type { AuthorizationServer } from './registered.ts'

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const assertionGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** What an authorization server gives tokens for. */
export const grantTypes: readonly string[] = [exchangeGrant, assertionGrant]

/** The token endpoint of an authorization server: token exchange (RFC 8693) and JWTs as grants (RFC 7523 §2.1). */
export function oauthTokenEndpoint(server: AuthorizationServer): FrontEnd {
  return { name: 'oauth', parse: (request) => parse(request, server), respond, refuse }
}

function parse(request: StsRequest, server: AuthorizationServer): Ask {
  const parameters = parametersOf(request)
  const client = clientOf(request, parameters)
  const { targets } = parameters
  const asked = {
    kind: 'OauthToken',
    server: server.issuer,
    client,
    targets,
    scopes: scopesOf(parameters),
  } as const
  const grant = parameters.demand('grant_type')
  switch (grant) {
    case exchangeGrant:
      return { ...asked, grantType: 'token-exchange', ...exchangeOf(parameters, server) }
    case assertionGrant:
      return { ...asked, grantType: 'jwt-bearer', subject: bearer(parameters.demand('assertion')) }
    default:
      throw unsupported(`the grant type ${grant.slice(0, 100)} is not supported`, 'unsupported_grant_type')
  }
}

function bearer(token: string): PresentedToken {
  return { type: 'jwt', token: new Secret(token) }
}

function exchangeOf(
  parameters: Parameters,
  server: AuthorizationServer,
): Pick<OauthTokenAsk, 'subject' | 'actor' | 'issuedTokenType'> {
  const issuedTokenType = requestedType(parameters, server)
  const subject = presented(parameters, 'subject')
  const hasActor = ['actor_token', 'actor_token_type'].some((name) => parameters.get(name) !== undefined)
  return { subject, issuedTokenType, ...(hasActor && { actor: presented(parameters, 'actor') }) }
}

const tokenTypes = 'urn:ietf:params:oauth:token-type:'

/** RFC 8693 §2.1: the token and its type come together. */
function presented(parameters: Parameters, who: 'subject' | 'actor'): PresentedToken {
  const token = new Secret(parameters.demand(`${who}_token`))
  const type = parameters.demand(`${who}_token_type`)
  switch (type) {
    case `${tokenTypes}jwt`:
    case `${tokenTypes}id_token`:
      return { type: 'jwt', token }
    case `${tokenTypes}access_token`:
      return { type: 'access-token', token }
    default:
      throw unsupported(`tokens of the type ${type.slice(0, 100)} are not taken as ${who}_token`)
  }
}

/** An access token is a JWT too, where the authorization server makes them so. */
function requestedType(parameters: Parameters, { accessTokens }: AuthorizationServer): string {
  const type = parameters.get('requested_token_type') ?? `${tokenTypes}access_token`
  if (type === `${tokenTypes}access_token`) return type
  if (type === `${tokenTypes}jwt` && accessTokens.format === 'jwt') return type
  throw unsupported(`tokens of the type ${type.slice(0, 100)} are not issued here`)
}

function unsupported(message: string, error?: 'unsupported_grant_type'): MayflyError {
  if (error === undefined) return badRequest(message, 'token type')
  return new MayflyError('REQUEST_UNSUPPORTED', { message, values: { error } })
}

function respond(minted: Minted, _request: StsRequest, ask: Ask): StsResponse {
  if (minted.kind !== 'oauth-token' || ask.kind !== 'OauthToken')
    throw new TypeError(`${minted.kind} is not an authorization server's to give`)
  const { lifetimeSeconds, scopes } = minted.grant
  return oauthAnswer(200, {
    access_token: minted.token.reveal(),
    ...(ask.issuedTokenType !== undefined && { issued_token_type: ask.issuedTokenType }),
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  })
}

function refuse(error: unknown, request: StsRequest): StsResponse {
  return oauthRefusal(
    oauthError(error, isAssertionGrant(request) ? 'invalid_grant' : 'invalid_request'),
    request,
  )
}

function isAssertionGrant(request: StsRequest): boolean {
  try {
    return parametersOf(request).get('grant_type') === assertionGrant
  } catch {
    return false
  }
}
