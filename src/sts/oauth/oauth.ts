import type { StsRequest, StsResponse } from '../ask.ts'
import { exchange } from '../exchange.ts'
import type { Sts } from '../sts.ts'
import { oauthEndpoint } from './endpoints.ts'
import { introspect } from './introspection.ts'
import { serverKeys, serverMetadata } from './metadata.ts'
import { revoke } from './revocation.ts'
import { oauthTokenEndpoint } from './token-endpoint.ts'

/** The answer of an authorization server; undefined when a request is for none. */
export function oauth(request: StsRequest, sts: Sts): StsResponse | Promise<StsResponse> | undefined {
  const found = oauthEndpoint(request, sts.registered())
  if (!found) return undefined
  const { server, endpoint } = found
  switch (endpoint) {
    case 'token':
      return exchange(request, oauthTokenEndpoint(server), sts)
    case 'introspect':
      return introspect(request, server, sts)
    case 'revoke':
      return revoke(request, server, sts)
    case 'jwks':
      return request.method === 'GET' ? serverKeys(server, sts) : undefined
    case 'metadata':
      return request.method === 'GET' ? serverMetadata(request, server, sts) : undefined
  }
}
