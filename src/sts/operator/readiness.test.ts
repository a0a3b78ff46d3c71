import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../../test/clock.ts'
import { storyTrust, trustSide } from '../../../test/trust-side.ts'
import { MayflyError } from '../../errors.ts'
import { memoryStore } from '../../registry/memory-store.ts'
import { auditFile } from '../audit-file.ts'
import { openSts } from '../create.ts'
import { stsApp } from '../server.ts'
import { createReadiness, type ReadinessCheck } from './readiness.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

function readiness(checks: Readonly<Record<string, ReadinessCheck>>) {
  const clock = testClock()
  const lines: string[] = []
  const log = (line: string) => lines.push(line)
  return { clock, lines, made: createReadiness({ checks, now: clock.now, after: clock.timeout, log }) }
}

const down = new MayflyError('REGISTRY_STORE', { message: 'PostgreSQL at db.internal: no route' })

test('every check is named; what fails gives its code, and only the operator reads more', async () => {
  let store: unknown = down
  const { clock, lines, made } = readiness({
    keys: () => {},
    store: async () => {
      if (store) throw store
    },
  })
  assert.deepEqual(await made.look(), { ready: false, checks: { keys: 'ok', store: 'REGISTRY_STORE' } })
  assert.deepEqual(await made.look(['store']), { ready: true, checks: { keys: 'ok' } })
  store = undefined
  clock.jump(1000)
  assert.equal((await made.look()).ready, true)
  clock.jump(1000)
  await made.look()
  assert.deepEqual(lines, ['not ready: store: PostgreSQL at db.internal: no route', 'ready again'])
})

test('a check that does not answer fails at its deadline, and is not begun again meanwhile', async () => {
  let begun = 0
  const { clock, made } = readiness({
    store() {
      begun += 1
      return new Promise(() => {})
    },
  })
  for (let look = 0; look < 3; look += 1) {
    const report = made.look()
    await settled()
    await clock.advance(2000, settled as () => Promise<void>)
    assert.deepEqual(await report, { ready: false, checks: { store: 'SERVER_READY' } })
  }
  assert.equal(begun, 1)
})

test('many who ask within a second cost one look', async () => {
  let looks = 0
  const { made } = readiness({
    store() {
      looks += 1
    },
  })
  await Promise.all(Array.from({ length: 100 }, () => made.look()))
  assert.equal(looks, 1)
})

test('a token service tells what it stands on at /readyz, and that it is stopping', async () => {
  const { app, sts } = trustSide()
  const ask = async () => {
    const answer = await app.request('http://127.0.0.1/readyz')
    return [answer.status, await answer.json()]
  }
  assert.deepEqual(await ask(), [200, { status: 'ready', checks: { keys: 'ok' } }])
  sts.readiness.stop()
  const checks = { stopping: 'this service is about to end' }
  assert.deepEqual(await ask(), [503, { status: 'not ready', checks }])
  assert.equal((await app.request('http://127.0.0.1/healthz')).status, 200, 'alive until it ends')
})

test('a store that cannot be reached makes it not ready, unless it is left out', async () => {
  const clock = testClock()
  let reached = true
  const memory = memoryStore()
  const store = { ...memory, version: () => (reached ? memory.version() : Promise.reject(down)) }
  const sts = await openSts({ document: storyTrust, store, onError: assert.ifError, now: clock.now })
  reached = false
  const app = stsApp(sts)
  const ask = async (query = '') => {
    const answer = await app.request(`http://127.0.0.1/readyz${query}`)
    return [answer.status, await answer.json()]
  }
  assert.deepEqual(await ask(), [
    503,
    { status: 'not ready', checks: { keys: 'ok', store: 'REGISTRY_STORE' } },
  ])
  assert.deepEqual(await ask('?exclude=store'), [200, { status: 'ready', checks: { keys: 'ok' } }])
})

test('an audit file that was just found unwritable is not ready for ten seconds', async () => {
  const clock = testClock()
  const { sink, check } = auditFile('/dev/full', clock.now)
  check()
  await assert.rejects(Promise.resolve(sink({} as never)))
  assert.throws(check, (error) => error instanceof MayflyError && error.code === 'AUDIT_WRITE')
  clock.jump(10_000)
  check()
})
