import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../../test/clock.ts'
import { tokenBuckets } from './token-buckets.ts'

function buckets(tokens: number, everyMs: number, most?: number) {
  const clock = testClock()
  const made = tokenBuckets({ tokens, everyMs, now: clock.now, ...(most !== undefined && { most }) })
  /** How many of so many attempts got a token. */
  const taken = (attempts: number, key = 'a') =>
    Array.from({ length: attempts }, () => made.take(key)).filter((empty) => !empty).length
  return { clock, made, taken }
}

test('a bucket gives all that it holds at once, and then as fast as it fills', () => {
  const { clock, made, taken } = buckets(3, 1000)
  assert.equal(taken(10), 3)
  assert.ok(Math.abs(made.take('a')!.waitMs - 1000 / 3) < 1e-3)
  clock.jump(333)
  assert.equal(taken(1), 0)
  clock.jump(1)
  assert.equal(taken(5), 1)
  clock.jump(60_000)
  assert.equal(taken(10), 3, 'never more than it holds')
})

test('a limit that does not divide a millisecond gives as many as it says', () => {
  for (const tokens of [3, 7, 600, 99_999]) assert.equal(buckets(tokens, 1000).taken(tokens + 5), tokens)
})

test('each who asks has a bucket of his own', () => {
  const { taken } = buckets(2, 1000)
  assert.equal(taken(50, 'a'), 2)
  assert.equal(taken(2, 'b'), 2)
})

test('a look takes nothing, and says when there is nothing', () => {
  const { made, taken } = buckets(1, 1000)
  for (let i = 0; i < 5; i += 1) assert.equal(made.look('a'), undefined)
  assert.equal(taken(1), 1)
  assert.equal(made.look('a')?.waitMs, 1000)
})

test('a clock that is put back leaves nobody waiting for longer than a bucket takes to fill', () => {
  const { clock, made, taken } = buckets(2, 1000)
  taken(2)
  clock.jump(-3_600_000)
  assert.equal(made.take('a')?.waitMs, 500)
  clock.jump(500)
  assert.equal(taken(5), 1)
})

test('memory is bounded: who has not asked for longest is forgotten, which is a full bucket', () => {
  const { made, taken } = buckets(1, 3_600_000, 10)
  made.take('idle')
  for (let i = 0; i < 1000; i += 1) {
    made.take(`key ${i}`)
    made.take('busy')
    assert.ok(made.size <= 10)
  }
  assert.equal(taken(1, 'busy'), 0, 'asked again and again, and remembered')
  assert.equal(taken(1, 'idle'), 1)
})

test('one refusal a minute is told, with how many there were', () => {
  const { clock, made, taken } = buckets(1, 3_600_000)
  taken(1)
  const told = (attempts: number) =>
    Array.from({ length: attempts }, () => made.take('a')?.tell).filter((each) => each !== undefined)
  assert.deepEqual(told(100), [1])
  clock.jump(60_000)
  assert.deepEqual(told(10), [100])
})
