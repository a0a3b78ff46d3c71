import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Context, Hono } from 'hono'
import type { StsRequest } from './ask.ts'
import { awsSts } from './aws.ts'
import { exchange, type FrontEnd } from './exchange.ts'
import { googleIamCredentials } from './google-iam-credentials.ts'
import { googleSts } from './google-sts.ts'
import { publishedAt } from './own-issuers.ts'
import type { Sts } from './sts.ts'
import { introspect, tokenInfo } from './token-information.ts'

/** What the Node adapter hands over; absent where an app is called without a socket. */
interface Bindings {
  readonly incoming?: IncomingMessage & { readonly rawBody?: Buffer }
}

type StsContext = Context<{ Bindings: Bindings }>

/** Far more than the largest token with its form. */
export const largestBody = 64 * 1024

/**
 * Every protocol on one port, told apart by path:
 *
 *     POST, GET  /                                              AWS STS
 *     POST       /v1/token                                      Google STS
 *     POST       /v1/projects/-/serviceAccounts/EMAIL:METHOD    Google IAM credentials
 *     GET, POST  /tokeninfo, /oauth2/v1|v3/tokeninfo            Google token information
 *     POST       /v1/introspect                                 Google STS introspection (RFC 7662)
 *     GET        an issuer's own paths, under its own Host      discovery and JWKS of our issuers
 *     GET        /issuers/HOST/PATH/.well-known/…               the same, under any Host
 *     GET        /healthz
 */
export function stsApp(sts: Sts): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>()
  const through = (frontEnd: FrontEnd) => async (c: StsContext) => {
    const request = await stsRequest(c)
    return exchange(request, frontEnd, sts)
  }
  app.on(['GET', 'POST'], '/', through(awsSts))
  app.post('/v1/token', through(googleSts))
  app.post('/v1/projects/-/serviceAccounts/:method', through(googleIamCredentials))
  for (const path of ['/tokeninfo', '/oauth2/v1/tokeninfo', '/oauth2/v3/tokeninfo'])
    app.on(['GET', 'POST'], path, async (c) => tokenInfo(await stsRequest(c), sts))
  app.post('/v1/introspect', async (c) => introspect(await stsRequest(c), sts))
  app.get('/healthz', (c) => c.json({ status: 'ok', development: true }))
  app.get('*', (c) => published(c, sts))
  return app
}

/** Characters as they came: signatures cover nothing else. */
async function stsRequest(c: StsContext): Promise<StsRequest> {
  const incoming = c.env?.incoming
  const target = targetOf(incoming?.url ?? c.req.url)
  const mark = target.indexOf('?')
  const headers = incoming ? pairs(incoming.rawHeaders) : [...c.req.raw.headers]
  const host = incoming ? incoming.headers.host : c.req.header('host')
  return {
    id: randomUUID(),
    method: c.req.method,
    host: host ?? new URL(c.req.url).host,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers,
    body: incoming?.rawBody ? incoming.rawBody.toString() : await c.req.text(),
    from: incoming?.socket.remoteAddress ?? '',
  }
}

/** Path and query of a request target, whether it came in origin form or in absolute form (RFC 9112 §3.2). */
function targetOf(url: string): string {
  if (url.startsWith('/')) return url
  const slash = url.indexOf('/', url.indexOf('://') + 3)
  return slash < 0 ? '/' : url.slice(slash)
}

function pairs(rawHeaders: readonly string[]): [string, string][] {
  const headers: [string, string][] = []
  for (let i = 0; i < rawHeaders.length; i += 2) headers.push([rawHeaders[i]!, rawHeaders[i + 1]!])
  return headers
}

async function published(c: StsContext, sts: Sts): Promise<Response> {
  const { host, path } = await stsRequest(c)
  const document = publishedAt({ origin: new URL(c.req.url).origin, host, path }, sts)
  return document
    ? Response.json(document, { headers: { 'Cache-Control': 'public, max-age=60' } })
    : c.notFound()
}
