import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonLog } from './sts-log.ts'

function logged(act: (log: ReturnType<typeof jsonLog>) => void) {
  const { promise, resolve } = Promise.withResolvers<string>()
  const io = { env: {}, cwd: '/', out: assert.fail, err: resolve, fancy: false }
  act(jsonLog(io, () => 0))
  return promise
}

test('nothing that a token says drives the terminal of whoever looks at the log', async () => {
  const hostile = 'a\u001b[2J\u009b2J\u202eb\u2028c\nd'
  const text = await logged((log) => log.say(hostile))
  assert.match(text, /^[\x20-\x7e]+\n$/)
  assert.equal(JSON.parse(text).msg, hostile)
})

test('what is said in one turn of the event loop is one write', async () => {
  const text = await logged((log) => {
    for (let i = 0; i < 5; i += 1) log.say(`line ${i}`)
  })
  assert.equal(text.split('\n').length, 6)
})
