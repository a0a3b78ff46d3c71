import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { bareHost, isLoopbackHost } from '../../wire/addresses.ts'
import type { StsResponse } from '../ask.ts'
import { listen } from '../listen.ts'
import { answer, requestOf } from '../server.ts'
import type { Sts } from '../sts.ts'
import type { Metrics } from './metrics.ts'

export interface OperatorServer {
  /** `http://127.0.0.1:9464` */
  readonly url: string
  close(): Promise<void>
}

export interface OperatorSetting {
  readonly sts: Sts
  readonly metrics: Metrics
  readonly host: string
  /** 0 is one that is free. */
  readonly port: number
}

/**
 * `/metrics`, and the probes, at an address of their own: what a monitoring system reads is not for callers. It gives
 * away no secret and changes nothing.
 * @throws SERVER_ADDRESS
 */
export async function serveOperator({ sts, metrics, host, port }: OperatorSetting): Promise<OperatorServer> {
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 })
  const anyHost = !isLoopbackHost(host)
  server.on('request', (request, response) => {
    const refused = objection(request, anyHost)
    if (refused) return send(response, refused)
    respond(request, { sts, metrics }).then(
      (answered) => send(response, answered),
      () => send(response, plain(500, 'the metrics cannot be read')),
    )
  })
  const bound = await listen(server, port, host)
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${bound}`,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

function plain(status: number, text: string): StsResponse {
  return { status, headers: { 'Content-Type': 'text/plain' }, body: `${text}\n` }
}

function objection(request: IncomingMessage, anyHost: boolean): StsResponse | undefined {
  if (isFromPage(request)) return plain(403, 'pages are not served here')
  return anyHost || namesLoopback(request) ? undefined : plain(421, 'Host is no name of this machine')
}

const probes: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

async function respond(
  incoming: IncomingMessage,
  { sts, metrics }: Pick<OperatorSetting, 'sts' | 'metrics'>,
): Promise<StsResponse> {
  const request = requestOf(incoming, '')
  if (request.method === 'GET' && probes.has(request.path)) return answer(request, sts)
  if (request.method !== 'GET' || request.path !== '/metrics')
    return plain(404, 'there is /metrics, /healthz and /readyz')
  return { status: 200, headers: { 'Content-Type': metrics.contentType }, body: await metrics.text() }
}

/** A page may not read this machine's metrics; somebody who looks at them in a browser may. */
function isFromPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  return headers.origin !== undefined || (site !== undefined && site !== 'none')
}

/** A page whose own name leads here (DNS rebinding) comes with that name. */
function namesLoopback({ headers: { host = '' } }: IncomingMessage): boolean {
  return isLoopbackHost(bareHost(host.replace(/:\d{1,5}$/, '')))
}

function send(response: ServerResponse, { status, headers, body }: StsResponse): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}
