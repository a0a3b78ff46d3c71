import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failure, folderOf } from '../../test/workload.ts'
import { labClock, writeLabTime } from './clock.ts'

test('time goes from where the file says, as fast as it says', (t) => {
  const path = join(folderOf(t), 'clock')
  let realMs = 1_000
  writeLabTime(path, { realMs: 1_000, originMs: 5_000_000, speed: 60 })
  const clock = labClock(path, () => realMs)
  assert.equal(clock.now(), 5_000_000)
  realMs += 1_500
  assert.equal(clock.now(), 5_090_000)
  writeLabTime(path, { realMs, originMs: 0, speed: 1 })
  assert.equal(clock.now(), 0)
})

test('a timer ends when the time is moved past its end, and not before', async (t) => {
  const path = join(folderOf(t), 'clock')
  const realMs = 0
  writeLabTime(path, { realMs, originMs: 0, speed: 1 })
  const clock = labClock(path, () => realMs)
  const woken: string[] = []
  const cancel = clock.after(7_200_000, () => woken.push('later'))
  const hour = new Promise<void>((resolve) => clock.after(3_600_000, resolve, 'awaited')).then(() =>
    woken.push('hour'),
  )
  writeLabTime(path, { realMs, originMs: 3_600_000, speed: 1 })
  await hour
  assert.deepEqual(woken, ['hour'])
  cancel()
})

test('a file that is missing or says no time is told by its name', (t) => {
  const folder = folderOf(t)
  const path = join(folder, 'clock')
  assert.throws(() => labClock(path), failure('CONFIG_FILE', path, 'MAYFLY_LAB_CLOCK'))
  writeFileSync(path, '1 2 0')
  assert.throws(() => labClock(path), failure('CONFIG_FILE', path))
})

test('the last time holds while the file is gone, or says none', (t) => {
  const path = join(folderOf(t), 'clock')
  writeLabTime(path, { realMs: 0, originMs: 7, speed: 1 })
  const clock = labClock(path, () => 1)
  writeFileSync(path, 'noon')
  assert.equal(clock.now(), 8)
  rmSync(path)
  assert.equal(clock.now(), 8)
})
