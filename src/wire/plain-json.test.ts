import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { plainJson } from './plain-json.ts'

test('whatever JSON.stringify writes is plain, and comes back', () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
      const text = JSON.stringify(value, null, 2)
      assert.deepEqual(plainJson(text)?.value, JSON.parse(text))
    }),
  )
})

test('a key that stands twice in one mapping is not plain, however it is written', () => {
  for (const text of [
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '[{"b":{"a":[1],\n"a" :2}}]',
    '{"a\\"":1,"a\\"":1}',
  ])
    assert.equal(plainJson(text), undefined, text)
})

test('the same key in two mappings is plain, and so is a value like a key', () => {
  for (const text of [
    '{"a":{"a":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a:"}',
    '{"a":["b","b"]}',
  ])
    assert.deepEqual(plainJson(text), { value: JSON.parse(text) }, text)
})

test('a number that would lose digits is not plain', () => {
  for (const text of ['[123456789012345678901]', '{"a":1.0}', '[1e3]', '[0.1000]'])
    assert.equal(plainJson(text), undefined, text)
  assert.deepEqual(plainJson('{"a":[0,-1,0.5,3600]}'), { value: { a: [0, -1, 0.5, 3600] } })
})

test('what is no JSON mapping or list is for another reader', () => {
  for (const text of ['', 'a: 1', '{a: 1}', '"text"', '{"a":1', '{"a":1} x'])
    assert.equal(plainJson(text), undefined)
})
