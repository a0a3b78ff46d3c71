import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

test('the parts of a time are those of its zone, wherever this machine is', () => {
  const code = `
    const { compileCondition } = await import(${JSON.stringify(new URL('google-condition.ts', import.meta.url).href)})
    const nowMs = Date.parse('2026-03-08T02:30:00Z')
    const holds = (expression) => compileCondition({ title: 'x', expression }, 'x').holds({ nowMs })
    console.log(
      holds('request.time.getHours() == 2 && request.time.getMinutes() == 30'),
      holds('request.time.getHours("-01:00") == 1 && request.time.getHours("03:00") == 5'),
      holds('request.time.getHours("America/New_York") == 21 && request.time.getDate("America/New_York") == 7'),
      holds('request.time.getDayOfYear("Asia/Tokyo") == 66 && request.time.getDayOfWeek("Asia/Tokyo") == 0'),
      holds('duration("7200s").getHours() == 2 && duration("90s").getSeconds() == 90'),
    )`
  // There, no clock shows half past two on this day.
  const env = { ...process.env, TZ: 'America/New_York' }
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', code], { env, encoding: 'utf8' })
  assert.equal(told.trim(), 'true true true true true')
})
