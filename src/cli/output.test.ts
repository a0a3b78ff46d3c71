import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MayflyError } from '../errors.ts'
import { errorText, paint, spin, table } from './output.ts'

const plain = { fancy: false }
const fancy = { fancy: true }

test('columns are as wide as their widest cell, colours apart, and lines end without blanks', () => {
  const rows = [
    [paint(fancy, 'red', 'a'), 'bb', ''],
    ['aaa', 'b', 'c'],
  ]
  assert.equal(table(rows, '  '), '  \x1b[31ma\x1b[0m    bb\n  aaa  b   c\n')
  assert.equal(table([]), '')
})

test('an error is three lines, with the attempts that its sentence does not have', () => {
  const attempts = [
    { what: 'ecs', why: 'no variable' },
    { what: 'kubernetes', why: 'no file' },
  ]
  const error = new MayflyError('SOURCE_NONE', { message: 'no identity (no file)', hint: 'Look.', attempts })
  assert.equal(
    errorText(plain, error),
    'error: no identity (no file)\n  ecs  no variable\nhint: Look.\ncode: SOURCE_NONE  (docs/errors.md#source_none)\n',
  )
})

test('no text of an error drives the terminal or forges a line', () => {
  const attempts = [{ what: 'e\u001b[2Jcs', why: 'x\nerror: forged' }]
  const error = new MayflyError('SOURCE_NONE', {
    message: 'a\u001b[2J\nerror: b\u202e',
    hint: 'c\u2028d',
    attempts,
  })
  assert.equal(
    errorText(plain, error),
    'error: a [2J error: b \n  e [2Jcs  x error: forged\nhint: c d\ncode: SOURCE_NONE  (docs/errors.md#source_none)\n',
  )
})

test('where colours are not wanted, there is no escape sequence and no spinner', async () => {
  const written: string[] = []
  assert.equal(await spin({ ...plain, err: (text) => written.push(text) }, 'working', async () => 7), 7)
  assert.deepEqual([written, paint(plain, 'bold', 'x')], [[], 'x'])
})

test('the spinner turns only while it takes long, and clears its line', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const written: string[] = []
  const io = { ...fancy, err: (text: string) => written.push(text) }
  await spin(io, 'quick', async () => {})
  assert.deepEqual(written, [])
  const { promise, resolve } = Promise.withResolvers<void>()
  const slow = spin(io, 'slow', () => promise)
  t.mock.timers.tick(300)
  t.mock.timers.tick(80)
  resolve()
  await slow
  t.mock.timers.tick(1000)
  assert.equal(written.length, 2)
  assert.match(written[0]!, /slow/)
  assert.equal(written.at(-1), '\r\x1b[K')
})
