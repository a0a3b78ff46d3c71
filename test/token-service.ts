import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

/** A request as it arrived. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: string
  /** In the order sent. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  readonly form: URLSearchParams
}

export interface Told {
  readonly status?: number
  /** JSON, unless it is a text. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A token service on loopback that says what a test has it say, until the test ends. It tells no date unless told to. */
export async function tokenService(test: TestContext, tell: (asked: Asked) => Told) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    asked.push(await read(request))
    const { status = 200, body, headers = {} } = tell(asked.at(-1)!)
    response.sendDate = false
    response.writeHead(status, headers)
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, url: `http://${host}`, asked }
}

async function read(request: IncomingMessage): Promise<Asked> {
  const { method = '', url = '/', rawHeaders } = request
  const mark = url.indexOf('?')
  const body = await text(request)
  return {
    method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers: rawHeaders.flatMap((name, i) => (i % 2 ? [] : [[name, rawHeaders[i + 1]!] as const])),
    body,
    form: new URLSearchParams(body),
  }
}
