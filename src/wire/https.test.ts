import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect, type Server as NetServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { MayflyError } from '../errors.ts'
import { outboundHttp } from './http.ts'

const certificate = selfSigned(['localhost', 'sts.example'])

async function listening(
  t: TestContext,
  server: NetServer & { closeAllConnections(): void },
): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

const serveTls = (t: TestContext, pair = certificate) =>
  listening(
    t,
    createServer(pair, (request, response) => response.end(`${request.method} ${request.headers.host}`)),
  )

function trusting(t: TestContext, pem: string): void {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, pem])
  t.after(() => setDefaultCACertificates(before))
}

const failure = (promise: Promise<unknown>): Promise<MayflyError> =>
  promise.then(
    () => assert.fail('it did not fail'),
    (error) => error,
  )

/** A proxy that sends every tunnel to one port of this machine, whatever host was asked for. */
async function serveProxy(t: TestContext, port: number, status = 200) {
  const asked: { target: string | undefined; authorization: string | undefined }[] = []
  const server = createHttpServer((_, response) => response.writeHead(500).end())
  server.on('connect', (request: IncomingMessage, socket) => {
    asked.push({ target: request.url, authorization: request.headers['proxy-authorization'] })
    socket.on('error', () => {})
    if (status === 0) return
    socket.write(`HTTP/1.1 ${status} Whatever\r\n\r\n`)
    if (status !== 200) return socket.end()
    const upstream = connect(port, '127.0.0.1').on('error', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
    upstream.pipe(socket).pipe(upstream)
  })
  return { port: await listening(t, server), asked }
}

test('a certificate that nobody vouches for is EXCHANGE_UNREACHABLE and no outage', async (t) => {
  const error = await failure(
    outboundHttp()({ method: 'GET', url: `https://localhost:${await serveTls(t)}/` }),
  )
  assert.equal(error.code, 'EXCHANGE_UNREACHABLE')
  assert.equal(error.transient, false)
  assert.match(error.message, /^TLS with localhost:\d+ failed: .*\(DEPTH_ZERO_SELF_SIGNED_CERT\)$/)
})

test('a certificate of another name is EXCHANGE_UNREACHABLE', async (t) => {
  trusting(t, certificate.cert)
  const port = await serveTls(t)
  const error = await failure(outboundHttp()({ method: 'GET', url: `https://other.localhost:${port}/` }))
  assert.match(error.message, /ERR_TLS_CERT_ALTNAME_INVALID/)
})

test('a Host header of another name does not change whose certificate is asked for', async (t) => {
  trusting(t, certificate.cert)
  const url = `https://other.localhost:${await serveTls(t)}/`
  const error = await failure(outboundHttp()({ method: 'GET', url, headers: { host: 'localhost' } }))
  assert.match(error.message, /ERR_TLS_CERT_ALTNAME_INVALID/)
})

test('a server that speaks no TLS is EXCHANGE_UNREACHABLE', async (t) => {
  const port = await listening(
    t,
    createHttpServer(() => {}),
  )
  const error = await failure(outboundHttp()({ method: 'GET', url: `https://localhost:${port}/` }))
  assert.match(error.message, /^TLS with localhost:\d+ failed/)
})

test('a trusted certificate is accepted, and its connection kept', async (t) => {
  trusting(t, certificate.cert)
  const http = outboundHttp()
  const url = `https://localhost:${await serveTls(t)}/`
  assert.equal((await http({ method: 'GET', url })).body, `GET ${new URL(url).host}`)
  assert.equal((await http({ method: 'PUT', url })).status, 200)
})

test('through a proxy, the host is named in CONNECT alone, and TLS is with the host', async (t) => {
  trusting(t, certificate.cert)
  const proxy = await serveProxy(t, await serveTls(t))
  const http = outboundHttp({ env: { HTTPS_PROXY: `http://me:p%40ss@127.0.0.1:${proxy.port}` } })
  for (let i = 0; i < 2; i++) {
    const answer = await http({ method: 'POST', url: 'https://sts.example/token', body: 'x' })
    assert.equal(answer.body, 'POST sts.example')
  }
  const authorization = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
  assert.deepEqual(proxy.asked, [{ target: 'sts.example:443', authorization }])
})

test('a proxy cannot pass itself off as the host', async (t) => {
  trusting(t, certificate.cert)
  const impostor = await serveTls(t, selfSigned(['sts.example']))
  const proxy = await serveProxy(t, impostor)
  const http = outboundHttp({ env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } })
  assert.match(
    (await failure(http({ method: 'GET', url: 'https://sts.example/' }))).message,
    /^TLS with sts\.example failed/,
  )
})

test('what NO_PROXY has is asked directly, and so is this machine', async (t) => {
  trusting(t, certificate.cert)
  const proxy = await serveProxy(t, 0)
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'invalid' }
  const http = outboundHttp({ env })
  const direct = await failure(http({ method: 'GET', url: 'https://sts.invalid/' }))
  assert.match(direct.message, /was not found in DNS/)
  assert.equal((await http({ method: 'GET', url: `https://localhost:${await serveTls(t)}/` })).status, 200)
  assert.deepEqual(proxy.asked, [])
})

test('a proxy that refuses, is away or stays silent is named, without its password', async (t) => {
  const refusing = await serveProxy(t, 0, 407)
  const silent = await serveProxy(t, 0, 0)
  const rows: [port: number, message: RegExp][] = [
    [refusing.port, /^the proxy 127\.0\.0\.1:\d+ answered 407 in place of opening a tunnel to sts\.example$/],
    [1, /^the proxy 127\.0\.0\.1:1 could not be reached on the way to sts\.example$/],
    [silent.port, /^sts\.example did not answer within 0\.3 s \(connecting\)$/],
  ]
  for (const [port, message] of rows) {
    const http = outboundHttp({ env: { HTTPS_PROXY: `http://me:secret@127.0.0.1:${port}` } })
    const error = await failure(http({ method: 'GET', url: 'https://sts.example/', timeoutMs: 300 }))
    assert.equal(error.code, 'EXCHANGE_UNREACHABLE')
    assert.match(error.message, message)
  }
})

test('a private address is refused through a proxy too', async (t) => {
  const proxy = await serveProxy(t, 0)
  const http = outboundHttp({ env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }, reach: 'public' })
  assert.equal((await failure(http({ method: 'GET', url: 'https://10.0.0.1/' }))).transient, false)
  assert.deepEqual(proxy.asked, [])
})

/** A certificate for these names, signed by itself and good for this hour: Node can read them but not make them. */
function selfSigned(names: readonly string[]): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(0x30, oid('2a8648ce3d040302')) // ecdsa-with-SHA256
  const name = der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from('Mayfly test')))))
  const time = (ms: number) =>
    der(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`))
  const alternatives = der(0x30, ...names.map((each) => der(0x82, Buffer.from(each))))
  const extensions = der(0x30, der(0x30, oid('551d11'), der(0x04, alternatives)))
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    der(0x30, time(Date.now() - 3_600_000), time(Date.now() + 3_600_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey))
  const base64 = der(0x30, body, algorithm, signature).toString('base64')
  const cert = `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert }
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}
