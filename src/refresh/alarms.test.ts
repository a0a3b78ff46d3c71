import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testClock } from '../../test/clock.ts'
import type { Clock } from '../world.ts'
import { alarmsOn } from './alarms.ts'

test('alarms ring once each, in order, at their time and never before', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(times, async (delays) => {
      const clock = testClock(0)
      const rung: number[] = []
      for (const dueMs of delays)
        alarmsOn(clock).at(dueMs, () => {
          assert.equal(clock.now(), dueMs)
          rung.push(dueMs)
        })
      await clock.advance(600_000)
      assert.deepEqual(
        rung,
        delays.toSorted((a, b) => a - b),
      )
    }),
  )
})

test('an alarm that was cancelled does not ring', async () => {
  const clock = testClock()
  const rung: string[] = []
  const cancel = alarmsOn(clock).at(clock.now() + 1000, () => rung.push('cancelled'))
  alarmsOn(clock).at(clock.now() + 2000, () => rung.push('kept'))
  cancel()
  await clock.advance(10_000)
  assert.deepEqual(rung, ['kept'])
})

test('an alarm set by an alarm rings too', async () => {
  const clock = testClock()
  let rung = 0
  const again = () => {
    rung += 1
    if (rung < 5) alarmsOn(clock).at(clock.now() + 1000, again)
  }
  alarmsOn(clock).at(clock.now(), again)
  await clock.advance(4000)
  assert.equal(rung, 5)
})

test('no timer is trusted for more than 60 seconds, and one serves every alarm of a clock', () => {
  const delays: number[] = []
  const after = (delayMs: number) => {
    delays.push(delayMs)
    return () => {}
  }
  const clock: Clock = { ...testClock(), now: () => 0, after }
  for (const dueMs of [2 ** 40, 2 ** 41, 2 ** 42]) alarmsOn(clock).at(dueMs, () => {})
  assert.deepEqual(delays, [60_000])
})

test('an alarm that came due while the machine slept rings at the first timer after it', async () => {
  const clock = testClock()
  let rung = 0
  alarmsOn(clock).at(clock.now() + 3_600_000, () => {
    rung += 1
  })
  clock.jump(8 * 3_600_000)
  await clock.advance(60_000)
  assert.equal(rung, 1)
})

test('an alarm set after the machine slept does not wait for the timer of before', async () => {
  const clock = testClock()
  const rung: number[] = []
  const startMs = clock.now()
  let timers = 0
  // Timers that stand still while the machine sleeps, as those of the machine do.
  const sleepy: Clock = {
    ...clock,
    after: (delayMs, wake) => {
      timers += 1
      return delayMs > 1000 ? () => {} : clock.after(delayMs, wake)
    },
  }
  alarmsOn(sleepy).at(startMs + 30_000, () => rung.push(1))
  clock.jump(8 * 3_600_000)
  alarmsOn(sleepy).at(clock.now() + 500, () => rung.push(2))
  await clock.advance(1000)
  assert.deepEqual([rung, timers], [[1, 2], 3])
})
