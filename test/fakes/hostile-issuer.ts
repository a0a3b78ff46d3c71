import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { generateIssuerKey } from '../../src/keys/signing.ts'
import { type Http, type HttpRequest, outboundHttp } from '../../src/wire/http.ts'
import { serveCloudProxy } from './cloud-proxy.ts'
import { closeServer, listen } from './serve.ts'

export const hostileIssuer = 'https://hostile.example'
const jwksPath = '/jwks'

/** How one of the two documents is answered. */
export type Manners = (response: ServerResponse, request: IncomingMessage) => void

/** What an issuer says, unless a test has it say something else. */
export interface Lines {
  readonly discovery?: Manners
  readonly jwks?: Manners
}

export type HostileIssuer = Awaited<ReturnType<typeof serveHostileIssuer>>

/**
 * An issuer over HTTPS at its own name, as bad as a test wants it. `http` is the way to it that a token service takes:
 * the product's own, with a fiftieth of the patience. This process trusts its certificate until `close`.
 */
export async function serveHostileIssuer() {
  const key = generateIssuerKey('ES256')
  const asked: string[] = []
  let lines: Lines = {}
  const own: Required<Lines> = {
    discovery: json({ issuer: hostileIssuer, jwks_uri: `${hostileIssuer}${jwksPath}` }),
    jwks: json({ keys: [key.jwk] }),
  }
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const which = request.url === jwksPath ? 'jwks' : 'discovery'
    ;(lines[which] ?? own[which])(response, request)
  })
  await listen(server, '127.0.0.1', 0)
  const proxy = await serveCloudProxy({ 'hostile.example': (server.address() as AddressInfo).port })
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, proxy.ca])
  const limits: Pick<HttpRequest, 'timeoutMs' | 'maxBytes'>[] = []
  const real = outboundHttp({ env: { HTTPS_PROXY: proxy.url }, reach: 'public' })
  const http: Http = (request) => {
    const { timeoutMs = 5000, maxBytes } = request
    limits.push({ timeoutMs, ...(maxBytes !== undefined && { maxBytes }) })
    return real({ ...request, timeoutMs: timeoutMs / 50 })
  }
  return {
    key,
    /** Paths, in the order asked. */
    asked,
    /** Which bounds each request had. */
    limits,
    /** Where something other than the issuer was asked for: host and port. */
    elsewhere: proxy.refused,
    http,
    behave(as: Lines) {
      lines = as
      asked.length = 0
      proxy.refused.length = 0
    },
    async close() {
      setDefaultCACertificates(trusted)
      await proxy.close()
      await closeServer(server)
    },
  }
}

export function json(document: unknown): Manners {
  return (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
}
