import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { accountOfKeyId, base32, roleId, sessionKeyId } from './aws-ids.ts'

test('base32 is that of RFC 4648, without padding', () => {
  assert.equal(base32(Buffer.from('foobar')), 'MZXW6YTBOI')
  assert.equal(base32(Buffer.from('fooba')), 'MZXW6YTB')
})

test('every account can be read from the key IDs that are made for it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 999_999_999_999 }),
      fc.uint8Array({ minLength: 10, maxLength: 10 }),
      (n, random) => {
        const account = String(n).padStart(12, '0')
        const id = sessionKeyId(account, random)
        assert.match(id, /^ASIA[A-Z2-7]{16}$/)
        assert.equal(accountOfKeyId(id), account)
      },
    ),
  )
})

test("the account is where AWS's own key IDs have it", () => {
  // From a published write-up of the layout: this ID belongs to account 029608264753.
  assert.equal(accountOfKeyId(['ASIA', 'QNZGKIQY56JQ7WML'].join('')), '029608264753')
})

test('two key IDs of one account differ', () => {
  assert.notEqual(sessionKeyId('123456789012'), sessionKeyId('123456789012'))
})

test('a key ID of another form tells no account', () => {
  for (const id of ['', 'ASIA', 'ASIAIOSFODNN7EXAMPLE', 'ASIAQNZGKIQY56JQ7WM1', 'asiaqnzgkiqy56jq7wml'])
    assert.equal(accountOfKeyId(id), undefined)
})

test("a role's ID follows from its ARN", () => {
  assert.match(roleId('arn:aws:iam::123456789012:role/a'), /^AROA[A-Z2-7]{17}$/)
  assert.equal(roleId('arn:aws:iam::123456789012:role/a'), roleId('arn:aws:iam::123456789012:role/a'))
  assert.notEqual(roleId('arn:aws:iam::123456789012:role/a'), roleId('arn:aws:iam::123456789012:role/b'))
})
