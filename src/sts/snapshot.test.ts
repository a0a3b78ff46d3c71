import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  account,
  awsTrust,
  loader,
  pool,
  provider,
  role,
  roleArn,
  storyTrust,
  storyTrustWith,
  trusts,
} from '../../test/trust-side.ts'
import { MayflyError } from '../errors.ts'
import { roleId } from '../wire/aws-ids.ts'
import type { AwsIdentity } from './ask.ts'
import { compileSnapshot } from './snapshot.ts'

const failsAt = (path: string) => (error: unknown) =>
  error instanceof MayflyError && error.code === 'REGISTRY_DOCUMENT' && error.values.path === path

test('everything that is registered is found by its own name alone', () => {
  const found = compileSnapshot(storyTrust)
  assert.equal(found.role(roleArn('deploy'))?.name, 'deploy')
  for (const arn of [
    roleArn('nobody'),
    roleArn('deploy', '999999999999'),
    roleArn('path/deploy'),
    roleArn('Deploy'),
    '',
    'deploy',
  ])
    assert.equal(found.role(arn), undefined, arn)
  assert.equal(
    found.oidcProvider(roleArn('deploy'), 'https://gitlab.com')?.arn,
    `arn:aws:iam::${account}:oidc-provider/gitlab.com`,
  )
  assert.equal(found.oidcProvider(roleArn('deploy'), 'gitlab.com'), undefined)
  assert.equal(found.providers.get(`${provider}/gitlab`)?.pool, pool)
  assert.deepEqual(found.counts, {
    issuers: 2,
    oidcProviders: 2,
    roles: 4,
    poolProviders: 3,
    serviceAccounts: 2,
    applications: 0,
    authorizationServers: 0,
  })
})

test('a role with a path has it in its ARN, and its sessions have not', () => {
  const away = role('named', trusts({ AWS: account }, 'sts:AssumeRole'), { path: '/team/' })
  const found = compileSnapshot(awsTrust({ account, oidcProviders: [], roles: [away] }))
  assert.equal(found.role(roleArn('team/named'))?.name, 'named')
  assert.equal(found.role(roleArn('named')), undefined)
  const session = (id: string): AwsIdentity => ({
    type: 'aws',
    arn: `arn:aws:sts::${account}:assumed-role/named/session`,
    account,
    userId: `${id}:session`,
    credential: 'role-session',
  })
  assert.equal(found.principalOf(session(roleId(roleArn('team/named'))))?.arn, roleArn('team/named'))
  assert.equal(found.principalOf(session(roleId(roleArn('named')))), undefined)
})

for (const [what, place, value, path] of [
  [
    'trust policy',
    ['aws', 0, 'roles', 1, 'assumeRolePolicyDocument', 'Statement', 0, 'Effect'],
    'allow',
    'aws[0].roles[1].assumeRolePolicyDocument.Statement[0].Effect',
  ],
  [
    'identity policy',
    ['aws', 0, 'roles', 0, 'policies', 0, 'Statement', 0, 'Action'],
    7,
    'aws[0].roles[0].policies[0].Statement[0].Action',
  ],
  [
    'attribute condition',
    ['google', 0, 'pools', 0, 'providers', 1, 'attributeCondition'],
    'assertion.sub ==',
    'google[0].pools[0].providers[1].attributeCondition',
  ],
  [
    'member of a binding',
    ['google', 0, 'serviceAccounts', 0, 'bindings', 0, 'members', 1],
    'principal://elsewhere',
    'google[0].serviceAccounts[0].bindings[0].members[1]',
  ],
  [
    'condition of a binding',
    ['google', 0, 'serviceAccounts', 0, 'bindings', 0, 'condition'],
    { title: 'x', expression: 'request.tme' },
    'google[0].serviceAccounts[0].bindings[0].condition.expression',
  ],
] as const)
  test(`a wrong ${what} is told of when it is registered, with its place`, () => {
    assert.throws(() => compileSnapshot(storyTrustWith(place, value)), failsAt(path))
  })

test('a wrong set of uploaded keys is told of without a word of it', () => {
  const place = ['google', 0, 'pools', 0, 'providers', 1, 'oidc', 'jwksJson']
  const document = storyTrustWith(place, '{"private": "hush"')
  assert.throws(
    () => compileSnapshot(document),
    (error) =>
      failsAt('google[0].pools[0].providers[1].oidc.jwksJson')(error) && !String(error).includes('hush'),
  )
})

test('of very many roles each is compiled when it is first needed', () => {
  const good = trusts({ AWS: account }, 'sts:AssumeRole')
  const roles = Array.from({ length: 100_000 }, (_, i) =>
    role(`role-${i}`, i === 99_999 ? { Statement: [] } : good),
  )
  const before = performance.now()
  const found = compileSnapshot(awsTrust({ account, oidcProviders: [], roles }))
  assert.ok(performance.now() - before < 5_000, 'within five seconds, on a busy machine too')
  assert.equal(found.role(roleArn('role-7'))?.trust().statements.length, 1)
  assert.throws(
    () => found.role(roleArn('role-99999'))?.trust(),
    failsAt('aws[0].roles[99999].assumeRolePolicyDocument.Statement'),
  )
})

test('a role ID follows from the ARN, so that every node gives the same', () => {
  const id = () => compileSnapshot(storyTrust).role(roleArn('deploy'))?.id()
  assert.match(id() ?? '', /^AROA/)
  assert.equal(id(), id())
})

test('what did not change is not compiled again', () => {
  const place = ['google', 0, 'pools', 0, 'providers', 1, 'oidc', 'jwksJson']
  const trust = storyTrustWith(place, '{"keys":[]}')
  const before = compileSnapshot(trust)
  const [first, ...others] = trust.aws
  const changed = { ...first!, roles: [...first!.roles, { ...first!.roles[0]!, name: 'added' }] }
  const after = compileSnapshot({ ...trust, aws: [changed, ...others] })
  const uploaded = ({ providers }: typeof after) => providers.get(`${provider}/gitlab`)!.oidc!.trusted.keys!
  assert.equal(uploaded(after), uploaded(before))
  assert.equal(after.role(roleArn('deploy'))!.trust(), before.role(roleArn('deploy'))!.trust())
  assert.equal(after.serviceAccount(loader)!.bindings(), before.serviceAccount(loader)!.bindings())
})
