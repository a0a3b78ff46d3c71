import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MayflyError } from '../errors.ts'
import { tokenText } from './token-text.ts'

const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'

test('white space and a byte order mark around a token are not of it', () => {
  assert.equal(tokenText(`\uFEFF${token}\r\n`), token)
})

for (const [what, text, words] of [
  ['Bearer', `Bearer ${token}`, /begins with "Bearer"/],
  ['a header', `authorization: bearer ${token}\n`, /begins with "Bearer"/],
  ['quotes', `"${token}"\n`, /stands in quotes/],
  ['a variable', `OIDC_TOKEN=${token}`, /a name and =/],
  ['an answer', `{"value":"${token}"}`, /an object in JSON/],
  ['line breaks', token.replaceAll('.', '.\n'), /line breaks inside/],
] as const)
  test(`a token with ${what} is PROOF_MALFORMED, and the message does not have it`, () => {
    assert.throws(
      () => tokenText(text),
      (error) =>
        error instanceof MayflyError &&
        error.code === 'PROOF_MALFORMED' &&
        words.test(error.message) &&
        !error.message.includes('eyJ'),
    )
  })
