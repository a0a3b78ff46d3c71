import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from './backoff.ts'

test('the wait doubles from 1 s to 60 s', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((failures) => backoffMs(failures, () => 0))
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('up to a half of the wait is taken off at random', () => {
  assert.deepEqual([backoffMs(3, () => 0.5), backoffMs(3, () => 1)], [3000, 2000])
})
