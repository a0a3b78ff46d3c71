import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, isIP, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { MayflyError } from '../errors.ts'
import { outboundHttp } from './http.ts'
import type { Reach, Resolve } from './lookup.ts'

const http = outboundHttp()

async function serve(t: TestContext, listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

async function serveTcp(t: TestContext, onConnection: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = []
  const server = createTcpServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const each of sockets) each.destroy()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const failure = (promise: Promise<unknown>): Promise<MayflyError> =>
  promise.then(
    () => assert.fail('it did not fail'),
    (error) => error,
  )

test('a request goes out whole and its answer comes back whole', async (t) => {
  const { url } = await serve(t, async (request, response) => {
    const chunks = await request.toArray()
    const seen = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: String(Buffer.concat(chunks)),
    }
    response.writeHead(
      201,
      [
        ['X-Twice', 'a'],
        ['x-twice', 'b'],
      ].flat(),
    )
    response.end(JSON.stringify(seen))
  })
  const answer = await http({ method: 'POST', url: `${url}/p?q=1`, headers: { 'X-Own': 'v' }, body: 'ä=1' })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['x-twice'], 'a, b')
  const seen = JSON.parse(answer.body)
  assert.equal(seen.method, 'POST')
  assert.equal(seen.url, '/p?q=1')
  assert.equal(seen.body, 'ä=1')
  assert.equal(seen.headers['content-length'], '4')
  assert.equal(seen.headers['x-own'], 'v')
  assert.equal(seen.headers.host, url.slice('http://'.length))
})

test('a redirect is an answer like any other', async (t) => {
  let asked = 0
  const { url } = await serve(t, (_, response) => {
    asked++
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  const answer = await http({ method: 'GET', url })
  assert.deepEqual([answer.status, answer.headers.location, asked], [302, '/elsewhere', 1])
})

test('a connection is kept for the next request', async (t) => {
  const { url, server } = await serve(t, (_, response) => response.end('ok'))
  let connections = 0
  server.on('connection', () => connections++)
  for (let i = 0; i < 3; i++) await http({ method: 'GET', url })
  assert.equal(connections, 1)
})

test('a kept connection that the server has closed meanwhile is no failure', async (t) => {
  let connections = 0
  const url = await serveTcp(t, (socket) => {
    connections++
    let requests = 0
    // Answers once on each connection, and resets it at the second request.
    socket.on('data', () => {
      if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else socket.resetAndDestroy()
    })
  })
  await http({ method: 'GET', url })
  assert.equal((await http({ method: 'GET', url })).body, 'ok')
  assert.equal(connections, 2)
})

test('a server that never answers is EXCHANGE_UNREACHABLE with the time and the phase', async (t) => {
  const { url } = await serve(t, () => {})
  const error = await failure(http({ method: 'GET', url, timeoutMs: 50 }))
  assert.equal(error.code, 'EXCHANGE_UNREACHABLE')
  assert.equal(error.transient, true)
  assert.match(error.message, /^127\.0\.0\.1:\d+ did not answer within 0\.1 s \(waiting for an answer\)$/)
})

test('the time limit is one over headers and body', async (t) => {
  const { url } = await serve(t, (_, response) => {
    response.write('a')
  })
  const error = await failure(http({ method: 'GET', url, timeoutMs: 50 }))
  assert.equal(error.code, 'EXCHANGE_UNREACHABLE')
  assert.match(error.message, /\(reading the answer\)$/)
})

test("the caller's signal ends a request, before it starts or under way", async (t) => {
  const controller = new AbortController()
  const { url } = await serve(t, () => controller.abort())
  const underWay = await failure(http({ method: 'GET', url, signal: controller.signal }))
  assert.match(underWay.message, /was given up after/)
  const before = await failure(http({ method: 'GET', url, signal: AbortSignal.abort() }))
  assert.equal(before.code, 'EXCHANGE_UNREACHABLE')
  assert.match(before.message, /was given up after 0\.0 s/)
})

test('a body beyond the limit is EXCHANGE_ANSWER', async (t) => {
  const { url } = await serve(t, (_, response) => response.end('x'.repeat(1001)))
  assert.equal((await failure(http({ method: 'GET', url, maxBytes: 1000 }))).code, 'EXCHANGE_ANSWER')
  assert.equal((await http({ method: 'GET', url, maxBytes: 1001 })).body.length, 1001)
})

test('a refused connection is EXCHANGE_UNREACHABLE in one sentence', async (t) => {
  const { url, server } = await serve(t, () => {})
  server.close()
  const error = await failure(http({ method: 'GET', url }))
  assert.equal(error.code, 'EXCHANGE_UNREACHABLE')
  assert.equal(error.transient, true)
  assert.equal(error.message, `${url.slice('http://'.length)} refused the connection`)
})

test('a connection that is closed without an answer is EXCHANGE_UNREACHABLE', async (t) => {
  const url = await serveTcp(t, (socket) => socket.on('data', () => socket.destroy()))
  const error = await failure(http({ method: 'GET', url }))
  assert.match(error.message, /closed the connection \(waiting for an answer\)$/)
})

test('what is not HTTP is EXCHANGE_ANSWER, and its octets are not kept', async (t) => {
  const url = await serveTcp(t, (socket) => socket.on('data', () => socket.end('secret secret\r\n\r\n')))
  const error = await failure(http({ method: 'GET', url }))
  assert.equal(error.code, 'EXCHANGE_ANSWER')
  assert.equal(error.cause, undefined)
})

test('a name that DNS does not have is EXCHANGE_UNREACHABLE', async () => {
  const error = await failure(http({ method: 'GET', url: 'https://nowhere.invalid/' }))
  assert.equal(error.code, 'EXCHANGE_UNREACHABLE')
  assert.match(error.message, /^nowhere\.invalid was not found in DNS/)
})

test('plain HTTP goes to this machine and to metadata addresses alone', async () => {
  for (const url of [
    'http://example.com/',
    'http://10.0.0.1/',
    'http://169.254.169.253/',
    'http://127.0.0.1.example.com/',
  ]) {
    const error = await failure(http({ method: 'GET', url }))
    assert.equal(error.code, 'EXCHANGE_UNREACHABLE')
    assert.equal(error.transient, false)
    assert.ok(error.message.includes(new URL(url).host))
  }
})

test('plain HTTP to a metadata address is tried', async () => {
  const error = await failure(http({ method: 'GET', url: 'http://169.254.170.23/v1', timeoutMs: 1 }))
  assert.equal(error.transient, true)
})

test('a URL with a password, of another scheme or of none is refused and not repeated', async () => {
  for (const url of [
    'https://user:secret@example.com/',
    'ftp://example.com/secret',
    'secret',
    'file:///secret',
  ]) {
    const error = await failure(http({ method: 'GET', url }))
    assert.equal(error.transient, false)
    assert.ok(!error.message.includes('secret'))
  }
})

test('localhost is this machine whatever DNS says, and names under it too', async (t) => {
  const { url } = await serve(t, (request, response) => response.end(request.headers.host))
  const port = new URL(url).port
  for (const host of ['localhost', 'sts.localhost'])
    assert.equal((await http({ method: 'GET', url: `http://${host}:${port}/` })).body, `${host}:${port}`)
})

test('only public addresses are asked where the reach is public', async (t) => {
  let asked = 0
  const { url } = await serve(t, () => asked++)
  const port = new URL(url).port
  const careful = outboundHttp({ reach: 'public' })
  const hosts = [
    '127.0.0.1',
    'localhost',
    'a.localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0x7f.1',
    '2130706433',
    '10.0.0.1',
  ]
  for (const host of hosts)
    for (const scheme of ['http', 'https']) {
      const error = await failure(careful({ method: 'GET', url: `${scheme}://${host}:${port}/` }))
      assert.equal(error.code, 'EXCHANGE_UNREACHABLE')
      assert.equal(error.transient, false, host)
    }
  assert.equal(asked, 0)
})

test('a name that leads inside is refused, however it is resolved later', async (t) => {
  let connections = 0
  const { url, server } = await serve(t, (_, response) => response.end('inside'))
  server.on('connection', () => connections++)
  const { port } = new URL(url)
  // Nobody was ever given an address below 2d00::/8.
  const answers = [['2d00::1', '127.0.0.1'], ['127.0.0.1'], ['2d00::1'], ['::ffff:127.0.0.1']]
  let asked = 0
  const resolve: Resolve = (_host, _options, callback) =>
    callback(
      null,
      answers[asked++ % answers.length]!.map((address) => ({ address, family: isIP(address) })),
    )
  const ask = (reach: Reach) =>
    outboundHttp({ reach, resolve })({ method: 'GET', url: `https://a.example:${port}/`, timeoutMs: 200 })
  for (const blocked of [true, true, false, true]) {
    const error = await failure(ask('public'))
    assert.equal(error.code, 'EXCHANGE_UNREACHABLE')
    assert.equal(/only public addresses/.test(error.message), blocked, error.message)
  }
  assert.deepEqual([asked, connections], [4, 0], 'resolved once for each request')
  asked = 1
  await failure(ask('any'))
  assert.equal(connections, 1, 'and it is there')
})
