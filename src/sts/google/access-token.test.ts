import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { sealingWith } from '../../keys/sealing.ts'
import { compileMember, matches } from '../../trust/google-bindings.ts'
import { type AccessTokenRecord, principalName, sealAccessToken, unsealAccessToken } from './access-token.ts'

const sealing = sealingWith([randomBytes(32)])
const pool = 'projects/111111111111/locations/global/workloadIdentityPools/bq-pool'
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 })

const federated = fc.record({
  type: fc.constant('federated' as const),
  pool: fc.constant(pool),
  subject: text,
  groups: fc.array(text),
  attributes: fc.dictionary(fc.stringMatching(/^[a-z0-9_]{1,20}$/), text),
})
const account = fc.record(
  {
    type: fc.constant('service-account' as const),
    email: fc.stringMatching(/^[a-z][a-z0-9-]{5,20}@[a-z]{2,9}\.iam\.gserviceaccount\.com$/),
    uniqueId: fc.stringMatching(/^1\d{20}$/),
  },
  { requiredKeys: ['type', 'email'] },
)
const condition = fc.record({ title: text, expression: text })
const boundary = fc.record({
  accessBoundaryRules: fc.array(
    fc.record({
      availableResource: text,
      availablePermissions: fc.array(text),
      availabilityCondition: condition,
    }),
    { minLength: 1 },
  ),
})
const record = fc.record(
  {
    principal: fc.oneof(federated, account),
    scopes: fc.array(text),
    issuedAtMs: fc.nat(),
    expiresAtMs: fc.nat(),
    boundary,
  },
  { requiredKeys: ['principal', 'scopes', 'issuedAtMs', 'expiresAtMs'] },
) as fc.Arbitrary<AccessTokenRecord>

/** As JSON has it: made objects have no prototype. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

test('what an access token stands for comes out of it as it went in', () => {
  fc.assert(
    fc.property(record, (made) => {
      const opened = unsealAccessToken(sealAccessToken(made, sealing), sealing)
      assert.deepEqual(plain(opened), plain(made))
    }),
  )
})

test('the name of a principal is a member of bindings that is that principal, whatever its subject', () => {
  fc.assert(
    fc.property(fc.oneof(federated, account), federated, (principal, other) => {
      const member = compileMember(principalName({ principal }))
      assert.equal(member.text, principalName({ principal }))
      assert.ok(matches(member, principal))
      const same = principal.type === 'federated' && principal.subject === other.subject
      assert.equal(matches(member, other), same)
    }),
  )
})

test('groups and attributes are read out of a member as they were written into it', () => {
  fc.assert(
    fc.property(federated, (principal) => {
      for (const group of principal.groups)
        assert.ok(
          matches(compileMember(`principalSet://iam.googleapis.com/${pool}/group/${group}`), principal),
        )
      for (const [name, value] of Object.entries(principal.attributes)) {
        const member = `principalSet://iam.googleapis.com/${pool}/attribute.${name}/${value}`
        assert.ok(matches(compileMember(member), principal))
      }
    }),
  )
})
