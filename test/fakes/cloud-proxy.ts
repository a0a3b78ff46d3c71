import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { type Authority, certificateAuthority } from '../../src/lab/certificates.ts'
import { closeServer, listen } from './serve.ts'

/** Cloud host names, exact or with `*` for one label, and the loopback port that plays each. */
export type Hosts = Readonly<Record<string, number>>

/**
 * An HTTP proxy on loopback through which the clouds' own host names lead to servers of this process, with
 * certificates of a throw-away authority. Everything else is refused: nothing leaves the machine.
 * HTTPS_PROXY and NODE_EXTRA_CA_CERTS lead a program here.
 */
export async function serveCloudProxy(hosts: Hosts, authority?: Authority) {
  const ca = authority ?? certificateAuthority()
  const contexts = new Map<string, SecureContext>()
  // For the very name: a certificate may have `*` as its first label alone (RFC 6125 §6.4.3).
  const contextOf = (host: string) => {
    const context = contexts.get(host) ?? createSecureContext({ ...ca.issue([host]), minVersion: 'TLSv1.2' })
    contexts.set(host, context)
    return context
  }
  const refused: string[] = []
  const sockets = new Set<Duplex>()

  const server = createServer((request, response) => {
    refused.push(request.url ?? '')
    response.writeHead(502, { 'content-type': 'text/plain' }).end('only CONNECT to the clouds of this test')
  })
  server.on('connect', ({ url = '' }, client: Duplex) => {
    sockets.add(client.on('error', () => client.destroy()))
    const [host = '', port] = url.split(':')
    const target = port === '443' ? targetOf(hosts, host) : undefined
    if (target === undefined) {
      refused.push(url)
      client.end(`HTTP/1.1 403 no cloud of this test answers at ${url}\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    const inside = new TLSSocket(client as Socket, { isServer: true, secureContext: contextOf(host) })
    join(inside, connect(target, '127.0.0.1'), sockets)
  })
  await listen(server, '127.0.0.1', 0)
  const { port } = server.address() as AddressInfo
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await closeServer(server)
  }
  return { url: `http://127.0.0.1:${port}`, port, ca: ca.cert, refused, close }
}

function targetOf(hosts: Hosts, host: string): number | undefined {
  if (hosts[host] !== undefined) return hosts[host]
  const found = Object.entries(hosts).find(([pattern]) => {
    const [before, after] = pattern.split('*')
    if (after === undefined || !host.startsWith(before!) || !host.endsWith(after)) return false
    return !host.slice(before!.length, host.length - after.length).includes('.')
  })
  return found?.[1]
}

function join(a: Duplex, b: Duplex, sockets: Set<Duplex>) {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    sockets.add(one)
    one.pipe(other)
    one.on('error', () => other.destroy())
    one.on('close', () => sockets.delete(one) && other.destroy())
  }
}
