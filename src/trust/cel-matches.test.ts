import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RE2JS } from '@bufbuild/re2'
import { beginEvaluation, matches, patternOf } from './cel-matches.ts'
import { patternSteps } from './re2-cost.ts'

const texts = ['', 'a', 'ref:main', 'REF:MAIN', 'a\nref:main', 'é', '😀x', 'k\u212a', 'x'.repeat(40)]
const patterns = [
  '',
  'main$',
  '^ref',
  '(?m)^ref',
  '(?i)^ref:',
  'a|b',
  '^.$',
  '\\bmain\\b',
  '^x{40}$',
  '[^a-z]',
  '\\pL',
  '(?i)k{2}',
  'x+y?$',
]

test('a metered pattern finds what RE2 finds', () => {
  beginEvaluation()
  for (const pattern of patterns)
    for (const text of texts)
      assert.equal(matches(text, pattern), RE2JS.compile(pattern).test(text), `${pattern} in ${text}`)
})

const overspent = /takes too many steps/

test('a pattern is compiled and paid for once in an evaluation', () => {
  const pattern = '^x{1000}$'
  beginEvaluation(patternSteps(pattern))
  assert.equal(patternOf(pattern), patternOf(pattern))
  beginEvaluation(patternSteps(pattern) - 1)
  assert.throws(() => patternOf(pattern), overspent)
})

test('a match pays for what the pattern does with the text', () => {
  const steps = (pattern: string, text: string) => {
    for (let limit = 256; ; limit *= 2) {
      beginEvaluation(patternSteps(pattern) + limit)
      patternOf(pattern)
      try {
        matches(text, pattern)
        return limit
      } catch (error) {
        assert.match(String(error), overspent)
      }
    }
  }
  const mixed = Array.from({ length: 500 }, (_, i) => 'ab'[((i * i + (i >> 2)) % 11) & 1]).join('')
  assert.ok(steps('^main', 'main') <= 2048)
  assert.ok(steps('[ab]a[ab]{60}[cd]', mixed) > 20 * steps('ab[cd]', mixed))
  assert.ok(steps('(a\\b|\\Ba){50}[cd]', 'a'.repeat(500)) > 20 * steps('a[cd]', 'a'.repeat(500)))
})
