import {
  discoveryDocument,
  discoveryUrl,
  jwksDocument,
  jwksUrl,
  type OwnIssuer,
} from '../issuer/discovery.ts'
import { bareHost } from '../wire/addresses.ts'
import type { StsRequest } from './ask.ts'
import { googleIssuer } from './mint.ts'
import type { Snapshot } from './snapshot.ts'
import type { Sts } from './sts.ts'

/** An issuer of ours and where it publishes what. */
interface Publisher {
  readonly url: string
  readonly discoveryUrl: string
  readonly jwksUrl: string
  readonly discovery: Readonly<Record<string, unknown>>
}

/** Signs the ID tokens of service accounts. Its keys are where Google has them. */
const google = publisher(
  { url: googleIssuer, shape: 'google-service-account', algorithm: 'RS256' },
  'https://www.googleapis.com/oauth2/v3/certs',
)

function publisher(issuer: OwnIssuer, jwks = jwksUrl(issuer)): Publisher {
  return {
    url: issuer.url,
    discoveryUrl: discoveryUrl(issuer),
    jwksUrl: jwks,
    discovery: { ...discoveryDocument(issuer), jwks_uri: jwks },
  }
}

function outboundPublisher(url: string): Publisher {
  return publisher({ url, shape: 'aws-outbound', algorithm: 'RS256' })
}

function publishers({ issuers, outboundIssuers }: Snapshot): Publisher[] {
  return [
    google,
    ...[...issuers.values()].map((each) => publisher(each)),
    ...[...outboundIssuers].map(outboundPublisher),
  ]
}

/** The host names, without ports, at which issuers of ours publish. */
export function ownHosts(registered: Snapshot): ReadonlySet<string> {
  const urls = publishers(registered).flatMap((each) => [each.discoveryUrl, each.jwksUrl])
  urls.push(...registered.authorizationServers.keys())
  return new Set(urls.map((each) => bareHost(new URL(each).hostname)))
}

/** Where any issuer of ours is found under this server's own address: `/issuers/` and its URL without `https://`. */
const shelf = '/issuers/'

/** The discovery document or the JWKS of an issuer of ours, if that is what stands at a place. */
export function publishedAt(
  { origin, host, path }: Pick<StsRequest, 'origin' | 'host' | 'path'>,
  sts: Sts,
): Readonly<Record<string, unknown>> | undefined {
  const shelved = path.startsWith(shelf)
  const url = `https://${shelved ? path.slice(shelf.length) : `${host}${path}`}`
  for (const each of publishers(sts.registered())) {
    if (sameIgnoringScheme(url, each.jwksUrl)) return { ...jwksDocument(each, sts.keys) }
    if (!sameIgnoringScheme(url, each.discoveryUrl)) continue
    // Whoever came by the shelf finds the keys there too, and not at an address that may be somebody else's.
    return shelved
      ? { ...each.discovery, jwks_uri: `${origin}${shelf}${withoutScheme(each.jwksUrl)}` }
      : each.discovery
  }
  return undefined
}

function sameIgnoringScheme(a: string, b: string): boolean {
  return withoutScheme(a) === withoutScheme(b)
}

function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//, '')
}
