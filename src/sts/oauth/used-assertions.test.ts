import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../../test/clock.ts'
import { usedAssertions } from './used-assertions.ts'

test('an assertion is taken once while it lives, and each client has its own', () => {
  const clock = testClock()
  const used = usedAssertions(clock.now)
  const untilMs = clock.now() + 60_000
  const take = (clientId: string) => used.take({ clientId, jti: 'one', untilMs })
  assert.deepEqual([take('a'), take('a'), take('b')], ['new', 'used', 'new'])
  clock.jump(60_000)
  assert.equal(used.take({ clientId: 'a', jti: 'one', untilMs: untilMs + 60_000 }), 'new')
})

test('whoever has more of them alive than are remembered gets no further, and is in nobody else’s way', () => {
  const clock = testClock()
  const used = usedAssertions(clock.now, 2)
  const take = (clientId: string, jti: string) => used.take({ clientId, jti, untilMs: clock.now() + 60_000 })
  assert.deepEqual(
    ['1', '2', '3', '1'].map((jti) => take('a', jti)),
    ['new', 'new', 'full', 'used'],
  )
  assert.equal(take('b', '1'), 'new')
  clock.jump(60_000)
  assert.equal(take('a', '3'), 'new')
})
