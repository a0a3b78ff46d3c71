import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type ErrorCode, MayflyError } from '../errors.ts'

/** Whatever answers requests; a hono app is one. */
export interface FetchApp {
  fetch(request: Request, env?: unknown): Response | Promise<Response>
}

export interface LoopbackOptions {
  /** Default: 0, one that is free. */
  readonly port?: number
  readonly host?: '127.0.0.1'
  /** Default: 64 KiB, far more than any credential protocol sends. */
  readonly maxBodyBytes?: number
  /** What `Host` may say besides the address itself: names that clients are told to use. */
  readonly allowedHosts?: readonly string[]
  /** Refuses X-Forwarded-For and Forwarded, as IMDS does against open proxies. Default: false. */
  readonly refuseForwarded?: boolean
}

export interface LoopbackServer {
  /** `127.0.0.1:PORT` */
  readonly address: string
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly port: number
  /** Ends every connection at once. */
  close(): Promise<void>
}

/**
 * Serves an app to programs on this machine and to nobody else: it listens on 127.0.0.1 only, and what a browser or
 * a proxy may have sent (a wrong `Host`, `Origin`, `Sec-Fetch-Site`, …) is refused with 403 before the app sees it.
 * @throws SERVER_ADDRESS when the port is taken
 */
export async function serveLoopback(app: FetchApp, options: LoopbackOptions = {}): Promise<LoopbackServer> {
  const { port = 0, host = '127.0.0.1', maxBodyBytes = 64 * 1024 } = options
  const { allowedHosts = [], refuseForwarded = false } = options
  // The adapter's own Response, which it puts in the global's place, saves a third of the time of an answer.
  const listener = getRequestListener(app.fetch, { errorHandler: failed })
  const server = createServer(limits)
  const bound = await listen(server, port, host)
  const address = `${host}:${bound}`
  const hosts = hostNames(address, bound, allowedHosts)
  server.on('request', async (request, response) => {
    const problem = objection(request, hosts, refuseForwarded)
    if (problem) return refuse(response, problem)
    if (hasBody(request) && !(await readBody(request, response, maxBodyBytes))) return
    await listener(request, response)
  })
  const close = () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    return closed
  }
  return { address, origin: `http://${address}`, port: bound, close }
}

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  // SDKs keep a connection between two looks at a credential.
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
}
const mostHeaders = 64

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', (cause) => {
      const { code } = cause as NodeJS.ErrnoException
      const message = `cannot listen on ${host}:${port} (${code})`
      reject(new MayflyError('SERVER_ADDRESS', { message, values: { host, port, code }, cause }))
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

function hostNames(address: string, port: number, allowed: readonly string[]): ReadonlySet<string> {
  const names = [address, ...allowed, ...allowed.map((name) => `${name}:${port}`)]
  if (port === 80) names.push(address.slice(0, address.lastIndexOf(':')))
  return new Set(names.map((name) => name.toLowerCase()))
}

interface Objection {
  readonly status: 400 | 403 | 413 | 431
  readonly message: string
}

// Browsers send Site and Dest with every request. Mode alone is no sign of one: Node's own fetch sends it.
const browserHeaders = new Set(['origin', 'sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-user'])
const proxyHeaders = new Set(['x-forwarded-for', 'forwarded'])

/** Why a request may not reach the app; undefined when it may. */
function objection(
  request: IncomingMessage,
  hosts: ReadonlySet<string>,
  refuseForwarded: boolean,
): Objection | undefined {
  const { rawHeaders } = request
  if (rawHeaders.length > mostHeaders * 2) return { status: 431, message: `more than ${mostHeaders} headers` }
  let hostFields = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (name === 'host') hostFields++
    if (browserHeaders.has(name)) return { status: 403, message: `a browser sent this (${name})` }
    if (refuseForwarded && proxyHeaders.has(name))
      return { status: 403, message: `a proxy sent this (${name})` }
  }
  const host = request.headers.host?.toLowerCase() ?? ''
  if (hostFields !== 1 || !hosts.has(host))
    return { status: 403, message: 'Host is not the address of this server' }
  if (!request.url?.startsWith('/')) return { status: 400, message: 'the target is not a path' }
  return undefined
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** Reads a body whole, where the adapter looks for one. False when it was too large, or never came. */
async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<boolean> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length
      if (length > maxBytes) {
        refuse(response, { status: 413, message: `the body is larger than ${maxBytes} bytes` })
        return false
      }
      chunks.push(chunk)
    }
  } catch {
    response.destroy()
    return false
  }
  Object.assign(request, { rawBody: Buffer.concat(chunks) })
  return true
}

function refuse(response: ServerResponse, { status, message }: Objection): void {
  const body = errorBody('DELIVERY_REFUSED', message)
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body)
}

/** What escaped from the app: our own errors speak for themselves, of others nothing is told. */
function failed(error: unknown): Response {
  const known = error instanceof MayflyError
  const body = known ? errorBody(error.code, error.message) : errorBody('DELIVERY_REFUSED', 'internal error')
  return new Response(body, { status: 500, headers: { 'content-type': 'application/json' } })
}

const errorBody = (code: ErrorCode, message: string): string => JSON.stringify({ code, message })
