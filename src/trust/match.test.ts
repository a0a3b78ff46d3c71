import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ANY, compileGlob, isBounded, longestLooseRun, ONE, patternOf, type Text } from './match.ts'

const table: [pattern: string, text: string, matches: boolean][] = [
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['**', 'a/b:c', true],
  ['?', '', false],
  ['?', 'a', true],
  ['a?c', 'abc', true],
  ['repo:acme/*', 'repo:acme/app:ref:refs/heads/main', true],
  ['repo:acme/*', 'repo:acme-evil/app', false],
  ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/main', true],
  ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/main2', false],
  ['a*a', 'a', false],
  ['ab*ba', 'aba', false],
  ['*aab', 'aaab', true],
  ['*aab*', 'aaab!', true],
  ['*a?b*', 'aaaxb', true],
  ['*.?.*', 'a.bc.d.e', true],
  ['A*', 'abc', false],
  ['a.c', 'abc', false],
]

for (const [pattern, text, matches] of table)
  test(`"${pattern}" ${matches ? 'matches' : 'does not match'} "${text}"`, () => {
    assert.equal(compileGlob(pattern).matches(text), matches)
  })

test('a star that stands for itself is no wildcard', () => {
  const literal = compileGlob(patternOf('a*', { wildcards: false }))
  assert.equal(literal.matches('a*'), true)
  assert.equal(literal.matches('ab'), false)
})

test('it agrees with a naive matcher', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 12 })
  fc.assert(
    fc.property(word, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 16 }), (pattern, text) => {
      assert.equal(compileGlob(pattern).matches(text), naive(patternOf(pattern), text))
    }),
    { numRuns: 2000 },
  )
})

const size = 100_000
const hostile: [name: string, pattern: string, text: string, readsPerCharacter: number][] = [
  ['many stars', '*a'.repeat(1000), `${'a'.repeat(size)}b`, 3],
  ['a long run that nearly stands everywhere', `*${'a'.repeat(size / 2)}b*`, 'a'.repeat(size), 3],
  ['a pattern as long as the text', `${'a?'.repeat(size / 2)}*`, 'a'.repeat(size), 3],
  ['a run with a question mark', `*${'a'.repeat(200)}?b*`, 'a'.repeat(size), longestLooseRun + 2],
]

for (const [name, pattern, text, perCharacter] of hostile)
  test(`it reads a hostile text of 10^5 characters a bounded number of times: ${name}`, () => {
    const counted = counting(text)
    compileGlob(pattern).matches(counted)
    assert.ok(counted.reads > 0)
    assert.ok(counted.reads <= perCharacter * text.length, `${counted.reads} reads`)
  })

test('a long run with a question mark between two stars is not bounded, and matches nothing', () => {
  const loose = `*${'a'.repeat(longestLooseRun)}?*`
  assert.equal(isBounded(patternOf(loose)), false)
  assert.equal(isBounded(patternOf(loose.slice(1))), true)
  assert.equal(compileGlob(loose).matches('a'.repeat(longestLooseRun + 1)), false)
})

function naive(pattern: readonly number[], text: string): boolean {
  if (pattern.length === 0) return text === ''
  const [unit, ...rest] = pattern
  if (unit === ANY) return naive(rest, text) || (text !== '' && naive(pattern, text.slice(1)))
  return text !== '' && (unit === ONE || unit === text.charCodeAt(0)) && naive(rest, text.slice(1))
}

function counting(text: string): Text & { reads: number } {
  return {
    reads: 0,
    length: text.length,
    charCodeAt(index: number) {
      this.reads++
      return text.charCodeAt(index)
    },
  }
}
