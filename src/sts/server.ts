import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Hono } from 'hono'
import { administer } from './administer.ts'
import type { StsRequest, StsResponse } from './ask.ts'
import { awsSts } from './aws/aws-sts.ts'
import { isIam } from './aws/iam.ts'
import { entraDiscovery } from './entra/discovery.ts'
import { graph, graphPath } from './entra/graph.ts'
import { entraTokenEndpoint, entraTokenPath } from './entra/token-endpoint.ts'
import { exchange, type FrontEnd } from './exchange.ts'
import { googleSts } from './google/google-sts.ts'
import { googleIam } from './google/iam.ts'
import { googleIamCredentials, iamCredentialsPath } from './google/iam-credentials.ts'
import { isGoogleIam } from './google/iam-route.ts'
import { introspect } from './google/introspection.ts'
import { publicKeys } from './google/public-keys.ts'
import { tokenInfo, tokenInfoPath } from './google/token-information.ts'
import { oauth, oauthPublished } from './oauth/oauth.ts'
import { RateExceeded, retryAfter } from './operator/rate-exceeded.ts'
import { publishedAt } from './own-issuers.ts'
import { headerOf } from './request.ts'
import type { Sts } from './sts.ts'

/** Far more than the largest token with its form. */
export const largestBody = 64 * 1024

/**
 * Every protocol on one port, told apart by method and path:
 *
 *     POST, GET  /                                              AWS STS; AWS IAM by its version or host
 *     POST       /v1/token                                      Google STS
 *     POST       /v1/projects/-/serviceAccounts/EMAIL:METHOD    Google IAM credentials
 *     GET, …     /v1/projects/P/locations/global/workloadIdentityPools/…     Google IAM: pools and providers
 *     GET, …     /v1/projects/P/serviceAccounts/…               Google IAM: service accounts and who may act as them
 *     POST       /v1/projects/P:getIamPolicy, …, /v3/…          Google Resource Manager: who has roles in a project
 *     GET, POST  /tokeninfo, /oauth2/v1|v2|v3/tokeninfo         Google token information
 *     GET        /service_accounts/v1/jwk/EMAIL, /robot/v1/metadata/x509/EMAIL, …    keys of service accounts
 *     POST       /v1/introspect                                 Google STS introspection (RFC 7662)
 *     POST       /TENANT/oauth2/v2.0/token                      Entra's token endpoint
 *     GET, …     /v1.0/applications/ID/federatedIdentityCredentials     Microsoft Graph
 *     GET        /TENANT/v2.0/.well-known/…, /TENANT/discovery/v2.0/keys, /common/discovery/instance     Entra's discovery
 *     POST       an authorization server's /token, /introspect, /revoke, below its path     RFC 8693, 7523, 7662, 7009
 *     GET        its /jwks, and /.well-known/oauth-authorization-server/ITS-PATH     RFC 8414
 *     GET        an issuer's own paths, under its own Host      discovery and JWKS of our issuers
 *     GET        /issuers/HOST/PATH/.well-known/…               the same, under any Host
 *     GET        /healthz, /readyz
 */
export async function answer(request: StsRequest, sts: Sts): Promise<StsResponse> {
  const ofOauth = oauth(request, sts)
  if (ofOauth) return ofOauth
  if (sts.registry && isGoogleIam(request)) return googleIam(request, sts, sts.registry)
  const frontEnd = frontEndOf(request)
  if (frontEnd === awsSts && sts.registry && isIam(request)) return administer(request, sts, sts.registry)
  if (frontEnd) return exchange(request, frontEnd, sts)
  if (sts.registry && graphPath.test(request.path)) return graph(request, sts, sts.registry)
  return probe(request, sts) ?? limitedInformation(request, sts)
}

function frontEndOf({ method, path }: StsRequest): FrontEnd | undefined {
  if (path === '/') return method === 'POST' || method === 'GET' ? awsSts : undefined
  if (entraTokenPath.test(path)) return entraTokenEndpoint
  if (method !== 'POST') return undefined
  if (path === '/v1/token') return googleSts
  return iamCredentialsPath.test(path) ? googleIamCredentials : undefined
}

/** Whether the service lives, and whether requests may come: answered however often somebody asks. */
function probe(
  { method, path, query }: StsRequest,
  sts: Sts,
): StsResponse | Promise<StsResponse> | undefined {
  if (method !== 'GET') return undefined
  if (path === '/healthz') return json({ status: 'ok', development: true })
  return path === '/readyz' ? readyz(query, sts) : undefined
}

/** `?exclude=store` leaves a check out, as Kubernetes has it at its own API server. */
async function readyz(query: string, { readiness }: Sts): Promise<StsResponse> {
  const report = await readiness.look(new URLSearchParams(query).getAll('exclude'))
  const { ready, checks } = report
  return { ...json({ status: ready ? 'ready' : 'not ready', checks }), status: ready ? 200 : 503 }
}

function limitedInformation(request: StsRequest, sts: Sts): StsResponse {
  try {
    sts.limits.arrived(request.from)
    return information(request, sts)
  } catch (error) {
    if (!(error instanceof RateExceeded)) throw error
    const headers = { 'Content-Type': 'text/plain', ...retryAfter(error) }
    return { status: 429, headers, body: 'too many requests\n' }
  }
}

/** What is told without a decision. */
function information(request: StsRequest, sts: Sts): StsResponse {
  const { method, path } = request
  if (tokenInfoPath.test(path)) return tokenInfo(request, sts)
  if (method === 'POST' && path === '/v1/introspect') return introspect(request, sts)
  if (method !== 'GET') return notFound
  const document = publishedAt(request, sts) ?? publicKeys(request, sts)
  if (document) return json(document, { 'Cache-Control': 'public, max-age=60' })
  return oauthPublished(request, sts) ?? entraDiscovery(request, sts) ?? notFound
}

const notFound: StsResponse = {
  status: 404,
  headers: { 'Content-Type': 'text/plain' },
  body: 'nothing of this token service is here\n',
}

function json(document: unknown, headers: StsResponse['headers'] = {}): StsResponse {
  const type = { 'Content-Type': 'application/json' }
  return { status: 200, headers: { ...type, ...headers }, body: JSON.stringify(document) }
}

/** A request of `node:http`, every character as it came: signatures cover nothing else. */
export function requestOf(incoming: IncomingMessage, body: string): StsRequest {
  const { method = 'GET', url = '/', rawHeaders, socket } = incoming
  const headers = pairs(rawHeaders)
  const host = headerOf({ headers }, 'host') ?? ''
  const origin = `${'encrypted' in socket ? 'https' : 'http'}://${host}`
  return {
    id: randomUUID(),
    method,
    origin,
    host,
    ...targetOf(url),
    headers,
    body,
    from: socket.remoteAddress ?? '',
  }
}

/** Path and query of a request target, whether it came in origin form or in absolute form (RFC 9112 §3.2). */
function targetOf(url: string): Pick<StsRequest, 'path' | 'query'> {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  const target = start < 0 ? '/' : url.slice(start)
  const mark = target.indexOf('?')
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

function pairs(rawHeaders: readonly string[]): [string, string][] {
  const headers: [string, string][] = []
  for (let i = 0; i < rawHeaders.length; i += 2) headers.push([rawHeaders[i]!, rawHeaders[i + 1]!])
  return headers
}

/** The same as an app that another server, or a test, can hold: it has no socket and sees headers joined. */
export function stsApp(sts: Sts): Hono {
  const app = new Hono()
  app.all('*', async (c) => {
    const { raw } = c.req
    const url = new URL(raw.url)
    const { status, headers, body } = await answer(
      {
        id: randomUUID(),
        method: raw.method,
        origin: url.origin,
        host: raw.headers.get('host') ?? url.host,
        ...targetOf(raw.url),
        headers: [...raw.headers],
        body: await raw.text(),
        from: '',
      },
      sts,
    )
    return new Response(body || null, { status, headers })
  })
  return app
}
