import { jwksDocument } from '../../issuer/discovery.ts'
import type { StsRequest, StsResponse } from '../ask.ts'
import { admittedAlgorithms } from '../jwks.ts'
import type { Sts } from '../sts.ts'
import { endpointsBelow, isAtHome } from './endpoints.ts'
import type { AuthorizationServer } from './registered.ts'
import { grantTypes } from './token-endpoint.ts'

/** RFC 7523 §2.2, by its name in the registry of OpenID Connect Core §9. */
const byAssertion = 'private_key_jwt'

/** What an authorization server says of itself (RFC 8414 §2). There is no authorization endpoint, and so no response type. */
export function serverMetadata(request: StsRequest, server: AuthorizationServer, sts: Sts): StsResponse {
  const { issuer, path, accessTokens, scopesOf } = server
  // Whoever came by another address finds the endpoints there too, and not at one that may be somebody else's.
  const at = endpointsBelow(isAtHome(request.host, server) ? issuer : `${request.origin}${path}`)
  return published({
    issuer,
    token_endpoint: at.token,
    ...(accessTokens.format === 'jwt' && { jwks_uri: at.jwks }),
    response_types_supported: [],
    grant_types_supported: grantTypes,
    scopes_supported: [...new Set([...scopesOf.values()].flatMap((each) => [...each]))],
    token_endpoint_auth_methods_supported: [byAssertion, 'none'],
    token_endpoint_auth_signing_alg_values_supported: admittedAlgorithms,
    introspection_endpoint: at.introspect,
    introspection_endpoint_auth_methods_supported: [byAssertion, 'Bearer'],
    introspection_endpoint_auth_signing_alg_values_supported: admittedAlgorithms,
    ...(sts.registry && {
      revocation_endpoint: at.revoke,
      revocation_endpoint_auth_methods_supported: [byAssertion, 'none'],
      revocation_endpoint_auth_signing_alg_values_supported: admittedAlgorithms,
    }),
  })
}

export function serverKeys({ issuer }: AuthorizationServer, { keys }: Sts): StsResponse {
  return published(jwksDocument({ url: issuer }, keys))
}

function published(document: unknown): StsResponse {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=60' },
    body: JSON.stringify(document),
  }
}
