import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineFingerprints } from './line-fingerprints.ts'

const all = (text: string) => text.split(/\r\n|\r|\n/).map((_, i) => lineFingerprints(text)(i + 1))

// What github/codeql-action computes for the same texts.
test('a line has the fingerprint that GitHub gives it, however lines end', () => {
  assert.deepEqual(all(''), ['c129715d7a2bc9a3:1'])
  assert.deepEqual(all(' a\nb\n  \t\tc\n d'), [
    '271789c17abda88f:1',
    '54703d4cd895b18:1',
    '180aee12dab6264:1',
    'a23a3dc5e078b07b:1',
  ])
  const mixed = [
    'e9496ae3ebfced30:1',
    'fb7c023a8b9ccb3f:1',
    'ce8ba1a563dcdaca:1',
    'e20e36e16fcb0cc8:1',
    'b3edc88f2938467e:1',
    'c8e28b0b4002a3a0:1',
    'c129715d7a2bc9a3:1',
  ]
  for (const lineEnd of ['\n', '\r', '\r\n'])
    assert.deepEqual(
      all([' hello; \t', 'world!!!', '', '', '  \t\tGreetings', ' End', ''].join(lineEnd)),
      mixed,
    )
})

test('lines that are alike are counted', () => {
  const counted = all('Lorem ipsum dolor sit amet.\n'.repeat(10)).slice(0, 7)
  assert.deepEqual(counted, [
    ...[1, 2, 3, 4, 5, 6].map((count) => `a7f2ff13bc495cf2:${count}`),
    'a7f2ff1481e87703:1',
  ])
})

test('a line that is not there has none', () => {
  assert.equal(lineFingerprints('a\nb')(3), undefined)
})
