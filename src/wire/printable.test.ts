import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCredentialText, jsonLine, oneLine, printable } from './printable.ts'

test('nothing that drives a terminal or begins a line is left, and the rest is as it was', () => {
  assert.equal(printable('a\u001b[2J\r\nb\u202ec\u2028d\u0085e\u0000f'), 'a [2J b c d e f')
  assert.equal(printable('zwei  Wörter 東京'), 'zwei  Wörter 東京')
})

test('one line is trimmed, without runs of blanks, and cut short', () => {
  assert.equal(oneLine('  a \t\u2028 b\n', 10), 'a b')
  assert.equal(oneLine('abcdef', 3), 'abc…')
})

test('a record is one line that nothing unseen is in, and is read as it was written', () => {
  const record = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }))
  fc.assert(
    fc.property(record, (made) => {
      const line = jsonLine(made)
      assert.doesNotMatch(line, /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u)
      assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(made)))
    }),
  )
})

test('a credential is visible ASCII without blanks', () => {
  for (const text of ['ASIAIOSFODNN7EXAMPLE', 'a/b+c==', 'ya29.c.b0...', "!~'"])
    assert.ok(isCredentialText(text))
  for (const text of ['', 'a b', 'a\n', '\na', 'a\r\nb', 'a\u0000', 'é', 'a\u007f', '\u2028'])
    assert.ok(!isCredentialText(text), JSON.stringify(text))
})
