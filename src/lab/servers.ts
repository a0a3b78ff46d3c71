import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { MayflyError } from '../errors.ts'
import type { Clock } from '../world.ts'
import type { Authority } from './certificates.ts'

/** A request that reached anything of the lab, and what it was answered. Header values are as they came: credentials too. */
export interface Traced {
  /** Epoch milliseconds, by the lab's clock. */
  readonly atMs: number
  /** The address and port that it came to: `169.254.170.2:80`. */
  readonly at: string
  readonly host: string
  readonly method: string
  readonly target: string
  /** Names and values in the order sent. */
  readonly headers: readonly (readonly [string, string])[]
  readonly status: number
}

export interface ServerOptions {
  readonly clock: Clock
  readonly onTrace: (traced: Traced) => void
}

/** A server at an address of the box. It dates its answers by the lab's clock, which is how AWS SDKs set theirs. */
export async function serveAt(
  { host, port, authority }: { readonly host: string; readonly port: number; readonly authority?: Authority },
  listener: RequestListener,
  { clock, onTrace }: ServerOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = authority
    ? createTlsServer({ ...limits, SNICallback: namedBy(authority) })
    : createServer(limits)
  server.on('request', (request, response) => {
    response.setHeader('Date', new Date(clock.now()).toUTCString())
    response.once('close', () => onTrace(traced(request, response.statusCode, clock.now())))
    listener(request, response)
  })
  const bound = await listen(server, host, port)
  return { port: bound, close: () => closed(server) }
}

const limits = {
  // A session token of AWS is a header of some kilobytes.
  maxHeaderSize: 64 * 1024,
  headersTimeout: 5_000,
  keepAliveTimeout: 60_000,
}

/** A certificate for whatever name is asked for: which names lead here the name server decides. */
function namedBy(authority: Authority) {
  const contexts = new Map<string, SecureContext>()
  return (name: string, callback: (error: Error | null, context?: SecureContext) => void) => {
    const known =
      contexts.get(name) ?? createSecureContext({ ...authority.issue([name]), minVersion: 'TLSv1.2' })
    contexts.set(name, known)
    callback(null, known)
  }
}

function traced(request: IncomingMessage, status: number, atMs: number): Traced {
  const { rawHeaders, socket } = request
  return {
    atMs,
    at: `${socket.localAddress}:${socket.localPort}`,
    host: request.headers.host ?? '',
    method: request.method ?? '',
    target: request.url ?? '',
    headers: rawHeaders.flatMap((name, i) => (i % 2 ? [] : [[name, rawHeaders[i + 1]!] as const])),
    status,
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new MayflyError('LAB_SETUP', { message: `cannot listen on ${host}:${port} (${cause.code})`, cause }),
      ),
    )
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

function closed(server: Server): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  return done
}
