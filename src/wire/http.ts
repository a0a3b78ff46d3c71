import http from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { MayflyError } from '../errors.ts'
import type { Environment } from '../world.ts'
import { bareHost, isLocalhostName, isLoopbackHost, isMetadataHost, isPublicAddress } from './addresses.ts'
import { lookupWithin, type Reach, type Resolve } from './lookup.ts'
import { proxyFor, TunnelAgent, type TunnelOptions } from './proxy.ts'
import { BlockedAddress, GivenUp, Overdue, type Progress, unreachable } from './unreachable.ts'

export { isLoopbackHost } from './addresses.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** From connecting to the last byte. Default: 5000. */
  readonly timeoutMs?: number
  /** Of the body. Default: 1 MiB, the most that any token service or JWKS needs. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; repeated fields joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * One request, no redirect followed.
 * @throws EXCHANGE_UNREACHABLE (transient) naming the host, what failed and how long it was waited for
 * @throws EXCHANGE_UNREACHABLE (not transient) for a URL that may not be asked, and for a failure of TLS
 * @throws EXCHANGE_ANSWER when the body is larger than `maxBytes`
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>

export interface OutboundOptions {
  /** HTTPS_PROXY and NO_PROXY, in either letter case, are honoured. */
  readonly env?: Environment
  /**
   * Which addresses a host name may resolve to: any, or only public ones (a URL that a stranger can choose). Behind a
   * proxy it is the proxy that resolves names and dials. Default: any.
   */
  readonly reach?: Reach
  /** Default: the machine's resolver. */
  readonly resolve?: Resolve
}

/**
 * HTTPS to anywhere within `reach`; plain HTTP to this machine and to the clouds' metadata addresses alone.
 * Connections are kept for the next request and do not keep the process alive.
 */
export function outboundHttp({ env = {}, reach = 'any', resolve }: OutboundOptions = {}): Http {
  const agentFor = agents(env, lookupWithin(reach, resolve))
  return async (request) => {
    const url = allowedUrl(request.url, reach)
    const { timeoutMs = 5000, signal } = request
    const startMs = performance.now()
    const progress: Progress = { phase: 'connecting' }
    const patience = patienceOf(timeoutMs, signal)
    try {
      return await send(request, url, agentFor(url), patience.signal, progress)
    } catch (error) {
      const reason = patience.signal.aborted ? patience.signal.reason : error
      const waitedMs = reason instanceof Overdue ? timeoutMs : performance.now() - startMs
      throw unreachable(reason, url.host, progress, waitedMs)
    } finally {
      patience.end()
    }
  }
}

/** The caller's signal and the time limit as one. */
function patienceOf(timeoutMs: number, signal: AbortSignal | undefined) {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Overdue()), timeoutMs)
  const giveUp = () => controller.abort(new GivenUp())
  signal?.addEventListener('abort', giveUp, { once: true })
  if (signal?.aborted) giveUp()
  const end = () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
  return { signal: controller.signal, end }
}

function allowedUrl(text: string, reach: Reach): URL {
  if (!URL.canParse(text)) throw forbidden('', 'the endpoint is not a URL')
  const url = new URL(text)
  const { hostname, host, protocol } = url
  if (url.username || url.password) throw forbidden(host, `the URL of ${host} holds a user name or password`)
  if (protocol !== 'https:' && protocol !== 'http:') throw forbidden(host, `${protocol} is not HTTPS`)
  if (protocol === 'http:' && !isLoopbackHost(hostname) && !isMetadataHost(hostname))
    throw forbidden(host, `the URL of ${host} is plain HTTP, which anybody on the way can read`)
  const bare = bareHost(hostname)
  const literal = isIP(bare) !== 0
  if (reach === 'public' && (literal ? !isPublicAddress(bare) : isLocalhostName(bare)))
    throw unreachable(new BlockedAddress(host, bare), host, { phase: 'connecting' }, 0)
  return url
}

function forbidden(host: string, message: string): MayflyError {
  return new MayflyError('EXCHANGE_UNREACHABLE', {
    message,
    values: { host },
    hint: 'Use an https:// URL without credentials; plain HTTP is for loopback and metadata addresses alone.',
  })
}

function agents(env: Environment, lookup: LookupFunction): (url: URL) => http.Agent {
  const options = { keepAlive: true, lookup }
  const plain = new http.Agent(options)
  const direct = new https.Agent(options)
  const tunnels = new Map<string, TunnelAgent>()
  return (url) => {
    if (url.protocol === 'http:') return plain
    const proxy = proxyFor(url, env)
    if (!proxy) return direct
    const tunnel = tunnels.get(proxy.href) ?? new TunnelAgent(proxy, { keepAlive: true })
    tunnels.set(proxy.href, tunnel)
    return tunnel
  }
}

async function send(
  request: HttpRequest,
  url: URL,
  agent: http.Agent,
  signal: AbortSignal,
  progress: Progress,
): Promise<HttpResponse> {
  const { body, maxBytes = 1024 * 1024 } = request
  const options = requestOptions(request, url, agent, signal)
  for (;;) {
    const attempt = start(options, body, progress)
    try {
      return await answerOf(attempt, url, maxBytes, progress)
    } catch (error) {
      // The server may close a kept connection just as we use it: no failure of the server, and a fresh one will do.
      const stale = attempt.reusedSocket && progress.phase === 'waiting for an answer' && isReset(error)
      if (!stale || signal.aborted) throw error
      progress.phase = 'connecting'
    }
  }
}

const isReset = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE'].includes((error as { code: string }).code)

function requestOptions(
  request: HttpRequest,
  url: URL,
  agent: http.Agent,
  signal: AbortSignal,
): TunnelOptions {
  const { method, body, headers } = request
  const length = body !== undefined || method !== 'GET' ? Buffer.byteLength(body ?? '') : undefined
  const host = bareHost(url.hostname)
  return {
    method,
    protocol: url.protocol,
    host,
    servername: isIP(host) === 0 ? host : '',
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      'user-agent': 'mayfly',
      ...headers,
      ...(length !== undefined && { 'content-length': length }),
    },
    agent,
    signal,
    giveUp: signal,
  }
}

function start(options: TunnelOptions, body: string | undefined, progress: Progress): http.ClientRequest {
  const request = (options.protocol === 'https:' ? https : http).request(options)
  request.once('socket', (socket) => {
    const connected = () => {
      progress.phase = 'waiting for an answer'
    }
    if (request.reusedSocket) connected()
    else socket.once(options.protocol === 'https:' ? 'secureConnect' : 'connect', connected)
  })
  request.end(body)
  return request
}

function answerOf(
  request: http.ClientRequest,
  url: URL,
  maxBytes: number,
  progress: Progress,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.once('response', (response) => {
      progress.phase = 'reading the answer'
      readBody(response, url, maxBytes).then(
        (body) => resolve({ status: response.statusCode!, headers: joined(response), body }),
        (error) => {
          request.destroy()
          reject(error)
        },
      )
    })
  })
}

async function readBody(response: http.IncomingMessage, url: URL, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes)
      throw new MayflyError('EXCHANGE_ANSWER', {
        message: `the answer of ${url.host} is larger than ${maxBytes} bytes`,
        values: { host: url.host, limit: maxBytes },
      })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function joined(response: http.IncomingMessage): Record<string, string> {
  const fields = Object.entries(response.headersDistinct)
  return Object.fromEntries(fields.map(([name, values = []]) => [name, values.join(', ')]))
}
