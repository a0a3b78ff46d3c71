import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lifeLeftMs, renewalMs } from './window.ts'

const minute = 60_000
const hour = 60 * minute

const windows = [
  ['aws', 15 * minute, 7.5 * minute],
  ['aws', hour, 30 * minute],
  ['aws', 2 * hour, 30 * minute],
  ['aws', 12 * hour, 3 * hour],
  ['access-token', hour, 10 * minute],
  ['access-token', 12 * hour, 10 * minute],
  ['access-token', 5 * minute, 2.5 * minute],
  ['id-token', hour, 10 * minute],
] as const

for (const [kind, lifeMs, leftMs] of windows)
  test(`${kind} that lives ${lifeMs / minute} minutes is renewed with ${leftMs / minute} left`, () => {
    assert.equal(lifeLeftMs(kind, lifeMs), leftMs)
  })

const oneHour = { kind: 'aws', expiresAtMs: hour } as const

test('the first renewal falls in the last nine tenths of the interval, later ones in its last tenth', () => {
  const at = (share: number, dueMs?: number) => renewalMs(oneHour, 0, { dueMs, random: () => share }) / minute
  assert.deepEqual([at(0), at(1), at(1, 0), at(0, 0)], [3, 30, 27, 30])
})

test('a renewal that came late does not move the ones after it', () => {
  const after = (lateMs: number) => renewalMs(oneHour, 0, { dueMs: -lateMs, random: () => 0 }) / minute
  assert.deepEqual([after(10 * minute), after(30 * minute), after(8 * hour + 5 * minute)], [20, 30, 25])
  assert.equal(after(29 * minute), 3, 'and the next one does not follow on its heels')
  assert.equal(after(-hour), 30, 'nor does a clock that was set back')
})

test('a renewal is always after now and leaves the credential the life that its clients need', () => {
  const arbitrary = fc.record({
    kind: fc.constantFrom('aws' as const, 'access-token' as const, 'id-token' as const),
    lifeMs: fc.integer({ min: minute, max: 48 * hour }),
    share: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    dueMs: fc.option(fc.integer({ min: -99 * hour, max: hour }), { nil: undefined }),
  })
  fc.assert(
    fc.property(arbitrary, ({ kind, lifeMs, share, dueMs }) => {
      const renewsMs = renewalMs({ kind, expiresAtMs: lifeMs }, 0, { random: () => share, dueMs })
      assert.ok(renewsMs > 0 && lifeMs - renewsMs >= lifeLeftMs(kind, lifeMs))
    }),
  )
})
