import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { type TestContext, test } from 'node:test'
import {
  mainBranch,
  type TrustSideSetting,
  tokenOf,
  trustSide,
  webIdentity,
} from '../../../test/trust-side.ts'
import { MayflyError } from '../../errors.ts'
import { keySource } from '../key-source.ts'
import { createLimits } from './limits.ts'
import { createMetrics } from './metrics.ts'
import { serveOperator } from './serve-operator.ts'

function measured(setting: TrustSideSetting = {}) {
  const metrics = createMetrics('1.2.3')
  const side = trustSide({ ...setting, audit: { ...setting.audit, sinks: [metrics.sink] } })
  metrics.watch({ sts: side.sts, inFlight: () => 3, auditPending: () => 7 })
  /** Values by the name and labels of a sample. */
  const read = async () =>
    new Map(
      (await metrics.text())
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
    )
  const exchange = (claims = {}) => side.form('/', webIdentity(tokenOf(side, claims)))
  return { metrics, side, read, exchange }
}

const decided = (decision: string, code = '') =>
  `mayfly_decisions_total{front_end="aws-sts",action="AssumeRoleWithWebIdentity",decision="${decision}",code="${code}"}`

test('every decision is counted by front end, action and code, and how long it took', async () => {
  const { exchange, read } = measured()
  for (const claims of [{}, {}, { sub: 'other' }, { exp: 1, iat: 0, nbf: 0 }]) await exchange(claims)
  const values = await read()
  assert.equal(values.get(decided('allow')), '2')
  assert.equal(values.get(decided('deny', 'TRUST_DENIED')), '1')
  assert.equal(values.get(decided('deny', 'PROOF_EXPIRED')), '1')
  assert.equal(values.get('mayfly_decision_seconds_count{front_end="aws-sts"}'), '4')
  assert.equal(values.get('mayfly_decision_seconds_bucket{le="+Inf",front_end="aws-sts"}'), '4')
  assert.equal((await read()).get(decided('allow')), '2', 'the same when it is read again')
})

test('nothing that a caller chooses becomes a label', async () => {
  const { exchange, metrics, side } = measured()
  await exchange({ sub: 'subject-of-a-stranger', iss: 'https://stranger.example' })
  await exchange({ sub: 'subject-of-a-stranger', aud: 'audience-of-a-stranger' })
  for (let i = 0; i < 100; i += 1) await side.form('/', { Action: `Made${i}Up`, Version: '2011-06-15' })
  const text = await metrics.text()
  assert.doesNotMatch(text, /stranger|Made\d+Up/)
  assert.match(text, /action="",decision="deny",code="REQUEST_ACTION"\} 100$/m)
})

test('what is only looked at shows how it is when somebody reads', async () => {
  const { read, side } = measured()
  const values = await read()
  for (const [name, value] of [
    ['mayfly_build_info{version="1.2.3"}', '1'],
    ['mayfly_ready', '1'],
    ['mayfly_requests_in_flight', '3'],
    ['mayfly_audit_pending_records', '7'],
    ['mayfly_registered{kind="role"}', '4'],
    ['mayfly_registered{kind="pool_provider"}', '3'],
    ['mayfly_issuers_remembered', '0'],
  ])
    assert.equal(values.get(name!), value, name)
  assert.ok(values.has('process_cpu_seconds_total'))
  assert.ok(![...values.keys()].some((name) => name.includes('key_age')), 'keys in memory have no date')
  side.sts.readiness.stop()
  assert.equal((await read()).get('mayfly_ready'), '0')
})

test('throttled requests are all counted, though only some are recorded', async () => {
  const limits = createLimits({ caller: { tokens: 1, everyMs: 60_000 } }, () => 0)
  const { exchange, read } = measured({ limits })
  for (let i = 0; i < 10; i += 1) await exchange({ sub: mainBranch })
  const values = await read()
  assert.equal(values.get('mayfly_throttled_total{limit="caller"}'), '9')
  assert.equal(values.get(decided('deny', 'REQUEST_RATE')), '1')
  assert.equal(values.get('mayfly_limits_remembered{limit="caller"}'), '1')
})

test("requests for issuers' keys are counted by what came of them", async () => {
  const { metrics, read, side } = measured()
  const answers = [() => 200, () => 503, () => assert.fail('refused')]
  const http = metrics.counted(async () => ({ status: answers.shift()!(), headers: {}, body: '{}' }))
  const { now } = side.clock
  const source = keySource({ keys: side.sts.keys, http: { public: http, any: http }, now })
  for (const issuer of ['https://a.example', 'https://b.example', 'https://c.example'])
    await assert.rejects(
      async () => source.key({ issuer, reach: 'public' }, { alg: 'RS256', kid: 'k' }),
      (error) => error instanceof MayflyError && error.code === 'PROOF_DISCOVERY',
    )
  assert.equal(source.remembered(), 3)
  const values = await read()
  for (const outcome of ['2xx', '5xx', 'unreachable'])
    assert.equal(values.get(`mayfly_issuer_requests_total{outcome="${outcome}"}`), '1', outcome)
})

function status(port: number, headers: Record<string, string>, path = '/metrics'): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', reject).end()
  })
}

async function operated(t: TestContext, host: string) {
  const { metrics, side } = measured()
  const server = await serveOperator({ sts: side.sts, metrics, host, port: 0 })
  t.after(() => server.close())
  return Number(new URL(server.url).port)
}

test('on loopback it answers under names of this machine alone, and never a page', async (t) => {
  const port = await operated(t, '127.0.0.1')
  assert.equal(await status(port, {}), 200)
  assert.equal(await status(port, { host: 'localhost:1' }), 200)
  assert.equal(await status(port, { host: 'evil.example' }), 421)
  assert.equal(await status(port, { 'sec-fetch-site': 'none' }), 200, 'somebody who looks at it')
  assert.equal(await status(port, { 'sec-fetch-site': 'cross-site' }), 403)
})

test('where it was given an address that others reach, they may call it by any name', async (t) => {
  const port = await operated(t, '0.0.0.0')
  assert.equal(await status(port, { host: 'mayfly.monitoring.svc:9464' }), 200)
  assert.equal(await status(port, { origin: 'https://evil.example' }), 403)
})

test('docs/operating.md has every metric, and no other', async () => {
  const { metrics } = measured()
  const page = readFileSync(new URL('../../../docs/operating.md', import.meta.url), 'utf8')
  const names = (text: string, form: RegExp) => [...text.matchAll(form)].map(([, name]) => name).toSorted()
  assert.deepEqual(
    names(page, /^\| `(mayfly_\w+)` \|/gm),
    names(await metrics.text(), /^# TYPE (mayfly_\w+) /gm),
  )
})
