import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { sealingWith } from '../../keys/sealing.ts'
import { Secret } from '../../secret.ts'
import { namedPrincipal } from '../../trust/principal-names.ts'
import { accountOfArn } from './arn.ts'
import { type AwsSession, sealSession, sessionArn, unsealSession } from './session.ts'

const sealing = sealingWith([randomBytes(32)])
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 })
const account = fc.stringMatching(/^\d{12}$/)
/** What IAM and STS take for the name of a role, a user or a session. */
const name = fc.stringMatching(/^[\w+=,.@-]{2,32}$/)
const path = fc.constantFrom('/', '/team/', '/a/b-c/')

const principal = fc.oneof(
  fc.record({ type: fc.constant('role' as const), roleName: name, roleId: text, sessionName: name }),
  fc.record({ type: fc.constant('user' as const), userArn: text, userId: text }),
  fc.record({ type: fc.constant('federated' as const), name, userArn: text }),
)
const tag = fc.record({ key: text, value: text, transitive: fc.boolean() })
const optional = { requiredKeys: [] }
const marks = fc.record(
  {
    policy: text,
    policyArns: fc.array(text),
    tags: fc.array(tag),
    sourceIdentity: text,
    federatedProvider: text,
    mfaAtMs: fc.nat(),
  },
  optional,
)
const secretAccessKey = text.map((each) => new Secret(each))
const times = { issuedAtMs: fc.nat(), expiresAtMs: fc.nat() }
const session = fc.record(
  { accessKeyId: text, secretAccessKey, account, principal, marks, ...times },
  { requiredKeys: ['accessKeyId', 'secretAccessKey', 'account', 'principal', 'issuedAtMs', 'expiresAtMs'] },
) as fc.Arbitrary<AwsSession>

/** As JSON has it: made objects have no prototype. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

test('a session comes out of its token as it went in, however large the token has to be', () => {
  fc.assert(
    fc.property(session, fc.constantFrom(0, 0, 2000, 4096), (made, size) => {
      const token = sealSession(made, sealing, size)
      assert.ok(token.length >= size)
      const opened = unsealSession(token, sealing)
      assert.deepEqual(plain(opened), plain(made))
      assert.equal(opened?.secretAccessKey.reveal(), made.secretAccessKey.reveal())
    }),
  )
})

test('an ARN that is written of an account and a name is read as these', () => {
  fc.assert(
    fc.property(account, name, path, name, (of, role, at, sessionName) => {
      const ofSession = sessionArn({
        account: of,
        principal: { type: 'role', roleName: role, roleId: 'x', sessionName },
      })
      assert.deepEqual(namedPrincipal(ofSession), { account: of, type: 'role', name: role })
      assert.equal(accountOfArn(ofSession), of)
      for (const type of ['role', 'user'] as const)
        assert.deepEqual(namedPrincipal(`arn:aws:iam::${of}:${type}${at}${role}`), {
          account: of,
          type,
          name: role,
          path: at,
        })
    }),
  )
})
