import { discoveryDocument, discoveryUrl, jwksDocument, jwksUrl } from '../issuer/discovery.ts'
import type { IssuerDocument } from '../registry/documents.ts'
import { bareHost } from '../wire/addresses.ts'
import { awsClaims } from '../wire/outbound-issuer.ts'
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
const google: Publisher = {
  url: googleIssuer,
  discoveryUrl: discoveryUrl({ url: googleIssuer }),
  jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
  discovery: {
    issuer: googleIssuer,
    jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['aud', 'azp', 'email', 'email_verified', 'exp', 'iat', 'iss', 'sub'],
  },
}

/** An AWS account's, as recorded from one (claims_supported and all). */
function awsPublisher(url: string): Publisher {
  const jwks = `${url}/.well-known/jwks.json`
  return {
    url,
    discoveryUrl: discoveryUrl({ url }),
    jwksUrl: jwks,
    discovery: {
      claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'jti', awsClaims],
      id_token_signing_alg_values_supported: ['RS256', 'ES384'],
      issuer: url,
      jwks_uri: jwks,
      subject_types_supported: ['public'],
    },
  }
}

function publisher(issuer: IssuerDocument): Publisher {
  return {
    url: issuer.url,
    discoveryUrl: discoveryUrl(issuer),
    jwksUrl: jwksUrl(issuer),
    discovery: discoveryDocument(issuer),
  }
}

function publishers({ issuers, outboundIssuers }: Snapshot): Publisher[] {
  return [google, ...[...issuers.values()].map(publisher), ...[...outboundIssuers].map(awsPublisher)]
}

/** The host names, without ports, at which issuers of ours publish. */
export function ownHosts(registered: Snapshot): ReadonlySet<string> {
  const urls = publishers(registered).flatMap((each) => [each.discoveryUrl, each.jwksUrl])
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
