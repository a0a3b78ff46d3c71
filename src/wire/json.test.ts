import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readJsonObject } from './json.ts'

const read = (text: string, maxDepth?: number) =>
  readJsonObject(Buffer.from(text), maxDepth === undefined ? {} : { maxDepth })

test('an object is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (value) => {
      const text = JSON.stringify(value)
      fc.pre(!/e\+?\d\d|\d{16}/.test(text))
      assert.deepEqual(read(text), JSON.parse(text))
    }),
  )
})

test('a member that is there twice is refused at every level, however it is written', () => {
  const rows = [
    '{"sub":"a","sub":"b"}',
    '{"sub":"a","\\u0073ub":"b"}',
    '{"a":{"b":1,"b":1}}',
    '{"a":[{"b":1,"b":2}]}',
    '{"a":":\\":","a":1}',
    '{"__proto__":1,"__proto__":2}',
  ]
  for (const row of rows) assert.equal(read(row), undefined, row)
})

test('colons and quotes inside of strings are no members', () => {
  assert.deepEqual(read('{"a:\\"b":"c:\\\\","d\\\\":":\\""}'), { 'a:"b': 'c:\\', 'd\\': ':"' })
})

test('what is not an object, not JSON or not UTF-8 is refused', () => {
  for (const row of ['', '[]', 'null', '1', '"x"', '{', '{"a":1}x', '\ufeff{}'])
    assert.equal(read(row), undefined, row)
  assert.equal(readJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), undefined)
})

test('depth is bounded', () => {
  assert.deepEqual(read('{"a":[{}]}', 3), { a: [{}] })
  assert.equal(read('{"a":[{}]}', 2), undefined)
  assert.equal(read(`{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`), undefined)
})

test('a number that its reader would round to another one is refused at every level', () => {
  for (const row of [
    '9007199254740993',
    '-9007199254740993',
    '9007199254740992',
    '1e16',
    '1e400',
    '[{"b":1e30}]',
  ])
    assert.equal(read(`{"a":${row}}`), undefined, row)
  for (const row of ['9007199254740991', '-9007199254740991', '0.1', '1e15', '"9007199254740993"'])
    assert.deepEqual(read(`{"a":${row}}`), JSON.parse(`{"a":${row}}`), row)
})
