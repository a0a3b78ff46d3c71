import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodedPolicy, policyIn } from './iam-policy-text.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const statement = fc.record(
  {
    Sid: fc.stringMatching(/^[A-Za-z0-9]{1,10}$/),
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.constantFrom('s3:GetObject', '*', ['iam:*', 's3:Put?bject']),
    Resource: fc.constantFrom('*', 'arn:aws:s3:::pictures/*', [
      'arn:aws:iam::*:role/a(b)',
      "arn:aws:s3:::it's!",
    ]),
    Condition: fc.record({
      StringEquals: fc.dictionary(fc.stringMatching(/^aws:[A-Za-z]{1,10}$/), fc.array(text), { minKeys: 1 }),
    }),
  },
  { requiredKeys: ['Effect', 'Action', 'Resource'] },
)
const policy = fc.record({
  Version: fc.constantFrom('2012-10-17', '2008-10-17'),
  Statement: fc.oneof(statement, fc.array(statement, { minLength: 1, maxLength: 4 })),
})

test('a policy is read as it was written, and written as it was read', () => {
  fc.assert(
    fc.property(policy, (document) => {
      // Variables are checked, and these are not what this is about.
      fc.pre(!JSON.stringify(document).includes('${'))
      const read = policyIn(JSON.stringify(document), 'identity')
      const written = encodedPolicy(read)
      assert.match(written, /^(?:[\w.~-]|%[0-9A-F]{2})+$/)
      assert.deepEqual(policyIn(decodeURIComponent(written), 'identity'), read)
      assert.deepEqual(JSON.parse(decodeURIComponent(written)), JSON.parse(JSON.stringify(document)))
    }),
  )
})
