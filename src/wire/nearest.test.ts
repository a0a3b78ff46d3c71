import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from './nearest.ts'

const known = ['name', 'path', 'maxSessionDuration', 'policies']

test('a slip of the pen finds the name that was meant', () => {
  assert.equal(nearest('nmae', ['name', 'path']), undefined)
  assert.equal(nearest('nam', known), 'name')
  assert.equal(nearest('MaxSessionDuration', known), 'maxSessionDuration')
  assert.equal(nearest('max_session_duration', known), 'maxSessionDuration')
})

test('a name that is like none of them finds nothing', () => {
  assert.equal(nearest('colour', known), undefined)
  assert.equal(nearest('x', []), undefined)
})

test('a name of any length is compared by its beginning alone', () => {
  assert.equal(nearest('x'.repeat(1_000_000), known), undefined)
})
