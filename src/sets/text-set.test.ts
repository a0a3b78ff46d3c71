import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { exactly, hasText, like, shown, type TextSet, textIn } from './text-set.ts'

const glob = fc.stringMatching(/^[ab*?]{0,6}$/).map(like)
const set: fc.Arbitrary<TextSet> = fc.record({
  all: fc.array(fc.array(glob, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
  none: fc.array(glob, { maxLength: 2 }),
})

test('a text of a set is in it, and where none is found none is', () => {
  let empty = 0
  fc.assert(
    fc.property(set, fc.array(fc.stringMatching(/^[abx]{1,7}$/), { minLength: 5 }), (made, texts) => {
      const found = textIn(made)
      if (typeof found === 'string') assert.ok(hasText(made, found), `${found} is not in it`)
      else {
        assert.equal(found, undefined)
        empty++
        assert.deepEqual(
          texts.filter((each) => hasText(made, each)),
          [],
        )
      }
    }),
    { numRuns: 500 },
  )
  assert.ok(empty > 10)
})

test('a usual text comes before the shortest one', () => {
  const main: TextSet = { all: [[like('repo:acme/*')]], none: [exactly('repo:acme/a')] }
  assert.equal(textIn(main, ['repo:acme/a', 'repo:acme/shop']), 'repo:acme/shop')
  assert.equal(textIn(main), 'repo:acme/')
})

test('letter case is left aside where a pattern says so', () => {
  const yes: TextSet = { all: [[{ ...exactly('true'), ignoreCase: true }]], none: [exactly('true')] }
  assert.ok(hasText(yes, 'TrUe'))
  assert.match(String(textIn(yes)), /^true$/i)
})

test('a star that stands for itself is told from a wildcard', () => {
  assert.equal(shown(exactly('a*?\\')), 'a\\*\\?\\\\')
  assert.equal(shown(like('a*?')), 'a*?')
  assert.ok(!hasText({ all: [[exactly('a*')]], none: [] }, 'ab'))
})
