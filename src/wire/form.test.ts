import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeForm, parseForm, parseRepeatingForm } from './form.ts'

test('a form comes back as it was written', () => {
  const name = fc
    .string({ minLength: 1, unit: 'grapheme' })
    .filter((text) => text.isWellFormed() && text !== '__proto__')
  const names = fc.uniqueArray(name, { selector: (text) => text.toLowerCase(), maxLength: 10 })
  fc.assert(
    fc.property(names, fc.string({ unit: 'grapheme' }), (keys, value) => {
      fc.pre(value.isWellFormed())
      const fields = Object.fromEntries(keys.map((key) => [key, value]))
      assert.deepEqual(Object.fromEntries(parseForm(encodeForm(fields))), fields)
    }),
  )
})

test('only unreserved characters are left as they are', () => {
  assert.equal(
    encodeForm({ a: "x y+&=!'()*~", n: 5, gone: undefined }),
    'a=x%20y%2B%26%3D%21%27%28%29%2A~&n=5',
  )
})

test('a plus sign is a blank, a field may be empty or lack its equals sign', () => {
  assert.deepEqual(
    [...parseForm('a=x+y&&b=&c&d==')],
    [
      ['a', 'x y'],
      ['b', ''],
      ['c', ''],
      ['d', '='],
    ],
  )
  assert.equal(parseForm('').size, 0)
})

test('a name that is there twice is REQUEST_PARAMETER, letter case and escapes aside', () => {
  for (const form of ['Action=a&Action=b', 'Action=a&action=b', 'Action=a&%41ction=b'])
    assert.throws(() => parseForm(form), { code: 'REQUEST_PARAMETER' })
})

test('bad escapes, bad UTF-8 and empty names are REQUEST_PARAMETER', () => {
  for (const form of ['a=%', 'a=%zz', 'a=%ff', '%c3=1', '=x'])
    assert.throws(() => parseForm(form), { code: 'REQUEST_PARAMETER' })
})

test('a value does not come back in an error', () => {
  assert.throws(
    () => parseForm('token=secret%'),
    (error: Error) => error.message.includes('"token"') && !error.message.includes('secret'),
  )
})

test('more fields than the limit are REQUEST_PARAMETER, empty ones counted', () => {
  assert.equal(parseForm('a=1&b=2', 2).size, 2)
  assert.throws(() => parseForm('a=1&b=2&c=3', 2), { code: 'REQUEST_PARAMETER' })
  assert.throws(() => parseForm(`${'&'.repeat(300)}a=1`), { code: 'REQUEST_PARAMETER' })
})

test('in a repeating form some names come again, in order, and all others once', () => {
  const { fields, repeated } = parseRepeatingForm('a=1&audience=x&&%61udience=y+z&resource=', [
    'audience',
    'resource',
  ])
  assert.deepEqual([...fields], [['a', '1']])
  assert.deepEqual(
    [...repeated],
    [
      ['audience', ['x', 'y z']],
      ['resource', ['']],
    ],
  )
  for (const text of ['a=1&a=2', 'a=1&A=2', 'audience=x&Audience=y&AUDIENCE=z', '=1'])
    assert.throws(() => parseRepeatingForm(text, ['audience']), { code: 'REQUEST_PARAMETER' }, text)
  assert.throws(() => parseRepeatingForm('audience=x&'.repeat(300), ['audience']), {
    code: 'REQUEST_PARAMETER',
  })
})
