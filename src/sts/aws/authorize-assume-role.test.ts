import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, allows, awsTrust, otherAccount, role, roleArn, trusts } from '../../../test/trust-side.ts'
import { MayflyError } from '../../errors.ts'
import type { RoleDocument } from '../../registry/documents.ts'
import { roleId } from '../../wire/aws-ids.ts'
import type { AssumeRoleAsk, AwsIdentity, Verified } from '../ask.ts'
import { authorize, authorizeForService } from '../authorize.ts'
import { compileSnapshot } from '../snapshot.ts'
import { TrustDenied } from '../trust-denied.ts'

const nowMs = Date.parse('2026-11-22T00:00:00Z')
const circumstances = { nowMs, from: '192.0.2.7', secure: true, userAgent: 'aws-cli/1.44' }
const target = roleArn('target')
const may = allows('sts:AssumeRole', target)
const mayNot = allows('sts:AssumeRole', target, 'Deny')

interface Case {
  readonly trust: Readonly<Record<string, unknown>>
  readonly policies?: RoleDocument['policies']
  readonly callerIn?: string
  readonly externalId?: string
}

/** What becomes of `caller` assuming `target`: the grant, or the refusal. */
function assume({ trust, policies = [], callerIn = account, externalId }: Case) {
  const caller = role('caller', trusts({ AWS: account }, 'sts:AssumeRole'), { policies, path: '/team/' })
  const home = {
    account,
    oidcProviders: [],
    roles: [
      role('target', trust, { tags: [{ key: 'env', value: 'prod' }] }),
      ...(callerIn === account ? [caller] : []),
    ],
  }
  const away = { account: otherAccount, oidcProviders: [], roles: callerIn === otherAccount ? [caller] : [] }
  const identity: AwsIdentity = {
    type: 'aws',
    arn: `arn:aws:sts::${callerIn}:assumed-role/caller/s`,
    account: callerIn,
    userId: `${roleId(`arn:aws:iam::${callerIn}:role/team/caller`)}:s`,
    credential: 'role-session',
    region: 'eu-west-1',
    issuedAtMs: nowMs - 60_001,
    expiresAtMs: nowMs + 1,
  }
  const ask = {
    kind: 'AssumeRole',
    roleArn: target,
    sessionName: 'chained',
    ...(externalId && { externalId }),
  } as AssumeRoleAsk
  const verified = { kind: 'AssumeRole', ask, identity } as Verified
  try {
    return authorize(verified, compileSnapshot(awsTrust(home, away)), circumstances)
  } catch (error) {
    if (error instanceof TrustDenied) return error
    throw error
  }
}

const suffix = (outcome: ReturnType<typeof assume>) =>
  outcome instanceof TrustDenied ? outcome.values.suffix : 'allowed'
const callerArn = `arn:aws:iam::${account}:role/team/caller`
const foreignArn = `arn:aws:iam::${otherAccount}:role/team/caller`
const byName = trusts({ AWS: callerArn }, 'sts:AssumeRole')
const noIdentity = ' because no identity-based policy allows the sts:AssumeRole action'

for (const [what, given, expected] of [
  ['named, without a policy of its own', { trust: byName }, 'allowed'],
  [
    'named by its session',
    { trust: trusts({ AWS: `arn:aws:sts::${account}:assumed-role/caller/s` }, 'sts:AssumeRole') },
    'allowed',
  ],
  [
    'through its account, without a policy of its own',
    { trust: trusts({ AWS: account }, 'sts:AssumeRole') },
    noIdentity,
  ],
  [
    'through its account, with a policy',
    { trust: trusts({ AWS: account }, 'sts:AssumeRole'), policies: [may] },
    'allowed',
  ],
  [
    'through its account, with a policy for another role',
    {
      trust: trusts({ AWS: account }, 'sts:AssumeRole'),
      policies: [allows('sts:AssumeRole', roleArn('other'))],
    },
    noIdentity,
  ],
  [
    'named, with a policy that denies',
    { trust: byName, policies: [may, mayNot] },
    ' with an explicit deny in an identity-based policy',
  ],
  [
    'not named, with a policy',
    { trust: trusts({ AWS: roleArn('other') }, 'sts:AssumeRole'), policies: [may] },
    '',
  ],
  ['not named, without a policy', { trust: trusts({ AWS: roleArn('other') }, 'sts:AssumeRole') }, noIdentity],
  [
    'named from another account, without a policy',
    { trust: trusts({ AWS: foreignArn }, 'sts:AssumeRole'), callerIn: otherAccount },
    '',
  ],
  [
    'named from another account, with a policy',
    { trust: trusts({ AWS: foreignArn }, 'sts:AssumeRole'), callerIn: otherAccount, policies: [may] },
    'allowed',
  ],
  [
    'with a policy alone, from another account',
    { trust: byName, callerIn: otherAccount, policies: [may] },
    '',
  ],
  ['for another action', { trust: trusts({ AWS: callerArn }, 'sts:TagSession') }, noIdentity],
] as const)
  test(`a role that is ${what}: ${expected === 'allowed' ? 'allowed' : `refused${expected}`}`, () => {
    assert.equal(suffix(assume(given)), expected)
  })

test('an explicit deny of the trust policy wins over its allow and over every other', () => {
  const { Statement: allow } = byName as { Statement: unknown[] }
  const deny = { Effect: 'Deny', Principal: { AWS: callerArn }, Action: 'sts:AssumeRole' }
  const trust = { Version: '2012-10-17', Statement: [...allow, deny] }
  assert.equal(
    suffix(assume({ trust, policies: [may] })),
    ' with an explicit deny in a resource-based policy',
  )
})

test('an external ID has to be the expected one', () => {
  const trust = trusts({ AWS: callerArn }, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': 'shop' } })
  assert.equal(suffix(assume({ trust, externalId: 'shop' })), 'allowed')
  assert.notEqual(suffix(assume({ trust, externalId: 'Shop' })), 'allowed')
  assert.notEqual(suffix(assume({ trust })), 'allowed')
})

for (const [key, value] of [
  ['aws:PrincipalArn', callerArn],
  ['aws:PrincipalAccount', account],
  ['sts:RoleSessionName', 'chained'],
  ['aws:userid', `${roleId(callerArn)}:s`],
  ['aws:PrincipalType', 'AssumedRole'],
  ['aws:RequestedRegion', 'eu-west-1'],
  ['aws:MultiFactorAuthPresent', 'false'],
  ['aws:TokenIssueTime', '2026-11-21T23:58:59Z'],
  ['aws:SourceIp', '192.0.2.7'],
  ['aws:SecureTransport', 'true'],
  ['aws:EpochTime', '1795305600'],
  ['aws:UserAgent', 'aws-cli/1.44'],
  ['aws:ViaAWSService', 'false'],
  ['aws:PrincipalIsAWSService', 'false'],
  ['aws:ResourceAccount', account],
  ['aws:ResourceTag/Env', 'prod'],
  ['iam:ResourceTag/Env', 'prod'],
] as const)
  test(`a condition on ${key} sees the caller`, () => {
    const trust = (expected: string) =>
      trusts({ AWS: callerArn }, 'sts:AssumeRole', { StringEquals: { [key]: expected } })
    assert.equal(suffix(assume({ trust: trust(value) })), 'allowed')
    assert.notEqual(suffix(assume({ trust: trust('other') })), 'allowed')
  })

test('a condition on the time of day sees our clock', () => {
  const trust = (operator: string) =>
    trusts({ AWS: callerArn }, 'sts:AssumeRole', {
      [operator]: { 'aws:CurrentTime': '2026-11-22T00:00:01Z' },
    })
  assert.equal(suffix(assume({ trust: trust('DateLessThan') })), 'allowed')
  assert.notEqual(suffix(assume({ trust: trust('DateGreaterThan') })), 'allowed')
})

test('a refusal carries the whole trace and the nearest miss', () => {
  const trust = trusts({ AWS: callerArn }, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': 'shop' } })
  const denied = assume({ trust, externalId: 'Shop' })
  assert.ok(denied instanceof TrustDenied)
  const missed = denied.decision.checks.find((each) => each.check === 'condition')
  assert.deepEqual([missed?.presented, missed?.expected], ['Shop', 'shop'])
  assert.match(denied.decision.nearMiss ?? '', /case/i)
})

const taskTrust = trusts({ Service: 'ecs-tasks.amazonaws.com' }, 'sts:AssumeRole', {
  ArnLike: { 'aws:SourceArn': `arn:aws:ecs:us-east-1:${account}:*` },
  StringEquals: { 'aws:SourceAccount': account },
})

test('a service takes the roles that trust it, for the resources that they name', () => {
  const registered = compileSnapshot(
    awsTrust({ account, oidcProviders: [], roles: [role('target', taskTrust)] }),
  )
  const ask = (service: string, of: string) =>
    authorizeForService(
      { roleArn: target, service, sessionName: 'task', sourceArn: `arn:aws:ecs:us-east-1:${of}:cluster/x` },
      registered,
      nowMs,
    )
  assert.equal(ask('ecs-tasks.amazonaws.com', account).account, account)
  const denied = (run: () => unknown) =>
    assert.throws(run, (error) => error instanceof MayflyError && error.code === 'TRUST_DENIED')
  denied(() => ask('ec2.amazonaws.com', account))
  denied(() => ask('ecs-tasks.amazonaws.com', otherAccount))
})
