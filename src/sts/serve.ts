import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { MayflyError } from '../errors.ts'
import { isLoopbackHost } from '../wire/http.ts'
import { timeout } from '../world.ts'
import type { StsResponse } from './ask.ts'
import { hostGuard } from './hosts.ts'
import { listen } from './listen.ts'
import { answer, largestBody, requestOf } from './server.ts'
import type { Sts } from './sts.ts'

export interface ServeOptions {
  readonly sts: Sts
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** Default: 0, one that is free. */
  readonly port?: number
  /** In PEM: serves HTTPS, so that the clouds' own names can lead here. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** This is a token service for development: others than this machine reach it only if somebody says so. Default: false. */
  readonly allowPublicAddress?: boolean
}

export interface StsServer {
  /** `http://127.0.0.1:8787` */
  readonly url: string
  readonly port: number
  /** How many requests are being answered. */
  inFlight(): number
  /**
   * Takes no connections any more, and resolves when what has arrived is answered; after so many milliseconds it ends the
   * connections that are left.
   */
  stop(graceMs: number): Promise<void>
  /** Ends every connection at once. */
  close(): Promise<void>
}

/**
 * Serves every protocol of the token service on one port.
 * @throws SERVER_ADDRESS when the address is taken, or is public and nobody allowed that
 */
export async function serveSts(options: ServeOptions): Promise<StsServer> {
  const { sts, host = '127.0.0.1', port = 0, tls, allowPublicAddress = false } = options
  if (!allowPublicAddress && !isLoopbackHost(host)) throw publicAddress(host)
  const server = tls ? createHttpsServer({ ...limits, ...tls }) : createHttpServer(limits)
  const answersFor = hostGuard(host, sts)
  const answering = { count: 0 }
  server.on('request', (request, response) => {
    const problem = objection(request.rawHeaders, answersFor)
    if (problem) refuse(response, problem.status, problem.message)
    else receive(request, response, { sts, server, answering })
  })
  const bound = await listen(server, port, host)
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls ? 'https' : 'http'}://${name}:${bound}`,
    port: bound,
    inFlight: () => answering.count,
    async stop(graceMs) {
      const end = timeout(graceMs, () => server.closeAllConnections())
      await closed(server)
      end()
    },
    close() {
      const ended = closed(server)
      server.closeAllConnections()
      return ended
    },
  }
}

/** Resolves with the last connection; those that nobody uses end now. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

const limits = {
  // A session token in a presigned query or an Authorization header, with room.
  maxHeaderSize: 32 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 60_000,
}

// Browsers send these with every request of a page; no client of these protocols does.
const browserHeaders = /^(?:origin|sec-fetch-site|sec-fetch-dest)$/i

/** Why a request may not be read; undefined when it may. */
function objection(rawHeaders: readonly string[], answersFor: (host: string) => boolean) {
  let host: string | undefined
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (browserHeaders.test(name)) return { status: 403, message: 'browsers are not served here' }
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue
    host = rawHeaders[i + 1]
    hosts++
  }
  return hosts === 1 && answersFor(host!) ? undefined : misdirected
}

const misdirected = {
  status: 421,
  message:
    'Host is no name of this token service: use its own address, the name it was given by --host, a name of AWS, Google or Entra, or the host of an issuer in its trust',
}

interface Receiver {
  readonly sts: Sts
  readonly server: Server
  /** Those that are being answered. */
  readonly answering: { count: number }
}

/** Reads a body whole and answers it. */
function receive(
  request: IncomingMessage,
  response: ServerResponse,
  { sts, server, answering }: Receiver,
): void {
  const chunks: Buffer[] = []
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= largestBody) chunks.push(chunk)
    else if (!response.headersSent) refuse(response, 413, `the body is larger than ${largestBody} bytes`)
  })
  request.on('end', () => {
    if (length > largestBody) return
    const body = (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString()
    answering.count += 1
    answer(requestOf(request, body), sts)
      .then(
        (answered) => send(response, answered, server.listening),
        () => refuse(response, 500, 'the token service failed'),
      )
      .then(() => {
        answering.count -= 1
      })
  })
  request.on('error', () => response.destroy())
}

// Straight to node:http and not through the app: an adapter's Request and Response cost a third of an exchange.
function send(response: ServerResponse, { status, headers, body }: StsResponse, listening: boolean): void {
  // Of a server that is about to end, whoever keeps connections asks another node next.
  if (!listening) response.setHeader('Connection', 'close')
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' }).end(`${message}\n`)
}

function publicAddress(host: string): MayflyError {
  return new MayflyError('SERVER_ADDRESS', {
    message: `${host} is not a loopback address, and this is a token service for development`,
    values: { host },
  })
}
