import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { keysFromFile } from './key-ring.ts'
import type { Keys } from './keys.ts'

const issuer = { url: 'https://kubernetes.example', algorithm: 'ES256' } as const
const beginMs = Date.parse('2026-11-22T00:00:00Z')
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const longestMs = 36 * hourMs

/** Processes that share a key file and a clock. */
function place(t: TestContext | undefined, processes: number, everyMs: number) {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-rotation-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  t?.after(remove)
  const clock = { nowMs: beginMs }
  const path = join(folder, 'keys', 'keys.json')
  const start = (rotateEveryMs?: number) => keysFromFile(path, [issuer], () => clock.nowMs, rotateEveryMs)
  const all = Array.from({ length: processes }, () => start(everyMs))
  return { clock, path, all, start, remove }
}

const kids = (keys: Keys) => keys.jwks(issuer.url)!.map((each) => each.kid)

interface Made {
  readonly atMs: number
  readonly kid: string
  readonly sealed: string
}

function checkAll(keys: Keys, alive: readonly Made[]): void {
  const known = kids(keys)
  for (const { kid, sealed } of alive) {
    assert.ok(known.includes(kid), 'a key is gone before its last token')
    assert.equal(keys.sealing.unseal('p', sealed), 'record')
  }
}

test('over weeks of rotation, what any process made holds with every other while it lives, and every key was published an hour before', () => {
  const step = fc.record({ process: fc.nat(2), waitMs: fc.integer({ min: 60_000, max: 12 * hourMs }) })
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 9 }),
      fc.array(step, { minLength: 60, maxLength: 120 }),
      (days, steps) => {
        const { clock, all, remove } = place(undefined, 3, days * dayMs)
        const made: Made[] = []
        for (const { process, waitMs } of steps) {
          clock.nowMs += waitMs
          const cached = kids(all[0]!)
          clock.nowMs += hourMs
          const keys = all[process]!
          const { kid } = keys.signing(issuer.url)
          assert.ok(cached.includes(kid), 'a verifier with a JWKS of an hour ago does not know the key')
          made.push({ atMs: clock.nowMs, kid, sealed: keys.sealing.seal('p', 'record') })
          const alive = made.filter(({ atMs }) => clock.nowMs - atMs <= longestMs)
          for (const other of all) checkAll(other, alive)
        }
        remove()
      },
    ),
    { numRuns: 8 },
  )
})

test('a successor is published a day before it signs, and its predecessor counts for 36 hours more', (t) => {
  const { clock, all } = place(t, 1, 7 * dayMs)
  const keys = all[0]!
  const first = keys.signing(issuer.url).kid
  const sealed = keys.sealing.seal('p', 'record')
  clock.nowMs += 6 * dayMs
  keys.sealing.seal('p', '')
  const [, second] = kids(keys)
  assert.deepEqual([kids(keys), keys.signing(issuer.url).kid], [[first, second], first])
  clock.nowMs += dayMs
  assert.equal(keys.signing(issuer.url).kid, second)
  clock.nowMs += longestMs
  assert.deepEqual(kids(keys), [first, second])
  assert.equal(keys.sealing.unseal('p', sealed), 'record')
  clock.nowMs += hourMs
  assert.deepEqual(kids(keys), [second])
  assert.equal(keys.sealing.unseal('p', sealed), undefined)
})

test('after a long sleep the old key signs for one more day, until everybody knows the new one', (t) => {
  const { clock, all } = place(t, 1, 7 * dayMs)
  const keys = all[0]!
  const first = keys.signing(issuer.url).kid
  clock.nowMs += 400 * dayMs
  assert.equal(keys.signing(issuer.url).kid, first)
  assert.equal(kids(keys).length, 2)
  clock.nowMs += dayMs
  assert.notEqual(keys.signing(issuer.url).kid, first)
})

test('a secret that follows from a master outlives its time: a user keeps the key', (t) => {
  const { clock, all } = place(t, 1, 2 * dayMs)
  const [secret] = all[0]!.sealing.deriveSecrets('p', 'AKIA')
  for (let day = 0; day < 60; day++) {
    clock.nowMs += dayMs
    all[0]!.sealing.seal('p', '')
  }
  const secrets = all[0]!.sealing.deriveSecrets('p', 'AKIA')
  assert.ok(secrets.includes(secret!))
  assert.notEqual(secrets[0], secret)
})

test('a process that rotates nothing follows one that does', (t) => {
  const { clock, all, start } = place(t, 1, 2 * dayMs)
  const follower = start()
  for (let hour = 0; hour < 24 * 14; hour++) {
    clock.nowMs += hourMs
    assert.equal(follower.signing(issuer.url).kid, all[0]!.signing(issuer.url).kid)
  }
})

test('without a schedule keys stay, and a rotated file has no drafts and no retired private key', (t) => {
  const { clock, path, start, all } = place(t, 1, 2 * dayMs)
  const still = start()
  const first = still.signing(issuer.url).kid
  const files = readdirSync(join(path, '..'))
  clock.nowMs += 400 * dayMs
  assert.equal(still.signing(issuer.url).kid, first)
  for (let day = 0; day < 10; day++) {
    clock.nowMs += dayMs
    all[0]!.signing(issuer.url)
  }
  assert.deepEqual(readdirSync(join(path, '..')), files)
  const issuerFile = files.find((each) => each !== 'keys.json')!
  const { keys } = JSON.parse(readFileSync(join(path, '..', issuerFile), 'utf8'))
  assert.ok(keys.length <= 3, `${keys.length} keys`)
})
