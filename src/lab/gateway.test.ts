import assert from 'node:assert/strict'
import { request as send } from 'node:http'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { assertion, clientCredentials, deploy, entraTrust, tenantId } from '../../test/entra-side.ts'
import { assertionGrant, oauthTrust, onprem } from '../../test/oauth-side.ts'
import {
  credentialsIn,
  loader,
  storyTrust,
  type TrustSide,
  tokenOf,
  trustSide,
  webIdentity,
} from '../../test/trust-side.ts'
import { serve } from '../../test/workload.ts'
import { issueAttachedToken } from '../sts/public.ts'
import { encodeForm } from '../wire/form.ts'
import { signHeaders } from '../wire/sigv4.ts'
import { gateway, type Plugged } from './gateway.ts'
import { serveAt, type Traced } from './servers.ts'

async function opened(t: TestContext, plugged: readonly Plugged[] = [], document = storyTrust) {
  const side = trustSide({ document })
  const traced: Traced[] = []
  const listener = gateway({ sts: side.sts, hosts: {}, plugged: () => plugged })
  const options = { clock: side.clock, onTrace: (each: Traced) => traced.push(each) }
  const server = await serveAt({ host: '127.0.0.1', port: 0 }, listener, options)
  t.after(() => server.close())
  const ask = (host: string, { path = '/', body = '', headers = [], method = 'POST' }: Partial<Sent> = {}) =>
    new Promise<{ status: number | undefined; body: string; date: string | undefined }>((resolve, reject) => {
      const sent = [...headers, ['Content-Length', String(body.length)]].flat()
      const going = send({
        port: server.port,
        method,
        path,
        headers: ['Host', host, ...sent] as never,
        setHost: false,
      })
      going
        .on('error', reject)
        .on('response', async (answer) =>
          resolve({ status: answer.statusCode, body: await text(answer), date: answer.headers.date }),
        )
      going.end(body)
    })
  return { side, ask, traced, port: server.port }
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly headers: readonly (readonly [string, string])[]
}

const form = ['Content-Type', 'application/x-www-form-urlencoded'] as const

/** A call of EC2, signed with a session of `deploy`. */
async function signedCall(
  side: TrustSide,
  host: string,
  headers: readonly (readonly [string, string])[] = [form],
) {
  const credentials = credentialsIn(await side.form('/', webIdentity(tokenOf(side))))
  const unsigned = {
    method: 'POST',
    path: '/',
    query: '',
    headers: [['Host', host], ...headers] as [string, string][],
    body: 'Action=DescribeInstances',
  }
  const options = { credentials, region: 'eu-west-1', service: host.split('.')[0]!, nowMs: side.clock.now() }
  return { body: unsigned.body, headers: [...headers, ...signHeaders(unsigned, options)] }
}

test('of Resource Manager the policies of projects alone are at the token service', async (t) => {
  const { ask } = await opened(t)
  const path = '/v1/projects/acme:getIamPolicy'
  assert.match((await ask('cloudresourcemanager.googleapis.com', { path })).body, /^nothing of this token/)
  const others = await ask('cloudresourcemanager.googleapis.com', { path: '/v1/projects/acme' })
  assert.equal(others.status, 401)
  assert.equal((await ask('pubsub.googleapis.com', { path })).status, 401)
})

test('the token service answers at its own names, dated by the lab’s clock', async (t) => {
  const { side, ask } = await opened(t)
  const body = encodeForm(webIdentity(tokenOf(side)))
  for (const host of ['sts.amazonaws.com', 'sts.eu-west-1.amazonaws.com:443']) {
    const answer = await ask(host, { body, headers: [form] })
    assert.equal(answer.status, 200, answer.body)
    assert.equal(answer.date, new Date(side.clock.now()).toUTCString())
  }
  const keys = await ask('gitlab.com', { path: '/oauth/discovery/keys', method: 'GET' })
  assert.equal(JSON.parse(keys.body).keys.length, 1)
  const ofAccount = await ask('www.googleapis.com', {
    path: `/service_accounts/v1/jwk/${loader}`,
    method: 'GET',
  })
  assert.equal(JSON.parse(ofAccount.body).keys.length, 1)
})

test('an API that nobody plays says who was authenticated, in its vendor’s form', async (t) => {
  const { side, ask } = await opened(t)
  const host = 'ec2.eu-west-1.amazonaws.com'
  const ec2 = await ask(host, await signedCall(side, host))
  assert.equal(ec2.status, 501)
  assert.match(
    ec2.body,
    /^<Response><Errors><Error><Code>NotImplemented<\/Code>.*assumed-role\/deploy\/job-7/,
  )
  assert.match(ec2.body, /--service ec2\.eu-west-1\.amazonaws\.com=http/)
  const json = ['Content-Type', 'application/x-amz-json-1.1'] as const
  const logs = 'logs.eu-west-1.amazonaws.com'
  const log = JSON.parse((await ask(logs, await signedCall(side, logs, [json]))).body)
  assert.equal(log.__type, 'NotImplemented')
  const { token } = await issueAttachedToken(side.sts, {
    kind: 'GenerateAccessToken',
    serviceAccount: loader,
    scopes: [],
  })
  const authorization = [['Authorization', `Bearer ${token.reveal()}`]] as const
  const google = await ask('bigquery.googleapis.com', { headers: authorization })
  assert.deepEqual([google.status, JSON.parse(google.body).error.status], [501, 'UNIMPLEMENTED'])
  assert.match(google.body, new RegExp(loader))
})

test('credentials that do not hold are refused in the vendor’s own words, whether or not a service is plugged in', async (t) => {
  const { url, requests } = await serve(t, () => ({ body: 'served' }))
  const { side, ask } = await opened(t, [
    { hosts: '*.googleapis.com', url },
    { hosts: 'ec2.*.amazonaws.com', url },
  ])
  const host = 'ec2.eu-west-1.amazonaws.com'
  const call = await signedCall(side, host)
  const altered = await ask(host, { ...call, body: `${call.body}&x=y` })
  assert.deepEqual([altered.status, /SignatureDoesNotMatch/.test(altered.body)], [403, true])
  side.clock.jump(2 * 3600_000)
  assert.match((await ask(host, call)).body, /<Code>(RequestExpired|SignatureDoesNotMatch)</)
  assert.equal((await ask('bigquery.googleapis.com')).status, 401)
  const stranger = await ask('bigquery.googleapis.com', { headers: [['Authorization', 'Bearer ya29.x']] })
  assert.equal(JSON.parse(stranger.body).error.status, 'UNAUTHENTICATED')
  assert.equal(requests.length, 0)
})

test('a service of Azure that nobody plays knows the application, and refuses what is no token of the tenant', async (t) => {
  const { side, ask } = await opened(t, [], entraTrust)
  const host = 'management.azure.com'
  const token = await ask('login.microsoftonline.com', {
    path: `/${tenantId}/oauth2/v2.0/token`,
    headers: [form],
    body: encodeForm(clientCredentials(side)),
  })
  const bearer = (text: string) => ({ headers: [['Authorization', `Bearer ${text}`]] as const })
  const { access_token } = JSON.parse(token.body)
  const known = await ask(host, bearer(access_token))
  assert.deepEqual([known.status, JSON.parse(known.body).error.code], [501, 'NotImplemented'])
  assert.match(known.body, new RegExp(deploy))
  const told = async (answer: ReturnType<typeof ask>) => {
    const { status, body } = await answer
    return `${status} ${JSON.parse(body).error.message}`
  }
  assert.equal(await told(ask(host)), '401 Access token is empty.')
  const altered = `${access_token.slice(0, -6)}AAAAAA`
  assert.match(await told(ask(host, bearer(altered))), /^401 Access token validation failure/)
  assert.match(await told(ask(host, bearer(assertion(side)))), /^401 Access token validation failure/)
  side.clock.jump(3600_000)
  assert.match(await told(ask(host, bearer(access_token))), /^401 Lifetime validation failed/)
})

test('a service that is plugged in gets the request as it came, from whoever has credentials that hold', async (t) => {
  const { url, requests } = await serve(t, () => ({ status: 201, body: 'served' }))
  const { side, ask, traced } = await opened(t, [{ hosts: 'ec2.*.amazonaws.com', url }])
  const host = 'ec2.eu-west-1.amazonaws.com'
  const call = await signedCall(side, host)
  const answer = await ask(host, { ...call, path: '/' })
  assert.deepEqual([answer.status, answer.body], [201, 'served'])
  assert.equal(answer.date, new Date(side.clock.now()).toUTCString())
  const [got] = requests
  assert.equal(got?.headers.host, host)
  assert.equal(got?.headers.authorization, call.headers.find(([name]) => name === 'Authorization')?.[1])
  assert.deepEqual(
    traced.map((each) => [each.host, each.method, each.target, each.status]),
    [[host, 'POST', '/', 201]],
  )
})

test('a service below a path gets that before the path of the request', async (t) => {
  const { url, requests } = await serve(t, () => ({ body: 'served' }))
  for (const below of [`${url}/tenant/a`, `${url}/tenant/a/`]) {
    const { ask } = await opened(t, [{ hosts: 'example.com', url: below }])
    assert.equal((await ask('example.com', { path: '/b/?c=%2Fd', method: 'GET' })).body, 'served')
  }
  assert.deepEqual(
    requests.map((each) => each.url),
    ['/tenant/a/b/?c=%2Fd', '/tenant/a/b/?c=%2Fd'],
  )
})

test('IAM is the token service’s, unless somebody plugs another in by that name', async (t) => {
  const { url, requests } = await serve(t, () => ({ body: 'served' }))
  const host = 'iam.amazonaws.com'
  const plays = await opened(t, [{ hosts: '*.amazonaws.com', url }])
  const own = await plays.ask(host, await signedCall(plays.side, host))
  assert.equal(own.status, 400)
  assert.equal(requests.length, 0)
  const { side, ask } = await opened(t, [{ hosts: host, url }])
  assert.equal((await ask(host, await signedCall(side, host))).body, 'served')
})

test('a service that is plugged in and does not answer is named', async (t) => {
  const url = 'http://127.0.0.1:9'
  const { side, ask } = await opened(t, [{ hosts: 'ec2.*.amazonaws.com', url }])
  const host = 'ec2.eu-west-1.amazonaws.com'
  const { status, body } = await ask(host, await signedCall(side, host))
  assert.deepEqual([status, body.includes(url), body.includes('ECONNREFUSED')], [502, true, true])
})

test('a client that goes away in the middle of its body ends nothing', async (t) => {
  const { ask, traced, port } = await opened(t)
  const going = send({
    port,
    method: 'POST',
    headers: { host: 'sts.amazonaws.com', 'content-length': '100' },
  })
  going.on('error', () => {}).write('Action=')
  await new Promise((resolve) => going.once('socket', (socket) => socket.once('connect', resolve)))
  going.destroy()
  assert.equal((await ask('sts.amazonaws.com')).status, 400)
  assert.ok(traced.length >= 1)
})

test('a name that nothing plays is told so', async (t) => {
  const { ask } = await opened(t)
  assert.equal((await ask('example.com')).status, 421)
})

test('an authorization server is at its own name, and nothing but its endpoints', async (t) => {
  const { ask, side } = await opened(t, [], oauthTrust)
  const subject = tokenOf(side, { aud: onprem })
  const body = encodeForm({ grant_type: assertionGrant, assertion: subject })
  const given = await ask('tokens.acme.example', { path: '/onprem/token', body, headers: [form] })
  assert.equal(JSON.parse(given.body).scope, 'orders.read orders.write stock.read')
  const path = '/.well-known/oauth-authorization-server/onprem'
  assert.equal(JSON.parse((await ask('tokens.acme.example', { method: 'GET', path })).body).issuer, onprem)
  assert.equal((await ask('tokens.acme.example', { path: '/onprem/other' })).status, 421)
})
