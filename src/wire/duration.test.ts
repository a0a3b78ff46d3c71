import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inWords, parseDuration } from './duration.ts'

test('durations are read in whole seconds', () => {
  const rows: [string | number, number][] = [
    ['5m', 300],
    ['1h', 3600],
    ['3600s', 3600],
    ['2d', 172_800],
    ['900', 900],
    [43_200, 43_200],
  ]
  for (const [text, seconds] of rows) assert.equal(parseDuration(text), seconds)
})

test('anything else is CONFIG_FIELD', () => {
  for (const text of [
    '',
    '0',
    '0s',
    '-1',
    '5 m',
    '1.5h',
    '5M',
    '1h30m',
    '1e3',
    'm',
    1.5,
    Number.NaN,
    -5,
    0,
    '9999999999',
  ])
    assert.throws(() => parseDuration(text), { code: 'CONFIG_FIELD' }, String(text))
})

test('spans of time are told in one unit', () => {
  assert.deepEqual([0, 119_000, 720_000, 7_200_000, 172_800_000].map(inWords), [
    '0 s',
    '119 s',
    '12 min',
    '2 h',
    '2 d',
  ])
})
