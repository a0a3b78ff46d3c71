import type { StsRequest, StsResponse } from '../ask.ts'
import { exchange } from '../exchange.ts'
import type { Sts } from '../sts.ts'
import { oauthEndpoint } from './endpoints.ts'
import { introspect } from './introspection.ts'
import { serverKeys, serverMetadata } from './metadata.ts'
import { revoke } from './revocation.ts'
import { oauthTokenEndpoint } from './token-endpoint.ts'

/** The answer of an authorization server; undefined when a request is for none, or for what it publishes. */
export function oauth(request: StsRequest, sts: Sts): Promise<StsResponse> | undefined {
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
    case 'metadata':
      return undefined
  }
}

/** What an authorization server publishes; undefined when a GET is for nothing of it. */
export function oauthPublished(request: StsRequest, sts: Sts): StsResponse | undefined {
  const { server, endpoint } = oauthEndpoint(request, sts.registered()) ?? {}
  if (server && endpoint === 'jwks') return serverKeys(server, sts)
  if (server && endpoint === 'metadata') return serverMetadata(request, server, sts)
  return undefined
}
