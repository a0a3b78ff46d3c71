import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AwsRequest } from './aws-evaluate.ts'
import { type Layer, type Permissions, permits } from './aws-permissions.ts'
import { compilePolicy, type Policy } from './aws-policy.ts'
import type { Check } from './decision.ts'
import { decisionOf } from './explain.ts'

const policy = (effect: 'Allow' | 'Deny', action: string): Policy =>
  compilePolicy(
    { Version: '2012-10-17', Statement: [{ Effect: effect, Action: action, Resource: '*' }] },
    'identity',
  )
const yes = policy('Allow', 's3:*')
const no = policy('Deny', 's3:*')
const other = policy('Allow', 'ec2:*')

const request: AwsRequest = {
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::photos/cat.jpg',
  principal: { type: 'aws', arn: 'arn:aws:iam::111122223333:user/ann', account: '111122223333' },
  keys: new Map(),
}

for (const [what, permissions, effect, refusedBy, withinLimits] of [
  ['an identity policy', { identity: [yes] }, 'allow', undefined, true],
  ['nothing', { identity: [] }, 'implicit-deny', 'identity', true],
  ['a boundary alone', { identity: [], boundary: [yes] }, 'implicit-deny', 'identity', true],
  ['all three', { identity: [yes], boundary: [yes], session: [yes] }, 'allow', undefined, true],
  [
    'a boundary for something else',
    { identity: [yes], boundary: [other], session: [yes] },
    'implicit-deny',
    'boundary',
    false,
  ],
  ['no session policy of several', { identity: [yes], session: [] }, 'implicit-deny', 'session', false],
  ['one session policy of two', { identity: [yes], session: [other, yes] }, 'allow', undefined, true],
  [
    'a session policy that denies, before a boundary that does not allow',
    { identity: [yes], boundary: [other], session: [yes, no] },
    'explicit-deny',
    'session',
    false,
  ],
] as const satisfies readonly (readonly [string, Permissions, string, Layer | undefined, boolean])[])
  test(`with ${what}: ${effect}`, () => {
    const found = permits(permissions, request)
    assert.deepEqual([found.effect, found.refusedBy, found.withinLimits], [effect, refusedBy, withinLimits])
  })

const policies = fc.array(fc.constantFrom(yes, no, other), { maxLength: 3 })
const any = fc.record(
  { identity: policies, boundary: policies, session: policies },
  { requiredKeys: ['identity'] },
)

test('no layer grants what the identity policies do not, and the trace comes to the same decision', () => {
  fc.assert(
    fc.property(any, (permissions) => {
      const trace: Check[] = []
      const { effect } = permits(permissions, request, trace)
      assert.equal(decisionOf(trace).decision === 'allow', effect === 'allow')
      if (effect === 'allow')
        assert.equal(permits({ identity: permissions.identity }, request).effect, 'allow')
    }),
  )
})
