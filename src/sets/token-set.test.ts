import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { like } from './text-set.ts'
import { hasToken, meetTokens, type TokenSet, tokensWith, withoutTokens } from './token-set.ts'
import { noneOf, oneOf, type ValueSet } from './value-set.ts'

const globs = fc.array(fc.constantFrom('a', 'a*', '*b', '?', 'ab').map(like), { minLength: 1, maxLength: 2 })
const values: fc.Arbitrary<ValueSet> = fc.oneof(
  fc.tuple(globs, fc.boolean()).map(([list, absent]) => oneOf(list, absent)),
  fc.tuple(globs, fc.boolean()).map(([list, absent]) => noneOf(list, absent)),
  fc.constant({ absent: true }),
)
const set: fc.Arbitrary<TokenSet> = fc.dictionary(fc.constantFrom('x', 'y', 'z'), values).map(tokensWith)
const value = fc.option(fc.constantFrom('a', 'ab', 'b', 'aab', 'c'), { nil: undefined })
const token = fc
  .record({ x: value, y: value, z: value })
  .map((made) => Object.fromEntries(Object.entries(made).filter(([, each]) => each !== undefined)))

test('what is left of a set is in it and in none of the others, and in one part alone', () => {
  fc.assert(
    fc.property(
      set,
      fc.array(set, { maxLength: 3 }),
      fc.array(token, { minLength: 8 }),
      (from, less, tokens) => {
        const parts = withoutTokens(from, less)
        assert.ok(typeof parts !== 'symbol')
        for (const each of tokens) {
          const left = hasToken(from, each) && !less.some((other) => hasToken(other, each))
          assert.equal(parts.filter((part) => hasToken(part, each)).length, left ? 1 : 0)
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('what is in two sets is in both', () => {
  fc.assert(
    fc.property(set, set, fc.array(token, { minLength: 8 }), (a, b, tokens) => {
      const met = meetTokens(a, b)
      for (const each of tokens)
        assert.equal(met !== undefined && hasToken(met, each), hasToken(a, each) && hasToken(b, each))
    }),
    { numRuns: 500 },
  )
})
