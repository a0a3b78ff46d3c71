import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import { handOn } from './hand-on.ts'

/** What a client gets through us from a service that sends exactly this. */
async function handedOn(t: TestContext, sent: string, then: 'end' | 'resetAndDestroy' = 'end') {
  const service = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(sent, () => setImmediate(() => socket[then]())))
  })
  const between = createHttpServer((request, response) =>
    handOn(request, Buffer.alloc(0), response, `http://127.0.0.1:${port(service)}`),
  )
  for (const each of [service, between]) {
    await once(each.listen(0, '127.0.0.1'), 'listening')
    t.after(() => each.close())
  }
  const answer = await fetch(`http://127.0.0.1:${port(between)}/`, { headers: { connection: 'close' } })
  return { status: answer.status, body: await answer.text().catch(() => 'cut') }
}

const port = (server: Server) => (server.address() as AddressInfo).port

for (const [what, sent] of [
  [
    'changes to another protocol',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  ],
  ['has a status that there is not', 'HTTP/1.1 099 X\r\nX-A: b\r\nContent-Length: 0\r\n\r\n'],
  ['says two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhello'],
  ['says nothing', ''],
])
  test(`a service that ${what} is a 502`, async (t) => {
    const { status, body } = await handedOn(t, sent!)
    assert.deepEqual([status, /^mayfly lab: the service at http.* does not answer/.test(body)], [502, true])
  })

for (const [what, sent, then] of [
  ['ends midway', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello', 'end'],
  ['is reset midway', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello', 'resetAndDestroy'],
  [
    'sends a chunk that is none',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZZ\r\n',
    'end',
  ],
] as const)
  test(`an answer that ${what} is cut there`, async (t) => {
    assert.deepEqual(await handedOn(t, sent, then), { status: 200, body: 'cut' })
  })

test('what follows an answer is nobody’s', async (t) => {
  const sent = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello there too much'
  assert.deepEqual(await handedOn(t, sent), { status: 200, body: 'hello' })
})
