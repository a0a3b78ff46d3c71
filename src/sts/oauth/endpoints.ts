import { isIP } from 'node:net'
import { bareHost, isLoopbackHost } from '../../wire/addresses.ts'
import type { StsRequest } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import type { AuthorizationServer } from './registered.ts'

/** What an authorization server answers at. */
export type Endpoint = 'token' | 'introspect' | 'revoke' | 'jwks' | 'metadata'

/** Its URLs below a base. */
export function endpointsBelow(base: string): Readonly<Record<Exclude<Endpoint, 'metadata'>, string>> {
  return {
    token: `${base}/token`,
    introspect: `${base}/introspect`,
    revoke: `${base}/revoke`,
    jwks: `${base}/jwks`,
  }
}

/** RFC 8414 §3.1: before the issuer's path, not below it. */
const wellKnown = '/.well-known/oauth-authorization-server'
/** RFC 8414 §5: where libraries look that know OpenID Connect alone. */
const openid = '/.well-known/openid-configuration'

/**
 * The authorization server and the endpoint that a request is for: by its own name or, under this machine's addresses, by
 * its path alone.
 */
export function oauthEndpoint(
  { host, path }: Pick<StsRequest, 'host' | 'path'>,
  { authorizationServers }: Pick<Snapshot, 'authorizationServers'>,
): { readonly server: AuthorizationServer; readonly endpoint: Endpoint } | undefined {
  if (authorizationServers.size === 0) return undefined
  const found = [...authorizationServers.values()].flatMap((server) => {
    const endpoint = endpointAt(path, server.path)
    return endpoint ? [{ server, endpoint }] : []
  })
  const own = found.find(({ server }) => isAtHome(host, server))
  if (own || !isAddress(host)) return own
  const [only, another] = found
  return another ? undefined : only
}

function endpointAt(path: string, base: string): Endpoint | undefined {
  if (path === `${wellKnown}${base}` || path === `${base}${openid}`) return 'metadata'
  if (!path.startsWith(`${base}/`)) return undefined
  const name = path.slice(base.length + 1)
  return name === 'token' || name === 'introspect' || name === 'revoke' || name === 'jwks' ? name : undefined
}

/** Whether a request came under the issuer's own name. */
export function isAtHome(host: string, server: Pick<AuthorizationServer, 'host'>): boolean {
  return host.toLowerCase().replace(/:443$/, '') === server.host
}

function isAddress(host: string): boolean {
  const name = bareHost(host.replace(/:\d{1,5}$/, ''))
  return isLoopbackHost(name) || isIP(name) !== 0
}
