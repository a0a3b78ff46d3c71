import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { SignableRequest } from '../../src/wire/sigv4.ts'

/** What a fake's routes see besides the request: Node's own, with every character as it was sent. */
export interface Bindings {
  readonly Bindings: HttpBindings
}

export interface Served {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

export interface ServeOptions {
  /** Default: loopback. */
  readonly host?: string
  /** Default: one that is free. */
  readonly port?: number
  /** The clock by which answers are dated: AWS SDKs set theirs by it. Default: the machine's. */
  readonly now?: () => number
}

/** What serves requests of Node's HTTP server. */
interface App {
  fetch(request: Request, bindings: HttpBindings): Response | Promise<Response>
}

export async function serveApp(app: App, options: ServeOptions = {}): Promise<Served> {
  const { host = '127.0.0.1', port = 0, now = Date.now } = options
  const dated = async (request: Request, bindings: unknown) => {
    const { status, headers, body } = await app.fetch(request, bindings as HttpBindings)
    return new Response(body, { status, headers: { ...Object.fromEntries(headers), date: httpDate(now()) } })
  }
  const server = createAdaptorServer({ fetch: dated }) as Server
  await listen(server, host, port)
  const bound = (server.address() as AddressInfo).port
  return { url: `http://${host}:${bound}`, port: bound, close: () => closeServer(server) }
}

const httpDate = (ms: number) => new Date(ms).toUTCString()

export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

/** Ends idle connections too, which a keep-alive client would otherwise hold open. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** The request as signatures see it: a `Request` has already normalised its URL. */
export async function signable(c: Context<Bindings>): Promise<SignableRequest & { body: Uint8Array }> {
  const { url = '/', method = 'GET', rawHeaders } = c.env.incoming as IncomingMessage
  const mark = url.indexOf('?')
  return {
    method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers: pairs(rawHeaders),
    body: new Uint8Array(await c.req.arrayBuffer()),
  }
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i]!, raw[2 * i + 1]!])
}
