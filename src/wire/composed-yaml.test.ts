import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placedDocument } from './placed-document.ts'

const read = (text: string) => placedDocument(text, { numbers: 'parsed' })
const problemsOf = (text: string) => read(text).problems.map(({ line, why }) => `${line}: ${why}`)
const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels)

test('a document nests up to 100 levels, and deeper it is refused', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a": [', ']}'],
    ['- ', '\n'],
  ] as const) {
    const levels = open.length > 2 ? 50 : 100
    assert.deepEqual(problemsOf(nested(open, close, levels)), [], open)
    assert.deepEqual(problemsOf(nested(open, close, levels + 1)), [
      '1: lists and objects nest over 100 levels deep',
    ])
  }
})

test('levels that are never closed, and those in keys, are levels as well', () => {
  for (const open of ['[', '{', '{a: ', '? ', '? {', '- ', 'a: [', '[a: '])
    assert.match(problemsOf(open.repeat(10_000))[0]!, /over 100 levels/, open)
})

test('a key that is a list, an object or an alias is refused', () => {
  for (const text of ['? [a]\n: 1', '{ {a: b}: 1 }', 'x: &a b\n*a : 1'])
    assert.match(problemsOf(text)[0]!, /a key has to be a text or a number/, text)
  assert.deepEqual(read('1: a\n? b\n: c').value, { 1: 'a', b: 'c' })
})

test('aliases are few, and repeat no more than 20,000 values', () => {
  const anchors = Array.from({ length: 20 }, (_, i) => `- &a${i} [x]\n`).join('')
  const aliases = (count: number) => Array.from({ length: count }, (_, i) => `- *a${i % 20}\n`).join('')
  assert.deepEqual(problemsOf(anchors + aliases(1000)), [])
  assert.deepEqual(problemsOf(anchors + aliases(1001)), ['1021: there are over 1000 aliases'])
  const many = (values: number) => `a: &a [${'1,'.repeat(values)}]\nb: [${'*a,'.repeat(90)}]`
  assert.deepEqual(problemsOf(many(221)), [])
  assert.deepEqual(problemsOf(many(222)), ['2: aliases repeat over 20000 values, all together'])
})

test('what an alias repeats counts with what that repeats', () => {
  const levels = Array.from({ length: 40 }, (_, i) => `- &a${i + 1} [*a${i}, *a${i}]\n`).join('')
  assert.deepEqual(problemsOf(`- &a0 x\n${levels}`), ['2: aliases repeat over 20000 values, all together'])
})

test('of many mistakes the first are told, and how many more there are', () => {
  const problems = problemsOf('}'.repeat(500))
  assert.equal(problems.length, 101)
  assert.match(problems.at(-1)!, /^1: 40\d more mistakes are not told$/)
})

test('a second document is refused', () => {
  assert.deepEqual(problemsOf('a: 1\n---\nb: 1\n---\nc: 1\n'), [
    '2: another document begins here, and one is expected: put each into a file of its own',
  ])
})
