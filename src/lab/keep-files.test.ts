import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { testClock } from '../../test/clock.ts'
import { folderOf } from '../../test/workload.ts'
import { keepFiles } from './keep-files.ts'

test('a file is written anew when what is in it is about to end, until the lab closes', async (t) => {
  const path = join(folderOf(t), 'secrets/token')
  const clock = testClock()
  let count = 0
  const kept = keepFiles([{ path, content: () => ({ text: `token ${++count}`, lastsMs: 1_000 }) }], clock)
  assert.equal(readFileSync(path, 'utf8'), 'token 1')
  await clock.advance(999)
  assert.equal(readFileSync(path, 'utf8'), 'token 1')
  await clock.advance(1)
  assert.equal(readFileSync(path, 'utf8'), 'token 2')
  kept.close()
  await clock.advance(10_000)
  assert.equal(readFileSync(path, 'utf8'), 'token 2')
  assert.deepEqual(readdirSync(dirname(path)), ['token'])
})
