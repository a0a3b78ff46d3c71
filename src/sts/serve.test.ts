import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { testClock } from '../../test/clock.ts'
import {
  cluster,
  gitlab,
  mainBranch,
  roleArn,
  storyTrust,
  tokenOf,
  trustSide,
  webIdentity,
} from '../../test/trust-side.ts'
import { MayflyError } from '../errors.ts'
import { encodeForm } from '../wire/form.ts'
import { checkJws, readJwt, verificationKey } from '../wire/jws.ts'
import { createFaults } from './operator/faults.ts'
import { serveSts } from './serve.ts'

async function served(t: TestContext) {
  const side = trustSide()
  const server = await serveSts({ sts: side.sts })
  t.after(() => server.close())
  return { side, server }
}

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** By hand, for fetch sets Host and normalises paths by itself. */
function send(port: number, { method = 'GET', path = '/', headers = {}, body = '' }: Sent) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    request.on('error', reject).end(body)
  })
}

test("AWS's own SDK exchanges a token and asks who it is, over a socket", async (t) => {
  const { side, server } = await served(t)
  // The SDK signs by the machine's clock, which the token service has to share here.
  side.clock.jump(Date.now() - side.clock.now())
  const client = new STSClient({ endpoint: server.url, region: 'ap-northeast-2', credentials: undefined! })
  const { Credentials, SubjectFromWebIdentityToken } = await client.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn('deploy'),
      RoleSessionName: 'job-7',
      WebIdentityToken: tokenOf(side),
    }),
  )
  assert.equal(SubjectFromWebIdentityToken, mainBranch)
  const signed = new STSClient({
    endpoint: server.url,
    region: 'ap-northeast-2',
    credentials: {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    },
  })
  const { Arn } = await signed.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, 'arn:aws:sts::123456789012:assumed-role/deploy/job-7')
  assert.equal(side.records.at(-1)?.from, '127.0.0.1')
})

test('an issuer of ours publishes its keys under its own host name and on the shelf', async (t) => {
  const { side, server } = await served(t)
  const get = async (path: string, host?: string) =>
    JSON.parse((await send(server.port, { path, ...(host && { headers: { host } }) })).text)
  const own = await get('/.well-known/openid-configuration', 'gitlab.com')
  assert.deepEqual([own.issuer, own.jwks_uri], [gitlab, 'https://gitlab.com/oauth/discovery/keys'])
  const shelved = await get('/issuers/gitlab.com/.well-known/openid-configuration')
  assert.equal(shelved.issuer, gitlab)
  assert.equal(shelved.jwks_uri, `${server.url}/issuers/gitlab.com/oauth/discovery/keys`)
  const { keys } = await get(new URL(shelved.jwks_uri).pathname)
  checkJws(readJwt(tokenOf(side)), verificationKey(keys[0])!)
  assert.equal((await get('/issuers/kubernetes.example/.well-known/openid-configuration')).issuer, cluster)
  assert.ok(!JSON.stringify(keys).includes('"d"'), 'no private half')
})

test("nobody else's issuer is published", async (t) => {
  const { server } = await served(t)
  for (const path of [
    '/.well-known/openid-configuration',
    '/issuers/evil.example/.well-known/openid-configuration',
    '/issuers/',
  ])
    assert.equal((await send(server.port, { path })).status, 404)
})

test('it says that it is well, and that it is for development', async (t) => {
  const { server } = await served(t)
  assert.deepEqual(JSON.parse((await send(server.port, { path: '/healthz' })).text), {
    status: 'ok',
    development: true,
  })
})

test('what a browser sends is refused', async (t) => {
  const { server } = await served(t)
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
    assert.equal(
      (await send(server.port, { method: 'POST', headers: headers as Record<string, string> })).status,
      403,
    )
})

/** The status of a request whose head is sent as it is. */
function statusOf(port: number, head: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(head))
    socket.setEncoding('latin1').on('data', (text) => {
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(String(text))?.[1]))
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

test('a request that names another host than this service answers for is misdirected', async (t) => {
  const { server } = await served(t)
  const status = (...hosts: string[]) =>
    statusOf(server.port, `GET /healthz HTTP/1.1\r\n${hosts.map((each) => `Host: ${each}\r\n`).join('')}\r\n`)
  for (const host of [
    `127.0.0.1:${server.port}`,
    'LOCALHOST:1',
    '[::1]:8787',
    'sts.amazonaws.com',
    'sts.ap-northeast-2.amazonaws.com:443',
    'sts.cn-north-1.amazonaws.com.cn',
    'sts.googleapis.com',
    'accounts.google.com',
    'gitlab.com',
    'kubernetes.example',
  ])
    assert.equal(await status(host), 200, host)
  for (const host of [
    'evil.example',
    `evil.example:${server.port}`,
    'amazonaws.com.evil.example',
    'evilamazonaws.com',
    'gitlab.com.evil.example',
    '192.0.2.1',
    '127.0.0.1.evil.example',
    'sts.amazonaws.com@evil.example',
    'evil.example/.amazonaws.com',
    '',
  ])
    assert.equal(await status(host), 421, host)
  assert.equal(await status('127.0.0.1', '127.0.0.1'), 421)
  assert.equal(await status('127.0.0.1', 'evil.example'), 421)
  assert.equal(await statusOf(server.port, 'GET /healthz HTTP/1.0\r\n\r\n'), 421)
})

test('the host of an issuer is answered for as long as it is registered', async (t) => {
  const { side, server } = await served(t)
  const status = async () =>
    (await send(server.port, { path: '/healthz', headers: { host: 'gitlab.com' } })).status
  assert.equal(await status(), 200)
  side.sts.register({ ...storyTrust, issuers: storyTrust.issuers.filter(({ url }) => url !== gitlab) })
  assert.equal(await status(), 421)
})

test('a service on every address is asked for by any of them, and by the name it was given', async (t) => {
  const { sts } = trustSide()
  const server = await serveSts({ sts, host: '0.0.0.0', allowPublicAddress: true })
  t.after(() => server.close())
  const status = (host: string) => statusOf(server.port, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  assert.equal(await status(`192.0.2.1:${server.port}`), 200)
  assert.equal(await status('evil.example'), 421)
})

test('a body of more than 64 KiB is refused, and the largest good token is not', async (t) => {
  const { server } = await served(t)
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const post = (body: string) => send(server.port, { method: 'POST', headers: type, body })
  assert.equal((await post('x'.repeat(64 * 1024 + 1))).status, 413)
  assert.equal((await post(`Action=X&Version=2011-06-15&T=${'x'.repeat(60_000)}`)).status, 400)
})

test('a public address is refused unless somebody allows it', async () => {
  const { sts } = trustSide()
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'mayfly.example'])
    await assert.rejects(
      serveSts({ sts, host }),
      (error) => error instanceof MayflyError && error.code === 'SERVER_ADDRESS',
    )
  const server = await serveSts({ sts, host: '0.0.0.0', allowPublicAddress: true })
  await server.close()
})

test('a port that is taken is told of', async (t) => {
  const { side, server } = await served(t)
  await assert.rejects(
    serveSts({ sts: side.sts, port: server.port }),
    (error) =>
      error instanceof MayflyError && error.code === 'SERVER_ADDRESS' && error.values.port === server.port,
  )
})

test('paths of no protocol are not found', async (t) => {
  const { server } = await served(t)
  for (const [method, path] of [
    ['POST', '/v1/nothing'],
    ['PUT', '/'],
    ['GET', '/v1/token'],
  ] as const)
    assert.equal((await send(server.port, { method, path })).status, 404)
})

/** A request that has arrived but for its body, which `finish` sends. */
async function halfSent(port: number) {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  const answer = new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => resolve(text.replace('HTTP/1.1 100 Continue\r\n\r\n', '')))
  })
  const length = `Content-Length: ${body.length}`
  socket.write(`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n${length}\r\nExpect: 100-continue\r\n\r\n`)
  await once(socket, 'data')
  return { answer, finish: () => socket.write(body) }
}

test('a service that stops answers what has arrived, and takes nothing new', async (t) => {
  const { server } = await served(t)
  const { answer, finish } = await halfSent(server.port)
  const stopped = server.stop(60_000)
  await assert.rejects(send(server.port, { path: '/healthz' }), { code: 'ECONNREFUSED' })
  finish()
  assert.match(await answer, /^HTTP\/1\.1 403 [\s\S]*Connection: close[\s\S]*MissingAuthenticationToken/i)
  await stopped
})

test('a request that never comes to its end holds no service up for longer than its grace', async (t) => {
  const { server } = await served(t)
  const { answer } = await halfSent(server.port)
  await server.stop(1)
  assert.equal(await answer, '')
})

test('requests that wait for an issuer are in flight', async (t) => {
  const { promise: begun, resolve } = Promise.withResolvers<() => void>()
  const faults = createFaults({
    now: testClock().now,
    after(_delayMs, wake) {
      resolve(wake)
      return () => {}
    },
  })
  const { sts, seconds } = trustSide({ faults })
  const server = await serveSts({ sts })
  t.after(() => server.close())
  faults.set({ keys: [{ how: 'timeout' }] })
  const body = encodeForm(webIdentity(tokenOf({ sts, seconds })))
  const answer = fetch(server.url, { method: 'POST', body })
  const release = await begun
  assert.equal(server.inFlight(), 1)
  release()
  assert.equal((await answer).status, 400)
  assert.equal(server.inFlight(), 0)
})
