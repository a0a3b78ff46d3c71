import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { admin, administered, user } from '../../../test/sdk-iam.ts'
import { may, refusal, sdkCredentials } from '../../../test/sdk-sts.ts'
import { account, allows, role, roleArn, trusts } from '../../../test/trust-side.ts'

// Managed policies as AWS's own SDK registers them, over HTTP.

const text = (...actions: string[]) => JSON.stringify(may(...actions))
const PolicyArn = `arn:aws:iam::${account}:policy/team/readers`

async function withPolicy(...[t]: Parameters<typeof administered>) {
  const client = (await administered(t)).iam()
  const { Policy } = await client.send(
    new iam.CreatePolicyCommand({
      PolicyName: 'readers',
      Path: '/team/',
      Description: 'of the shop',
      PolicyDocument: text('s3:Get*'),
      Tags: [{ Key: 'team', Value: 'shop' }],
    }),
  )
  return { client, Policy: Policy! }
}

test('a managed policy is made, attached, and deleted once nothing holds it', async (t) => {
  const { client, Policy } = await withPolicy(t)
  assert.deepEqual([Policy.Arn, Policy.DefaultVersionId, Policy.AttachmentCount], [PolicyArn, 'v1', 0])
  await client.send(
    new iam.CreateRoleCommand({
      RoleName: 'app',
      AssumeRolePolicyDocument: JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole')),
    }),
  )
  await client.send(new iam.AttachRolePolicyCommand({ RoleName: 'app', PolicyArn }))
  const { Policy: held } = await client.send(new iam.GetPolicyCommand({ PolicyArn }))
  assert.deepEqual([held!.AttachmentCount, held!.Description], [1, 'of the shop'])
  const { PolicyRoles } = await client.send(new iam.ListEntitiesForPolicyCommand({ PolicyArn }))
  assert.deepEqual(
    PolicyRoles!.map((each) => each.RoleName),
    ['app'],
  )
  const remove = new iam.DeletePolicyCommand({ PolicyArn })
  await assert.rejects(
    client.send(remove),
    refusal('DeleteConflictException', 'Cannot delete a policy attached to entities.', 409),
  )
  await client.send(new iam.DetachRolePolicyCommand({ RoleName: 'app', PolicyArn }))
  await client.send(remove)
  await assert.rejects(
    client.send(new iam.GetPolicyCommand({ PolicyArn })),
    refusal('NoSuchEntityException', /not found/, 404),
  )
})

test('an account has at most 1,500 of its own', async (t) => {
  const managedPolicies = Array.from({ length: 1500 }, (_, n) => ({
    name: `p${n}`,
    path: '/',
    policyDocument: may('s3:*'),
  }))
  const client = (await administered(t, { managedPolicies })).iam()
  const one = { PolicyName: 'more', PolicyDocument: text('s3:*') }
  await assert.rejects(
    client.send(new iam.CreatePolicyCommand(one)),
    refusal('LimitExceededException', 'Cannot exceed quota for PoliciesPerAccount: 1500', 409),
  )
})

test('of its versions the default one is in force', async (t) => {
  const { client } = await withPolicy(t)
  const add = (...actions: string[]) =>
    client.send(
      new iam.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: text(...actions), SetAsDefault: true }),
    )
  for (let n = 2; n <= 5; n++) await add(`s3:Get${n}`)
  await assert.rejects(add('s3:*'), refusal('LimitExceededException', /up to 5 versions/, 409))
  const shown = async (VersionId: string) => {
    const { PolicyVersion } = await client.send(new iam.GetPolicyVersionCommand({ PolicyArn, VersionId }))
    return [PolicyVersion!.IsDefaultVersion, decodeURIComponent(PolicyVersion!.Document!)]
  }
  assert.deepEqual(await shown('v5'), [true, text('s3:Get5')])
  assert.deepEqual(await shown('v1'), [false, text('s3:Get*')])
  await client.send(new iam.SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }))
  await assert.rejects(
    client.send(new iam.DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v2' })),
    refusal('DeleteConflictException', /default version/, 409),
  )
  await client.send(new iam.DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v5' }))
  const { Versions } = await client.send(new iam.ListPolicyVersionsCommand({ PolicyArn }))
  assert.deepEqual(
    Versions!.map((each) => each.VersionId),
    ['v4', 'v3', 'v2', 'v1'],
  )
  const { Policy } = await client.send(new iam.GetPolicyCommand({ PolicyArn }))
  assert.equal(Policy!.DefaultVersionId, 'v2')
})

test('AWS’s own policies are shown and not changed', async (t) => {
  const { client } = await withPolicy(t)
  const { Policies } = await client.send(new iam.ListPoliciesCommand({ Scope: 'AWS' }))
  const ofAws = Policies!.find((each) => each.PolicyName === 'AdministratorAccess')!
  assert.equal(ofAws.AttachmentCount, 1)
  const on = { PolicyArn: ofAws.Arn! }
  for (const command of [
    new iam.DeletePolicyCommand(on),
    new iam.TagPolicyCommand({ ...on, Tags: [{ Key: 'a', Value: 'b' }] }),
    new iam.CreatePolicyVersionCommand({ ...on, PolicyDocument: text('s3:*'), SetAsDefault: true }),
  ])
    await assert.rejects(
      client.send(command as iam.DeletePolicyCommand),
      refusal('InvalidInputException', /AWS's own/, 400),
    )
  const { Policies: own } = await client.send(new iam.ListPoliciesCommand({ Scope: 'Local' }))
  assert.deepEqual(
    own!.map((each) => each.Arn),
    [PolicyArn],
  )
})

for (const [what, document, words] of [
  ['a principal', trusts({ AWS: account }, 's3:*'), 'Policy document should not specify a principal.'],
  [
    'no resource',
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*' }] },
    'Policy statement must contain resources.',
  ],
  [
    'a bare action',
    allows('GetObject', '*'),
    'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  ],
] as const)
  test(`a policy with ${what} is MalformedPolicyDocument`, async (t) => {
    const client = (await administered(t)).iam()
    await assert.rejects(
      client.send(new iam.CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: JSON.stringify(document) })),
      refusal('MalformedPolicyDocumentException', words, 400),
    )
  })

test('a name is taken whatever its letter case, and a policy has at most 6144 characters', async (t) => {
  const { client } = await withPolicy(t)
  const create = (PolicyName: string, size = 10) =>
    client.send(
      new iam.CreatePolicyCommand({
        PolicyName,
        PolicyDocument: JSON.stringify(allows('s3:*', `arn:aws:s3:::${'y'.repeat(size)}`)),
      }),
    )
  await assert.rejects(create('Readers'), refusal('EntityAlreadyExistsException', /already exists/, 409))
  await assert.rejects(
    create('large', 6144),
    refusal('LimitExceededException', 'Cannot exceed quota for PolicySize: 6144', 409),
  )
})

test('calls at the same time lose nothing of each other', async (t) => {
  const managedPolicies = Array.from({ length: 10 }, (_, n) => ({
    name: `p${n}`,
    path: '/',
    policyDocument: may('s3:*'),
  }))
  const client = (await administered(t, { managedPolicies })).iam()
  const RoleName = 'app'
  const AssumeRolePolicyDocument = JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole'))
  await client.send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  await Promise.all(
    managedPolicies.map(({ name }) =>
      client.send(
        new iam.AttachRolePolicyCommand({ RoleName, PolicyArn: `arn:aws:iam::${account}:policy/${name}` }),
      ),
    ),
  )
  const { AttachedPolicies } = await client.send(new iam.ListAttachedRolePoliciesCommand({ RoleName }))
  assert.equal(AttachedPolicies!.length, 10)
})

test('a policy of AWS’s own that is not known here is attached, allows nothing, and an explanation says so', async (t) => {
  const side = await administered(t)
  const client = side.iam()
  const RoleName = 'app'
  const AssumeRolePolicyDocument = JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole'))
  await client.send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  const attach = (name: string) =>
    client.send(new iam.AttachRolePolicyCommand({ RoleName, PolicyArn: `arn:aws:iam::aws:policy/${name}` }))
  await attach('service-role/AWSLambdaBasicExecutionRole')
  await assert.rejects(
    attach('AWSCompromisedKeyQuarantineV3'),
    refusal('NoSuchEntityException', /not attachable/, 404),
  )
  const { Credentials } = await side
    .client()
    .send(new AssumeRoleCommand({ RoleArn: roleArn(RoleName), RoleSessionName: 'me' }))
  await assert.rejects(
    side.iam(sdkCredentials(Credentials!)).send(new iam.ListRolesCommand({})),
    refusal('AccessDenied', /no identity-based policy allows/, 403),
  )
  const told = side.records.at(-1)!.checks!.map(({ outcome, hint }) => `${outcome} ${hint}`)
  assert.match(
    told.join('\n'),
    /not-checked What arn:aws:iam::aws:policy\/service-role\/AWSLambdaBasicExecutionRole says/,
  )
})

test('who holds a policy is told by kind, path and use, each once and in pages', async (t) => {
  const everybody = trusts({ AWS: account }, 'sts:AssumeRole')
  const policyDocument = may('s3:Get*')
  const { iam: clientOf } = await administered(t, {
    managedPolicies: [{ name: 'readers', path: '/team/', policyDocument }],
    roles: [
      role('both', everybody, { managedPolicyArns: [PolicyArn], permissionsBoundary: PolicyArn }),
      role('bound', everybody, { path: '/ci/', permissionsBoundary: PolicyArn }),
    ],
    users: [admin, user('ann', { managedPolicyArns: [PolicyArn] })],
  })
  const client = clientOf()
  const held = async (more: Partial<iam.ListEntitiesForPolicyCommandInput> = {}) => {
    const told = await client.send(new iam.ListEntitiesForPolicyCommand({ PolicyArn, ...more }))
    const roles = told.PolicyRoles!.map((each) => each.RoleName)
    return { names: [...roles, ...told.PolicyUsers!.map((each) => each.UserName)], told }
  }
  const { names, told } = await held()
  assert.deepEqual(names, ['both', 'bound', 'ann'])
  assert.match(told.PolicyRoles![0]!.RoleId!, /^AROA/)
  assert.match(told.PolicyUsers![0]!.UserId!, /^AIDA/)
  assert.equal(told.IsTruncated, false)
  assert.deepEqual((await held({ EntityFilter: 'User' })).names, ['ann'])
  assert.deepEqual((await held({ EntityFilter: 'Group' })).names, [])
  assert.deepEqual((await held({ PathPrefix: '/ci/' })).names, ['bound'])
  assert.deepEqual((await held({ PolicyUsageFilter: 'PermissionsPolicy' })).names, ['both', 'ann'])
  assert.deepEqual((await held({ PolicyUsageFilter: 'PermissionsBoundary' })).names, ['both', 'bound'])
  const first = await held({ MaxItems: 2 })
  assert.deepEqual(first.names, ['both', 'bound'])
  assert.deepEqual((await held({ Marker: first.told.Marker })).names, ['ann'])
})

test('policies are listed by their use', async (t) => {
  const everybody = trusts({ AWS: account }, 'sts:AssumeRole')
  const named = (name: string) => ({ name, path: '/', policyDocument: may('s3:Get*') })
  const arn = (name: string) => `arn:aws:iam::${account}:policy/${name}`
  const client = (
    await administered(t, {
      managedPolicies: ['attached', 'boundary', 'idle'].map(named),
      roles: [
        role('app', everybody, {
          managedPolicyArns: [arn('attached')],
          permissionsBoundary: arn('boundary'),
        }),
      ],
    })
  ).iam()
  for (const [PolicyUsageFilter, name] of [
    ['PermissionsPolicy', 'attached'],
    ['PermissionsBoundary', 'boundary'],
  ] as const) {
    const { Policies } = await client.send(new iam.ListPoliciesCommand({ Scope: 'Local', PolicyUsageFilter }))
    assert.deepEqual(
      Policies!.map((each) => each.PolicyName),
      [name],
    )
  }
})

test('policies of the roles of services are not for others, and what is no ARN leads nowhere', async (t) => {
  const { client } = await withPolicy(t)
  const AssumeRolePolicyDocument = JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole'))
  await client.send(new iam.CreateRoleCommand({ RoleName: 'app', AssumeRolePolicyDocument }))
  const attach = (arn: string) =>
    client.send(new iam.AttachRolePolicyCommand({ RoleName: 'app', PolicyArn: arn }))
  await assert.rejects(
    attach('arn:aws:iam::aws:policy/aws-service-role/AmazonElasticsearchServiceRolePolicy'),
    refusal('PolicyNotAttachableException', 'Cannot attach a Service Role Policy to a Customer Role.', 400),
  )
  const bad = 'arn:aws:iam:aws:policy/AdministratorAccess'
  await assert.rejects(attach(bad), refusal('InvalidInputException', `ARN ${bad} is not valid.`, 400))
})
