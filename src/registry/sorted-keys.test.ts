import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginningWith, sortedKeys, withKey } from './sorted-keys.ts'

const keys = sortedKeys(['b/2', 'a', 'b/10', 'b', 'c/1', 'b/2'])

test('each key is there once, in its place', () => {
  assert.deepEqual(keys, ['a', 'b', 'b/10', 'b/2', 'c/1'])
  assert.deepEqual(withKey(keys, 'b/11', true), ['a', 'b', 'b/10', 'b/11', 'b/2', 'c/1'])
  assert.deepEqual(withKey(keys, 'd', true).at(-1), 'd')
  assert.equal(withKey(keys, 'b', true), keys)
})

test('a key that is gone is not there', () => {
  assert.deepEqual(withKey(keys, 'b', false), ['a', 'b/10', 'b/2', 'c/1'])
  assert.equal(withKey(keys, 'x', false), keys)
})

test('what begins alike is one stretch', () => {
  for (const prefix of ['', 'a', 'b', 'b/', 'b/1', 'c', 'd', '0'])
    assert.deepEqual(
      beginningWith(keys, prefix),
      keys.filter((each) => each.startsWith(prefix)),
      prefix,
    )
})
