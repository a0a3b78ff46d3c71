import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isoMillisecond, isoSecond } from './iso-time.ts'

const times = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 })

test('a time is written as Date writes it, however many times were written before', () => {
  fc.assert(
    fc.property(times, (ms) => {
      const whole = new Date(ms).toISOString()
      assert.equal(isoMillisecond(ms), whole)
      assert.equal(isoSecond(ms), `${whole.slice(0, 19)}Z`)
      assert.equal(isoSecond(ms), isoSecond(ms))
    }),
    { numRuns: 300 },
  )
})

test('what is no time is refused', () => {
  assert.throws(() => isoSecond(Number.NaN), RangeError)
  assert.throws(() => isoSecond(9e15), RangeError)
})
