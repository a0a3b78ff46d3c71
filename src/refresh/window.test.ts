import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lifeLeftMs, renewalMs } from './window.ts'

const minute = 60_000
const hour = 60 * minute

const windows = [
  [5 * minute, 2.5 * minute],
  [15 * minute, 7.5 * minute],
  [hour, 30 * minute],
  [2 * hour, 30 * minute],
  [12 * hour, 3 * hour],
] as const

for (const [lifeMs, leftMs] of windows)
  test(`a credential that lives ${lifeMs / minute} minutes is renewed with ${leftMs / minute} left`, () => {
    assert.equal(lifeLeftMs(lifeMs), leftMs)
  })

const oneHour = { expiresAtMs: hour }

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
    lifeMs: fc.integer({ min: minute, max: 48 * hour }),
    share: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    dueMs: fc.option(fc.integer({ min: -99 * hour, max: hour }), { nil: undefined }),
  })
  fc.assert(
    fc.property(arbitrary, ({ lifeMs, share, dueMs }) => {
      const renewsMs = renewalMs({ expiresAtMs: lifeMs }, 0, { random: () => share, dueMs })
      assert.ok(renewsMs > 0 && lifeMs - renewsMs >= lifeLeftMs(lifeMs))
    }),
  )
})
