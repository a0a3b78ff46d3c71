import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Path, pathOf, pathText, placed, placedDocument, shown } from './placed-document.ts'

const read = (text: string) => placedDocument(text, { numbers: 'parsed' })

test('JSON and YAML give the same value, and the same lines', () => {
  const json = '{\n  "a": [\n    1,\n    {"b": "c"}\n  ]\n}'
  const yaml = '\na:\n  - 1\n  - b: c\n'
  for (const [text, lines] of [
    [json, [2, 4, 4]],
    [yaml, [2, 4, 4]],
  ] as const) {
    const document = read(text)
    assert.deepEqual(document.value, { a: [1, { b: 'c' }] })
    const paths: Path[] = [['a'], ['a', 1], ['a', 1, 'b']]
    assert.deepEqual(paths.map(document.lineOf), lines)
  }
})

test('what is absent is where it should be: in what would hold it', () => {
  const document = read('x: 1\na:\n  b:\n    c: 1\nd: &d\n  e: 1\nf: *d\n')
  assert.equal(document.lineOf(['a', 'b', 'z']), 3)
  assert.equal(document.lineOf(['a', 'y', 'z']), 2)
  assert.equal(document.lineOf(['f', 'e']), 7)
  assert.equal(read('').lineOf(['a']), 1)
})

test('problems are placed, and told from top to bottom', () => {
  const problems = [
    { path: ['b'], why: 'is late' },
    { path: ['a'], why: 'is early' },
  ]
  assert.deepEqual(
    placed(read('a: 1\nb: 2\n'), problems).map(({ line, why }) => `${line} ${why}`),
    ['1 is early', '2 is late'],
  )
})

test('syntax, a tag that nobody knows and a key that stands twice have a line and a column, and no value', () => {
  for (const [text, line, column] of [
    ['a: 1\nb: [\n', 3, 1],
    ['a: 1\nb: !mine x\n', 2, 4],
    ['a: 1\nb: { c: 1, c: 2 }\n', 2, 12],
    ['{"a": 1,\n "\\u0061": 2}', 2, 2],
  ] as const) {
    const { value, problems } = read(text)
    assert.equal(value, undefined, text)
    assert.deepEqual([problems[0]?.line, problems[0]?.column], [line, column], text)
  }
  assert.deepEqual(read('b: { c: 1, c: 2 }').problems[0]?.path, ['b', 'c'])
})

test('aliases are followed, but not when they multiply or lead nowhere', () => {
  assert.deepEqual(read('a: &a [1]\nb: *a\n').value, { a: [1], b: [1] })
  const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)
  for (const text of [`a0: &a0 [x]\n${levels.join('\n')}`, 'a: *b'])
    assert.deepEqual([read(text).value, read(text).problems.length], [undefined, 1])
})

test('what nests without an end has a problem and no value', () => {
  const compact = `{"a":[${'"b":'.repeat(20_000)}"c"]}`
  for (const text of [compact, '- '.repeat(20_000), '['.repeat(20_000), '{a: '.repeat(20_000)]) {
    const { value, problems } = read(text)
    assert.deepEqual([value, problems.length > 0], [undefined, true], text.slice(0, 8))
  }
})

test('numbers are parsed, or keep the digits that a number would lose', () => {
  const text = '[012, 123456789012345678901, 1.0, 7]'
  assert.deepEqual(read(text).value, [12, 123456789012345680000, 1, 7])
  const written = placedDocument(text, { numbers: 'as written' })
  assert.deepEqual(written.value, ['012', '123456789012345678901', '1.0', 7])
})

test('a path reads as JavaScript would write it', () => {
  assert.equal(pathText(['aws', 0, 'roles', 1, 'name']), 'aws[0].roles[1].name')
  assert.equal(pathText(['map', 'google.subject']), 'map["google.subject"]')
  assert.equal(pathText([]), '')
})

test('a path that is written is read as the same steps', () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 12 })
  const path = fc.array(fc.oneof(fc.nat(999), name, fc.constantFrom('a.b', '"', '\\', ']', '[0]', '0', '')))
  fc.assert(fc.property(path, (steps) => assert.deepEqual(pathOf(pathText(steps)), steps)))
})

test('a value is shown in short', () => {
  assert.deepEqual([[1, 2], { a: 1 }, null, undefined, true, 7, 'a"b'].map(shown), [
    'a list of 2',
    'an object',
    'nothing',
    'nothing',
    'true',
    '7',
    '"a\\"b"',
  ])
  assert.equal(shown('x'.repeat(61)), `"${'x'.repeat(60)}…"`)
})
