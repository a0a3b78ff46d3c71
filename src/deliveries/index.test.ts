import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testClock } from '../../test/clock.ts'
import { awsCredential, awsPlan, fixedLease } from '../../test/fixed-lease.ts'
import { type DeliveryName, deliveryNames } from '../plan.ts'
import { childEnvironment } from './child.ts'
import { deliver, deliveries } from './index.ts'

test('every file that has a delivery is in the list, and every name has a delivery', async () => {
  const texts = await Promise.all(
    (await readdir(import.meta.dirname))
      .filter((each) => each.endsWith('.ts') && !each.endsWith('.test.ts'))
      .map(async (each) => [each, await readFile(join(import.meta.dirname, each), 'utf8')] as const),
  )
  const files = texts.filter(([, text]) => /^export const \w+: Delivery = /m.test(text)).map(([name]) => name)
  assert.deepEqual(files.sort(), deliveries.map((each) => `${each.name}.ts`).sort())
  assert.deepEqual(deliveries.map((each) => each.name).sort(), [...deliveryNames].sort())
})

async function setting(names: readonly DeliveryName[], directory: string) {
  const env = { HOME: directory }
  const world = { env, clock: testClock(), http: noHttp, log: () => {} }
  const plan = { ...awsPlan, deliveries: names }
  return { plan, lease: fixedLease(() => awsCredential), directory, command: ['mayfly'], world }
}

const noHttp = async () => {
  throw new Error('a delivery makes no request')
}

test('all of a plan’s deliveries stand together, each change named after the credential', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  t.after(() => rm(directory, { recursive: true }))
  const made = await deliver(await setting(['credential-process', 'ecs'], directory))
  t.after(() => Promise.all(made.map((each) => each.close())))
  const changes = made.flatMap((each) => each.changes)
  assert.ok(changes.every((each) => each.of === 'deploy'))
  const child = childEnvironment({}, changes)
  assert.ok('AWS_CONTAINER_CREDENTIALS_FULL_URI' in child && 'AWS_CONFIG_FILE' in child)
})

test('a delivery that cannot carry the credential is refused before any stands', async () => {
  await assert.rejects(deliver(await setting(['ecs', 'gce'], '/nowhere')), { code: 'DELIVERY_KIND' })
})

test('when a later delivery fails, the earlier ones are closed', async (t) => {
  const before = new Set(openServers())
  await assert.rejects(deliver(await setting(['ecs', 'credential-process'], '/nowhere')), { code: 'ENOENT' })
  const left = openServers().filter((each) => !before.has(each))
  t.after(() => left.map((each) => each.close()))
  assert.equal(left.length, 0)
})

function openServers(): Server[] {
  const { _getActiveHandles } = process as unknown as { _getActiveHandles(): object[] }
  return _getActiveHandles()
    .filter((each) => each instanceof Server)
    .filter((each) => each.listening)
}
