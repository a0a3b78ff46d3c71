import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, allows, awsTrust, role, roleArn, trusts } from '../../../test/trust-side.ts'
import type { AwsAccountDocument, RoleDocument } from '../../registry/documents.ts'
import { roleId } from '../../wire/aws-ids.ts'
import type { AwsIdentity, SessionMarks } from '../ask.ts'
import { compileSnapshot } from '../snapshot.ts'
import { evaluatePermissions, type PermissionQuestion } from './evaluate-permissions.ts'

const nowMs = Date.parse('2026-11-22T00:00:00Z')
const object = 'arn:aws:s3:::photos/home/cat.jpg'
const trust = trusts({ AWS: account }, 'sts:AssumeRole')

const session = (marks?: SessionMarks): AwsIdentity => ({
  type: 'aws',
  arn: `arn:aws:sts::${account}:assumed-role/app/job`,
  account,
  userId: `${roleId(roleArn('app'))}:job`,
  credential: 'role-session',
  issuedAtMs: nowMs,
  expiresAtMs: nowMs + 3_600_000,
  ...(marks && { marks }),
})

interface Case {
  readonly role: Partial<RoleDocument>
  readonly account?: Partial<AwsAccountDocument>
  readonly marks?: SessionMarks
  readonly question?: Partial<PermissionQuestion>
}

function decide({ role: more, account: also = {}, marks, question = {} }: Case) {
  const home = { account, oidcProviders: [], roles: [role('app', trust, more)], ...also }
  const asked = { action: 's3:GetObject', resource: object, nowMs, ...question }
  return evaluatePermissions(session(marks), compileSnapshot(awsTrust(home)), asked)
}

const photos = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: 'arn:aws:s3:::photos/*' }],
})
const managed = (name: string, ...actions: string[]) => ({
  name,
  path: '/',
  policyDocument: photos(...actions),
})
const arnOf = (name: string) => `arn:aws:iam::${account}:policy/${name}`
const policies = [photos('s3:GetObject', 's3:PutObject')]
const deny = allows('s3:*', '*', 'Deny')

for (const [what, given, expected] of [
  ['its own policy allows', { role: { policies } }, 'allow'],
  ['no policy allows', { role: {} }, 'deny'],
  ['its policy allows for another action', { role: { policies: [photos('s3:PutObject')] } }, 'deny'],
  [
    'its policy allows for another resource',
    { role: { policies }, question: { resource: 'arn:aws:s3:::other/x' } },
    'deny',
  ],
  ['one policy denies', { role: { policies: [...policies, deny] } }, 'deny'],
  [
    'an attached policy allows',
    {
      role: { managedPolicyArns: [arnOf('read')] },
      account: { managedPolicies: [managed('read', 's3:Get*')] },
    },
    'allow',
  ],
  [
    'a policy of AWS allows',
    { role: { managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'] } },
    'allow',
  ],
  [
    'its boundary allows as well',
    {
      role: { policies, permissionsBoundary: arnOf('most') },
      account: { managedPolicies: [managed('most', 's3:Get*')] },
    },
    'allow',
  ],
  [
    'its boundary does not',
    {
      role: { policies, permissionsBoundary: arnOf('most') },
      account: { managedPolicies: [managed('most', 's3:Put*')] },
    },
    'deny',
  ],
  [
    'only its boundary allows',
    {
      role: { permissionsBoundary: arnOf('most') },
      account: { managedPolicies: [managed('most', 's3:Get*')] },
    },
    'deny',
  ],
  [
    'its session policy allows as well',
    { role: { policies }, marks: { policy: JSON.stringify(photos('s3:GetObject')) } },
    'allow',
  ],
  [
    'its session policy does not',
    { role: { policies }, marks: { policy: JSON.stringify(photos('s3:PutObject')) } },
    'deny',
  ],
  [
    'only its session policy allows',
    { role: {}, marks: { policy: JSON.stringify(photos('s3:GetObject')) } },
    'deny',
  ],
  [
    'one of its session policies allows, and another something else',
    {
      role: { policies },
      account: { managedPolicies: [managed('read', 's3:Get*')] },
      marks: { policy: JSON.stringify(photos('s3:PutObject')), policyArns: [arnOf('read')] },
    },
    'allow',
  ],
  [
    'its only session policy is gone since',
    { role: { policies }, marks: { policyArns: [arnOf('gone')] } },
    'deny',
  ],
] as const satisfies readonly (readonly [string, Case, string])[])
  test(`a session may read where ${what}: ${expected}`, () => {
    assert.equal(decide(given).decision, expected)
  })

test('policies see the tags of the session and the keys of the service, and nobody can be somebody else', () => {
  const home = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: 'arn:aws:s3:::photos',
      Condition: {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
        StringLike: { 's3:prefix': '${aws:PrincipalTag/team}/*' },
        StringEquals: { 'aws:PrincipalAccount': account },
      },
    },
  }
  const list = (prefix: string, keys = {}) =>
    decide({
      role: { policies: [home], tags: [{ key: 'team', value: 'bank' }] },
      marks: { tags: [{ key: 'Team', value: 'shop' }] },
      question: {
        action: 's3:ListBucket',
        resource: 'arn:aws:s3:::photos',
        keys: { 's3:prefix': prefix, ...keys },
      },
    }).decision
  assert.equal(list('shop/cats'), 'allow')
  assert.equal(list('bank/cats'), 'deny')
  assert.equal(list('bank/cats', { 'aws:principaltag/team': 'bank' }), 'deny')
})

test('a refusal says which layer it is and which statement was nearest', () => {
  const { nearMiss, checks } = decide({
    role: { policies },
    marks: { policy: JSON.stringify(photos('s3:PutObject')) },
  })
  const deciding = checks.filter(({ part }) => !part).map(({ check, outcome }) => [check, outcome])
  assert.deepEqual(deciding, [
    ['identity-policy', 'pass'],
    ['session-policy', 'fail'],
  ])
  assert.match(nearMiss ?? '', /Statement\[0\]\.Action/)
})

test('a session whose role was removed may do nothing', () => {
  const { decision, nearMiss } = evaluatePermissions(session(), compileSnapshot(awsTrust()), {
    action: 's3:GetObject',
    resource: object,
    nowMs,
  })
  assert.equal(decision, 'deny')
  assert.match(nearMiss ?? '', /not registered any more/)
})

test('a policy that is attached and registered nowhere is a mistake of the trust document', () => {
  const roles = [role('app', trust, { managedPolicyArns: [arnOf('nobody')] })]
  assert.throws(() => compileSnapshot(awsTrust({ account, oidcProviders: [], roles })), {
    code: 'REGISTRY_DOCUMENT',
    values: { path: 'aws[0].roles[0].managedPolicyArns[0]', found: arnOf('nobody') },
  })
})
