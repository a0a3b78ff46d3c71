import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RE2JS } from '@bufbuild/re2'
import fc from 'fast-check'
import { patternSteps } from './re2-cost.ts'

const atoms = [
  'x',
  'é',
  '.',
  '\\d',
  '\\{',
  '\\(',
  '[a-z]',
  '[^)(]',
  '[]{(]',
  '[[:alpha:]\\]]',
  '\\x{41}',
  '\\Q({[\\E',
  '^',
  '\\b',
]
const pattern = fc.letrec((tie) => ({
  atom: fc.constantFrom(...atoms),
  group: fc
    .tuple(fc.constantFrom('(', '(?:', '(?P<n>', '(?s:'), tie('whole'))
    .map(([open, all]) => `${open}${all})`),
  piece: fc
    .tuple(
      fc.oneof({ maxDepth: 3 }, tie('atom'), tie('group')),
      fc.constantFrom('', '', '*', '?', '+', '{2}', '{3,}', '{0,4}', '{1,9}'),
    )
    .map((parts) => parts.join('')),
  whole: fc
    .tuple(fc.array(tie('piece'), { maxLength: 4 }), fc.constantFrom('', '|x'))
    .map(([all, or]) => all.join('') + or),
})).whole as fc.Arbitrary<string>

test('a pattern costs no less than the program that it compiles to', () => {
  fc.assert(
    fc.property(pattern, (text) => {
      let instructions: number
      try {
        instructions = RE2JS.compile(text).re2().prog.numInst()
      } catch {
        return
      }
      assert.ok(patternSteps(text) >= 20 * instructions, `${instructions} instructions`)
    }),
    { seed: 7, numRuns: 2000 },
  )
})

const costly: readonly [why: string, pattern: string][] = [
  ['many counts', 'x{1000}'.repeat(60)],
  ['a long group that is counted', `(${'x'.repeat(100)}){1000}`],
  ['a count of counts', '((x{10}){10}){10}'.repeat(60)],
  ['a group behind a quoted bracket', `\\Q[\\E(${'x'.repeat(100)}){1000}`],
  ['a group around a class with its end', `(${'[)]'.repeat(100)}){1000}`],
  ['many tables of Unicode in both letter cases', `(?i)${'\\pL'.repeat(40)}`],
  ['ranges beyond ASCII in both letter cases', '(?i)[b-\\x{10ffff}d-\\x{10ffff}é-\u4e00]'],
]
for (const [why, text] of costly)
  test(`${why} cost more than an evaluation may take`, () => assert.ok(patternSteps(text) > 1_000_000))

test('an ordinary pattern costs little', () => {
  for (const text of [
    '^project_path:acme/.*:ref_type:branch:ref:(main|release-[0-9]+)$',
    '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    '(?i)^[a-z0-9.]{1,64}@acme\\.example$',
  ])
    assert.ok(patternSteps(text) < 6000, text)
})
