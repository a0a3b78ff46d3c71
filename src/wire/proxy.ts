import http from 'node:http'
import https from 'node:https'
import { BlockList, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import type { Environment } from '../world.ts'
import { bareHost, isLoopbackHost, isMetadataHost } from './addresses.ts'

/**
 * The proxy for an HTTPS URL: `https_proxy` or HTTPS_PROXY, unless NO_PROXY has the host. This machine and the metadata
 * addresses are never asked through a proxy.
 */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  const setting = env.https_proxy || env.HTTPS_PROXY
  if (!setting || isLoopbackHost(url.hostname) || isMetadataHost(url.hostname)) return undefined
  if (isExempt(url, env.no_proxy || env.NO_PROXY || '')) return undefined
  const text = setting.includes('://') ? setting : `http://${setting}`
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Whether NO_PROXY (names, with all that is under them, addresses, ranges, each with or without a port, or `*`) has it. */
function isExempt(url: URL, noProxy: string): boolean {
  const host = bareHost(url.hostname)
  const port = url.port || '443'
  return noProxy
    .split(/[\s,]/)
    .filter(Boolean)
    .some((entry) => entry === '*' || covers(entry.toLowerCase(), host, port))
}

function covers(entry: string, host: string, port: string): boolean {
  const [, name = '', entryPort] = /^(.*?)(?::(\d{1,5}))?$/.exec(isIP(entry) ? `[${entry}]` : entry) ?? []
  if (entryPort !== undefined && entryPort !== port) return false
  const bare = bareHost(name).replace(/^\*?\./, '')
  if (isIP(host) !== 0) return bare === host || inRange(host, bare)
  return host === bare || host.endsWith(`.${bare}`)
}

function inRange(address: string, range: string): boolean {
  const [network = '', prefix = ''] = range.split('/')
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4')
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (isIP(network) === 0 || family(network) !== family(address)) return false
  if (!(length <= (family(network) === 'ipv6' ? 128 : 32))) return false
  const list = new BlockList()
  list.addSubnet(network, length, family(network))
  return list.check(address, family(address))
}

export interface TunnelOptions extends https.RequestOptions {
  /** Ends the wait for the tunnel. Agents are not told of a request's own `signal`. */
  readonly giveUp?: AbortSignal
}

type Created = (error: Error | null, stream?: Duplex) => void

/**
 * An agent whose TLS connections run through a tunnel that the proxy opens (CONNECT, RFC 9110 §9.3.6): the proxy sees
 * the host's name and nothing of what is said. Node's own agents do it from 24.5 on, and ignore the setting before.
 */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL

  constructor(proxy: URL, options: https.AgentOptions) {
    super(options)
    this.#proxy = proxy
  }

  override createConnection(options: TunnelOptions, created: Created): undefined {
    const target = `${options.host?.includes(':') ? `[${options.host}]` : options.host}:${options.port}`
    const request = (this.#proxy.protocol === 'https:' ? https : http).request({
      method: 'CONNECT',
      host: bareHost(this.#proxy.hostname),
      port: this.#proxy.port || (this.#proxy.protocol === 'https:' ? 443 : 80),
      path: target,
      headers: { host: target, ...proxyAuthorization(this.#proxy) },
      agent: false,
      ...(options.giveUp && { signal: options.giveUp }),
    })
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200)
        return created(null, tls.connect({ ...(options as tls.ConnectionOptions), socket }))
      socket.destroy()
      created(new ProxyRefusal(this.#proxy.host, response.statusCode ?? 0))
    })
    request.once('response', (response) => {
      response.destroy()
      created(new ProxyRefusal(this.#proxy.host, response.statusCode ?? 0))
    })
    request.on('error', (error) => created(new ProxyFailure(this.#proxy.host, error)))
    request.end()
  }
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (!proxy.username) return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** The proxy answered, and did not open a tunnel. */
export class ProxyRefusal extends Error {
  constructor(proxy: string, status: number) {
    super(`the proxy ${proxy} answered ${status} in place of opening a tunnel`)
  }
}

/** The proxy itself could not be reached. */
export class ProxyFailure extends Error {
  constructor(proxy: string, cause: Error) {
    super(`the proxy ${proxy} could not be reached`, { cause })
  }
}
