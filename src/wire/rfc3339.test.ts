import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRfc3339 } from './rfc3339.ts'

test('a date and time with its zone is read, to the millisecond and never later', () => {
  const expected = Date.parse('2026-11-22T01:00:00Z')
  for (const text of ['2026-11-22T01:00:00Z', '2026-11-22t01:00:00z', '2026-11-22T03:30:00+02:30'])
    assert.equal(readRfc3339(text), expected, text)
  assert.equal(readRfc3339('2026-11-21T20:00:00-05:00'), expected)
  assert.equal(readRfc3339('2026-11-22T01:00:00.5Z'), expected + 500)
  assert.equal(readRfc3339('2026-11-22T01:00:00.999999999Z'), expected + 999)
})

test('whatever Date.parse would guess at is no time', () => {
  for (const text of [
    '',
    '2027',
    '2026-11-22',
    '22 Nov 2026',
    '2026-11-22T01:00:00',
    '2026-11-22 01:00:00Z',
    '2026-11-22T01:00Z',
    '2026-11-22T01:00:00+0200',
    '2026-11-22T01:00:00+24:00',
    '2026-11-22T01:00:00+02:60',
    '2026-02-29T01:00:00Z',
    '2026-13-01T01:00:00Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T01:00:60Z',
    '+275760-09-13T00:00:00Z',
    '2026-11-22T01:00:00.Z',
    '2026-11-22T01:00:00Z\n',
  ])
    assert.equal(readRfc3339(text), undefined, text)
})
