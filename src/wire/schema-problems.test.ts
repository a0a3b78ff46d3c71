import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { pathText } from './placed-document.ts'
import { type ExplainUnknown, exactly, schemaProblems } from './schema-problems.ts'

const schema = exactly({
  name: v.pipe(v.string('a name'), v.regex(/^[a-z]+$/, 'letters')),
  kind: v.optional(v.picklist(['one', 'two', 'three'])),
  from: v.optional(v.union([v.string(), exactly({ source: v.string() })], 'a source')),
  list: v.optional(v.array(v.number())),
  raw: v.optional(
    v.pipe(
      v.string(),
      v.rawCheck(({ addIssue }) => addIssue({ message: 'is never right' })),
    ),
  ),
})

function problems(value: unknown, explain?: ExplainUnknown): string[] {
  const { issues = [] } = v.safeParse(schema, value)
  return schemaProblems(issues, explain).map(({ path, why }) => `${pathText(path)}: ${why}`)
}

test('what is right has no problems', () => {
  assert.deepEqual(problems({ name: 'a', kind: 'two', from: { source: 'x' }, list: [1] }), [])
})

test("the schema's message follows `expected`, and valibot's own are put in words", () => {
  assert.deepEqual(problems({ name: 'A', kind: 'four', list: [1, 'x'] }), [
    'name: expected letters, got "A"',
    'kind: expected "one", "two" or "three", got "four"',
    'list[1]: expected a number, got "x"',
  ])
  assert.deepEqual(problems({ name: null }), ['name: expected a name, got nothing'])
  assert.deepEqual(problems('text'), [': expected an object, got "text"'])
})

test('a raw check says it all', () => {
  assert.deepEqual(problems({ name: 'a', raw: 'secret' }), ['raw: is never right'])
})

test('every member that is unknown is told, with the one that was meant', () => {
  assert.deepEqual(problems({ nam: 'a', colour: 1 }), [
    'name: is missing',
    'nam: is unknown; did you mean name?',
    'colour: is unknown; known are name, kind, from, list and raw',
  ])
})

test('a member can be explained by what holds it', () => {
  const explain = (name: string, holder: object) =>
    'name' in holder && name === 'other' ? 'is of another' : undefined
  assert.deepEqual(problems({ name: 'a', other: 1, lst: 1 }, explain), [
    'other: is of another',
    'lst: is unknown; did you mean list?',
  ])
})

test("of a choice, an object's own mistakes are told; of what is neither, the choice", () => {
  assert.deepEqual(problems({ name: 'a', from: { sorce: 'x' } }), [
    'from.source: is missing',
    'from.sorce: is unknown; did you mean source?',
  ])
  assert.deepEqual(problems({ name: 'a', from: 7 }), ['from: expected a source, got 7'])
})
