import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request as ask, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Hono } from 'hono'
import { MayflyError } from '../errors.ts'
import { type LoopbackOptions, type LoopbackServer, serveLoopback } from './loopback.ts'

function app() {
  let asked = 0
  const hono = new Hono()
    .use(async (_, next) => {
      asked++
      await next()
    })
    .get('/hello', (c) => c.text('hello'))
    .post('/echo', async (c) =>
      c.json({ body: await c.req.text(), type: c.req.header('content-type') ?? null }),
    )
    .put('/token', (c) => c.text('token'))
  return { fetch: hono.fetch, asked: () => asked }
}

async function serve(t: TestContext, options?: LoopbackOptions) {
  const served = app()
  const server = await serveLoopback(served, options)
  t.after(() => server.close())
  return { server, asked: served.asked }
}

interface Asking {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly agent?: Agent
}

async function send(
  server: LoopbackServer,
  { method = 'GET', path = '/hello', headers = {}, body, agent }: Asking = {},
) {
  const request = ask({
    host: '127.0.0.1',
    port: server.port,
    method,
    path,
    headers,
    ...(agent && { agent }),
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: String(Buffer.concat(await response.toArray())) }
}

test('an app is served at the address that is told', async (t) => {
  const { server } = await serve(t)
  assert.equal(server.address, `127.0.0.1:${server.port}`)
  assert.equal(server.origin, `http://${server.address}`)
  assert.deepEqual(await send(server), { status: 200, body: 'hello' })
})

test("Node's own fetch is served: Sec-Fetch-Mode alone is no browser", async (t) => {
  const { server } = await serve(t)
  assert.equal(await (await fetch(`${server.origin}/hello`)).text(), 'hello')
})

test('bodies arrive whole, with a length or in chunks', async (t) => {
  const { server } = await serve(t)
  const json = { 'content-type': 'application/json' }
  const echoed = { status: 200, body: '{"body":"{ä}","type":"application/json"}' }
  assert.deepEqual(await send(server, { method: 'POST', path: '/echo', headers: json, body: '{ä}' }), echoed)
  const chunked = { ...json, 'transfer-encoding': 'chunked' }
  assert.deepEqual(
    await send(server, { method: 'POST', path: '/echo', headers: chunked, body: '{ä}' }),
    echoed,
  )
  assert.deepEqual(await send(server, { method: 'PUT', path: '/token' }), { status: 200, body: 'token' })
})

test('a request that a browser may have sent is refused before the app', async (t) => {
  const { server, asked } = await serve(t)
  const rows = [
    { origin: 'http://evil.example' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'sec-fetch-dest': 'image' },
    { 'sec-fetch-user': '?1' },
  ]
  for (const headers of rows as Record<string, string>[]) {
    const { status, body } = await send(server, { headers })
    assert.equal(status, 403)
    assert.equal(JSON.parse(body).code, 'DELIVERY_REFUSED')
  }
  assert.equal(asked(), 0)
})

test('a Host that is not the address is refused: a name that was rebound to this machine', async (t) => {
  const { server, asked } = await serve(t)
  for (const host of [
    'evil.example',
    `evil.example:${server.port}`,
    '127.0.0.1',
    `localhost:${server.port}`,
    '127.0.0.1:1',
  ])
    assert.equal((await send(server, { headers: { host } })).status, 403, host)
  assert.equal(asked(), 0)
})

test('a Host that is listed is served, with and without the port', async (t) => {
  const { server } = await serve(t, { allowedHosts: ['metadata.google.internal'] })
  for (const host of ['metadata.google.internal', `Metadata.Google.Internal:${server.port}`, server.address])
    assert.equal((await send(server, { headers: { host } })).status, 200, host)
  assert.equal(
    (await send(server, { headers: { host: 'metadata.google.internal.evil.example' } })).status,
    403,
  )
})

test('X-Forwarded-For is refused where it is asked for, and only there', async (t) => {
  const strict = await serve(t, { refuseForwarded: true })
  const lenient = await serve(t)
  const headers = { 'x-forwarded-for': '10.0.0.1' }
  assert.equal((await send(strict.server, { headers })).status, 403)
  assert.equal((await send(strict.server, { headers: { Forwarded: 'for=10.0.0.1' } })).status, 403)
  assert.equal((await send(lenient.server, { headers })).status, 200)
})

test('two Host headers, a target that is no path, and a forbidden header behind many others are refused', async (t) => {
  const { server, asked } = await serve(t)
  const host = `Host: ${server.address}\r\n`
  const many = Array.from({ length: 100 }, (_, i) => `X-${i}: 1\r\n`).join('')
  const rows: [request: string, status: RegExp][] = [
    [`GET /hello HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`, /^HTTP\/1\.1 40[03]/],
    ['GET /hello HTTP/1.1\r\nHost:\r\n\r\n', /^HTTP\/1\.1 403/],
    [`GET http://evil.example/hello HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 400/],
    [`GET /hello HTTP/1.1\r\n${host}${many}Origin: http://evil.example\r\n\r\n`, /^HTTP\/1\.1 431/],
    [`GET /hello HTTP/1.1\r\n${host}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
  ]
  for (const [request, status] of rows) {
    const socket = connect(server.port, '127.0.0.1')
    socket.end(request)
    assert.match(String(Buffer.concat(await socket.toArray())), status)
  }
  assert.equal(asked(), 0)
})

test('a body beyond the limit is 413, whether it tells its length or not', async (t) => {
  const { server, asked } = await serve(t, { maxBodyBytes: 10 })
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }] as Record<string, string>[]) {
    const large = await send(server, { method: 'POST', path: '/echo', headers, body: 'x'.repeat(11) })
    assert.equal(large.status, 413)
    assert.equal(JSON.parse(large.body).code, 'DELIVERY_REFUSED')
  }
  assert.equal(asked(), 0)
  assert.equal((await send(server, { method: 'POST', path: '/echo', body: 'x'.repeat(10) })).status, 200)
})

test('what escapes from the app is told with its code, and of strange errors nothing is told', async (t) => {
  const rows: [error: Error, code: string, message: string][] = [
    [new MayflyError('LEASE_EXPIRED', { message: 'it has expired' }), 'LEASE_EXPIRED', 'it has expired'],
    [new Error('secret'), 'DELIVERY_REFUSED', 'internal error'],
  ]
  for (const [error, code, message] of rows) {
    const server = await serveLoopback({ fetch: () => Promise.reject(error) })
    t.after(() => server.close())
    const answer = await send(server)
    assert.equal(answer.status, 500)
    assert.deepEqual(JSON.parse(answer.body), { code, message })
  }
})

test('a port that is taken is SERVER_ADDRESS', async (t) => {
  const { server } = await serve(t)
  await assert.rejects(serveLoopback(app(), { port: server.port }), { code: 'SERVER_ADDRESS' })
})

test('closing ends connections that were kept', async () => {
  const server = await serveLoopback(app())
  const agent = new Agent({ keepAlive: true })
  await send(server, { agent })
  const [socket] = Object.values(agent.freeSockets)[0]!
  const ended = once(socket!, 'close')
  await server.close()
  await ended
  await assert.rejects(send(server))
})

test('closing ends a request that is still unanswered', async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
  const fetch = () => {
    arrive()
    return new Promise<Response>(() => {})
  }
  const server = await serveLoopback({ fetch })
  const answer = assert.rejects(send(server), { code: 'ECONNRESET' })
  await arrived
  await server.close()
  await answer
})
