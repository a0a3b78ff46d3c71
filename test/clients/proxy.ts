import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { closeServer, listen } from '../fakes/serve.ts'

/** A company's proxy: tunnels to wherever it is asked to, and notes what it was asked. */
export async function serveProxy() {
  const asked: string[] = []
  const sockets = new Set<Duplex>()
  const server = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`)
    response.writeHead(502, { 'content-type': 'text/plain' }).end('this proxy has only CONNECT\n')
  })
  server.on('connect', ({ url = '' }, client: Duplex) => {
    asked.push(`CONNECT ${url}`)
    const [host = '', port] = url.split(':')
    const onwards = connect(Number(port), host, () =>
      client.write('HTTP/1.1 200 Connection established\r\n\r\n'),
    )
    for (const each of [client, onwards]) sockets.add(each.on('error', () => each.destroy()))
    client.pipe(onwards).pipe(client)
  })
  await listen(server, '127.0.0.1', 0)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      for (const each of sockets) each.destroy()
      await closeServer(server)
    },
  }
}
