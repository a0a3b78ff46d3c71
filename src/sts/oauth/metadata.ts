import { jwksDocument } from '../../issuer/discovery.ts'
import type { StsRequest, StsResponse } from '../ask.ts'
import { admittedAlgorithms } from '../jwks.ts'
import type { Sts } from '../sts.ts'
import { endpointsBelow, isAtHome } from './endpoints.ts'
import type { AuthorizationServer } from './registered.ts'
import { grantTypes } from './token-endpoint.ts'

/** What an authorization server says of itself (RFC 8414 §2). There is no authorization endpoint, and so no response type. */
export function serverMetadata(request: StsRequest, server: AuthorizationServer, sts: Sts): StsResponse {
  const { issuer, path, accessTokens, scopesOf } = server
  // Whoever came by another address finds the endpoints there too, and not at one that may be somebody else's.
  const at = endpointsBelow(isAtHome(request.host, server) ? issuer : `${request.origin}${path}`)
  const authentication = { methods: ['private_key_jwt'], algorithms: admittedAlgorithms }
  return published({
    issuer,
    token_endpoint: at.token,
    ...(accessTokens.format === 'jwt' && { jwks_uri: at.jwks }),
    response_types_supported: [],
    grant_types_supported: grantTypes,
    scopes_supported: [...new Set([...scopesOf.values()].flatMap((each) => [...each]))],
    token_endpoint_auth_methods_supported: [...authentication.methods, 'none'],
    token_endpoint_auth_signing_alg_values_supported: authentication.algorithms,
    introspection_endpoint: at.introspect,
    introspection_endpoint_auth_methods_supported: [...authentication.methods, 'Bearer'],
    introspection_endpoint_auth_signing_alg_values_supported: authentication.algorithms,
    ...(sts.registry && {
      revocation_endpoint: at.revoke,
      revocation_endpoint_auth_methods_supported: [...authentication.methods, 'none'],
      revocation_endpoint_auth_signing_alg_values_supported: authentication.algorithms,
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
