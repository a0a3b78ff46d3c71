import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetWebIdentityTokenCommand,
} from '@aws-sdk/client-sts'
import { administered } from '../../../test/sdk-iam.ts'
import { may, refusal, sdkCredentials } from '../../../test/sdk-sts.ts'
import { account, allows, gitlab, mainBranch, role, roleArn, trusts } from '../../../test/trust-side.ts'

// IAM as AWS's own SDK calls it, over HTTP.

const everybody = JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole'))
const providerArn = `arn:aws:iam::${account}:oidc-provider/gitlab.com`
const pipeline = JSON.stringify(
  trusts({ Federated: providerArn }, 'sts:AssumeRoleWithWebIdentity', {
    StringEquals: { 'gitlab.com:aud': 'https://user-audience.test', 'gitlab.com:sub': mainBranch },
  }),
)
const create = (RoleName: string, AssumeRolePolicyDocument = everybody, more = {}) =>
  new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, ...more })

test('a provider and a role that are registered so are trusted at once', async (t) => {
  const side = await administered(t)
  const client = side.iam()
  const provider = await client.send(
    new iam.CreateOpenIDConnectProviderCommand({
      Url: gitlab,
      ClientIDList: ['https://user-audience.test'],
      Tags: [{ Key: 'team', Value: 'shop' }],
    }),
  )
  assert.equal(provider.OpenIDConnectProviderArn, providerArn)
  const { Role } = await client.send(create('deploy', pipeline, { Path: '/ci/', MaxSessionDuration: 7200 }))
  assert.equal(Role!.Arn, roleArn('ci/deploy'))
  assert.match(Role!.RoleId!, /^AROA[A-Z2-7]{17}$/)
  assert.deepEqual(JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!)), JSON.parse(pipeline))
  const session = await side.client().send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn('ci/deploy'),
      RoleSessionName: 'job-7',
      WebIdentityToken: side.token(),
      DurationSeconds: 7200,
    }),
  )
  assert.equal(session.AssumedRoleUser!.AssumedRoleId, `${Role!.RoleId}:job-7`)
})

test('sessions of a role end with the role, and one of the same name is another', async (t) => {
  const side = await administered(t)
  const client = side.iam()
  await client.send(create('mine'))
  await client.send(
    new iam.PutRolePolicyCommand({
      RoleName: 'mine',
      PolicyName: 'all',
      PolicyDocument: JSON.stringify(may('*')),
    }),
  )
  const { Credentials } = await side
    .client()
    .send(new AssumeRoleCommand({ RoleArn: roleArn('mine'), RoleSessionName: 'xx' }))
  const session = side.iam(sdkCredentials(Credentials!))
  assert.equal((await session.send(new iam.ListRolesCommand({}))).Roles?.length, 1)
  await client.send(new iam.DeleteRolePolicyCommand({ RoleName: 'mine', PolicyName: 'all' }))
  await client.send(new iam.DeleteRoleCommand({ RoleName: 'mine' }))
  await client.send(create('mine'))
  await assert.rejects(
    session.send(new iam.ListRolesCommand({})),
    refusal('InvalidClientTokenId', /invalid/, 403),
  )
})

test('providers: client IDs, thumbprints and tags, and their quotas', async (t) => {
  const client = (await administered(t)).iam()
  const on = { OpenIDConnectProviderArn: providerArn }
  const made = new iam.CreateOpenIDConnectProviderCommand({ Url: gitlab, ThumbprintList: ['a'.repeat(40)] })
  await client.send(made)
  await assert.rejects(
    client.send(made),
    refusal('EntityAlreadyExistsException', `Provider with url ${gitlab} already exists.`, 409),
  )
  const add = (ClientID: string) =>
    client.send(new iam.AddClientIDToOpenIDConnectProviderCommand({ ...on, ClientID }))
  for (let n = 0; n < 100; n++) await add(`client-${n}`)
  await add('client-7')
  await assert.rejects(
    add('one-more'),
    refusal('LimitExceededException', 'Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100', 409),
  )
  await client.send(new iam.RemoveClientIDFromOpenIDConnectProviderCommand({ ...on, ClientID: 'client-0' }))
  await client.send(
    new iam.UpdateOpenIDConnectProviderThumbprintCommand({ ...on, ThumbprintList: ['b'.repeat(40)] }),
  )
  await client.send(
    new iam.TagOpenIDConnectProviderCommand({ ...on, Tags: [{ Key: 'team', Value: 'shop' }] }),
  )
  const there = await client.send(new iam.GetOpenIDConnectProviderCommand(on))
  assert.equal(there.Url, 'gitlab.com')
  assert.equal(there.ClientIDList!.length, 99)
  assert.deepEqual(there.ThumbprintList, ['b'.repeat(40)])
  assert.deepEqual(there.Tags, [{ Key: 'team', Value: 'shop' }])
  await client.send(new iam.UntagOpenIDConnectProviderCommand({ ...on, TagKeys: ['TEAM'] }))
  assert.deepEqual((await client.send(new iam.ListOpenIDConnectProviderTagsCommand(on))).Tags, [])
  const six = new iam.UpdateOpenIDConnectProviderThumbprintCommand({
    ...on,
    ThumbprintList: Array.from('abcdef', (each) => each.repeat(40)),
  })
  await assert.rejects(client.send(six), refusal('InvalidInputException', /fewer than 5/, 400))
  const http = new iam.CreateOpenIDConnectProviderCommand({ Url: 'http://gitlab.com' })
  await assert.rejects(client.send(http), refusal('ValidationError', /Invalid Open ID Connect/, 400))
  await client.send(new iam.DeleteOpenIDConnectProviderCommand(on))
  await client.send(new iam.DeleteOpenIDConnectProviderCommand(on))
  await assert.rejects(
    client.send(new iam.GetOpenIDConnectProviderCommand(on)),
    refusal('NoSuchEntityException', `OpenIDConnect Provider not found for arn ${providerArn}`, 404),
  )
})

test('an account has at most 100 providers', async (t) => {
  const oidcProviders = Array.from({ length: 100 }, (_, n) => ({
    url: `https://issuer-${n}.example`,
    clientIds: [],
    thumbprints: [],
    reach: 'public' as const,
  }))
  const client = (await administered(t, { oidcProviders })).iam()
  assert.equal(
    (await client.send(new iam.ListOpenIDConnectProvidersCommand({}))).OpenIDConnectProviderList?.length,
    100,
  )
  await assert.rejects(
    client.send(new iam.CreateOpenIDConnectProviderCommand({ Url: gitlab })),
    refusal('LimitExceededException', /OpenIdConnectProvidersPerAccount: 100/, 409),
  )
})

test('a role is changed in all its parts', async (t) => {
  const client = (await administered(t)).iam()
  const RoleName = 'app'
  const boundary = 'arn:aws:iam::aws:policy/AmazonS3FullAccess'
  await client.send(
    create(RoleName, everybody, { Description: 'of the <shop>', PermissionsBoundary: boundary }),
  )
  await assert.rejects(
    client.send(create('APP')),
    refusal('EntityAlreadyExistsException', 'Role with name APP already exists.', 409),
  )
  await client.send(new iam.UpdateRoleCommand({ RoleName, MaxSessionDuration: 43_200 }))
  const trust = trusts({ Service: 'ecs-tasks.amazonaws.com' }, 'sts:AssumeRole')
  await client.send(
    new iam.UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: JSON.stringify(trust) }),
  )
  await client.send(new iam.TagRoleCommand({ RoleName, Tags: [{ Key: 'Team', Value: 'shop' }] }))
  await client.send(new iam.TagRoleCommand({ RoleName, Tags: [{ Key: 'team', Value: 'bank' }] }))
  const { Role } = await client.send(new iam.GetRoleCommand({ RoleName }))
  assert.equal(Role!.Description, 'of the <shop>')
  assert.equal(Role!.MaxSessionDuration, 43_200)
  assert.deepEqual(JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!)), trust)
  assert.equal(Role!.PermissionsBoundary?.PermissionsBoundaryArn, boundary)
  assert.deepEqual(Role!.Tags, [{ Key: 'team', Value: 'bank' }])
  assert.ok(Math.abs(Role!.CreateDate!.getTime() - Date.now()) < 60_000)
  await client.send(new iam.DeleteRolePermissionsBoundaryCommand({ RoleName }))
  await client.send(new iam.UpdateRoleDescriptionCommand({ RoleName, Description: '' }))
  const { Role: after } = await client.send(new iam.GetRoleCommand({ RoleName }))
  assert.equal(after!.PermissionsBoundary, undefined)
  assert.deepEqual(
    (await client.send(new iam.ListInstanceProfilesForRoleCommand({ RoleName }))).InstanceProfiles,
    [],
  )
})

test('policies of a role decide from the moment that they are put', async (t) => {
  const side = await administered(t)
  const client = side.iam()
  const RoleName = 'app'
  await client.send(create(RoleName))
  const { Credentials } = await side
    .client()
    .send(new AssumeRoleCommand({ RoleArn: roleArn(RoleName), RoleSessionName: 'xx' }))
  const session = side.iam(sdkCredentials(Credentials!))
  const look = () => session.send(new iam.GetRoleCommand({ RoleName }))
  const denied = `User: arn:aws:sts::${account}:assumed-role/app/xx is not authorized to perform: iam:GetRole on resource: role app because no identity-based policy allows the iam:GetRole action`
  await assert.rejects(look(), refusal('AccessDenied', denied, 403))
  const PolicyDocument = JSON.stringify(allows('iam:GetRole', roleArn('app')))
  await client.send(new iam.PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument }))
  await look()
  const PolicyArn = 'arn:aws:iam::aws:policy/AWSDenyAll'
  await client.send(new iam.AttachRolePolicyCommand({ RoleName, PolicyArn }))
  await assert.rejects(look(), refusal('AccessDenied', /explicit deny in an identity-based policy/, 403))
  const listed = await client.send(new iam.ListAttachedRolePoliciesCommand({ RoleName }))
  assert.deepEqual(listed.AttachedPolicies, [{ PolicyName: 'AWSDenyAll', PolicyArn }])
  const remove = new iam.DeleteRoleCommand({ RoleName })
  await assert.rejects(
    client.send(remove),
    refusal('DeleteConflictException', /must detach all policies/, 409),
  )
  await client.send(new iam.DetachRolePolicyCommand({ RoleName, PolicyArn }))
  await assert.rejects(client.send(remove), refusal('DeleteConflictException', /must delete policies/, 409))
  const own = await client.send(new iam.GetRolePolicyCommand({ RoleName, PolicyName: 'own' }))
  assert.equal(decodeURIComponent(own.PolicyDocument!), PolicyDocument)
  assert.deepEqual((await client.send(new iam.ListRolePoliciesCommand({ RoleName }))).PolicyNames, ['own'])
  await client.send(new iam.DeleteRolePolicyCommand({ RoleName, PolicyName: 'own' }))
  await client.send(remove)
  await assert.rejects(
    client.send(remove),
    refusal('NoSuchEntityException', 'The role with name app cannot be found.', 404),
  )
})

test('lists come in pages', async (t) => {
  const client = (await administered(t)).iam()
  for (const name of ['c', 'a', 'd', 'b']) await client.send(create(name, everybody, { Path: '/x/' }))
  await client.send(create('elsewhere'))
  const seen: string[] = []
  for await (const { Roles } of iam.paginateListRoles({ client, pageSize: 3 }, { PathPrefix: '/x/' }))
    seen.push((Roles ?? []).map((each) => each.RoleName).join(' '))
  assert.deepEqual(seen, ['a b c', 'd'])
  await assert.rejects(
    client.send(new iam.ListRolesCommand({ Marker: 'not one of ours' })),
    refusal('ValidationError', /Marker/, 400),
  )
})

for (const [what, document, words] of [
  ['no JSON', '{', 'This policy contains invalid Json'],
  [
    'an element twice',
    JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole')).replace('"Effect"', '"Effect":"Deny",$&'),
    'This policy contains invalid Json',
  ],
  [
    'another action',
    trusts({ AWS: account }, 's3:GetObject'),
    'AssumeRole policy may only specify STS AssumeRole actions.',
  ],
  [
    'no principal',
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole' }] },
    'Missing required field Principal',
  ],
  [
    'a resource',
    {
      ...trusts({ AWS: account }, 'sts:*'),
      Statement: [{ ...(trusts({ AWS: account }, 'sts:*').Statement as object[])[0], Resource: '*' }],
    },
    'Has prohibited field Resource',
  ],
  ['a wrong effect', { Version: '2012-10-17', Statement: [{ Effect: 'allow' }] }, 'Syntax errors in policy.'],
] as const)
  test(`a trust policy with ${what} is MalformedPolicyDocument`, async (t) => {
    const client = (await administered(t)).iam()
    const text = typeof document === 'string' ? document : JSON.stringify(document)
    await assert.rejects(
      client.send(create('app', text)),
      refusal('MalformedPolicyDocumentException', words, 400),
    )
  })

test('whoever lets tokens of a shared issuer in says whose, when a role is made or changed', async (t) => {
  const open = trusts({ Federated: providerArn }, 'sts:AssumeRoleWithWebIdentity')
  const client = (await administered(t, { roles: [role('declared', open)] })).iam()
  const refused = refusal(
    'MalformedPolicyDocumentException',
    `Trust policy with trusted principal ${providerArn} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, gitlab.com:sub which is not scoped to all.`,
    400,
  )
  await assert.rejects(client.send(create('app', JSON.stringify(open))), refused)
  await client.send(create('app', pipeline))
  const update = new iam.UpdateAssumeRolePolicyCommand({
    RoleName: 'app',
    PolicyDocument: JSON.stringify(open),
  })
  await assert.rejects(client.send(update), refused)
})

test('quotas of roles', async (t) => {
  const client = (await administered(t)).iam()
  const long = (length: number) =>
    trusts({ AWS: account }, 'sts:AssumeRole', {
      StringEquals: { 'aws:PrincipalTag/x': 'y'.repeat(length) },
    })
  const room = 2048 - JSON.stringify(long(0)).length
  // Blanks do not count.
  await client.send(create('app', JSON.stringify(long(room), null, 8)))
  await assert.rejects(
    client.send(create('app2', JSON.stringify(long(room + 1)))),
    refusal('LimitExceededException', 'Cannot exceed quota for ACLSizePerRole: 2048', 409),
  )
  const put = (PolicyName: string, size: number) =>
    client.send(
      new iam.PutRolePolicyCommand({
        RoleName: 'app',
        PolicyName,
        PolicyDocument: JSON.stringify(allows('s3:*', `arn:aws:s3:::${'y'.repeat(size)}`)),
      }),
    )
  await put('one', 9000)
  await put('one', 9500)
  await assert.rejects(
    put('two', 1000),
    refusal('LimitExceededException', 'Maximum policy size of 10240 bytes exceeded for role app', 409),
  )
  const Tags = Array.from({ length: 50 }, (_, n) => ({ Key: `key-${n}`, Value: '' }))
  await client.send(new iam.TagRoleCommand({ RoleName: 'app', Tags }))
  await assert.rejects(
    client.send(new iam.TagRoleCommand({ RoleName: 'app', Tags: [{ Key: 'more', Value: '' }] })),
    refusal('LimitExceededException', /maximum limit/, 409),
  )
  await assert.rejects(
    client.send(create('app3', everybody, { Tags: [...Tags, { Key: 'more', Value: '' }] })),
    refusal(
      'ValidationError',
      /'tags' failed to satisfy constraint: Member must have length less than or equal to 50/,
      400,
    ),
  )
})

test('at most ten managed policies are attached', async (t) => {
  const managedPolicies = Array.from({ length: 11 }, (_, n) => ({
    name: `p${n}`,
    path: '/team/',
    policyDocument: may('s3:*'),
  }))
  const client = (await administered(t, { managedPolicies })).iam()
  await client.send(create('app'))
  const attach = (PolicyArn: string) =>
    client.send(new iam.AttachRolePolicyCommand({ RoleName: 'app', PolicyArn }))
  const arn = (n: number) => `arn:aws:iam::${account}:policy/team/p${n}`
  for (let n = 0; n < 10; n++) await attach(arn(n))
  await attach(arn(0))
  await assert.rejects(
    attach(arn(10)),
    refusal('LimitExceededException', 'Cannot exceed quota for PoliciesPerRole: 10', 409),
  )
  await assert.rejects(
    attach(`arn:aws:iam::${account}:policy/p0`),
    refusal('NoSuchEntityException', /does not exist or is not attachable/, 404),
  )
})

test('outbound federation is switched on and off', async (t) => {
  const side = await administered(t)
  const client = side.iam()
  const info = () => client.send(new iam.GetOutboundWebIdentityFederationInfoCommand({}))
  const token = () =>
    side.client().send(new GetWebIdentityTokenCommand({ Audience: ['x'], SigningAlgorithm: 'ES384' }))
  await assert.rejects(info(), refusal('FeatureDisabledException', /disabled/, 404))
  await assert.rejects(token(), refusal('OutboundWebIdentityFederationDisabledException', /disabled/, 403))
  const on = await client.send(new iam.EnableOutboundWebIdentityFederationCommand({}))
  assert.deepEqual(
    [(await info()).IssuerIdentifier, (await info()).JwtVendingEnabled],
    [on.IssuerIdentifier, true],
  )
  await token()
  await assert.rejects(
    client.send(new iam.EnableOutboundWebIdentityFederationCommand({})),
    refusal('FeatureEnabledException', /enabled/, 409),
  )
  await client.send(new iam.DisableOutboundWebIdentityFederationCommand({}))
  await assert.rejects(token(), refusal('OutboundWebIdentityFederationDisabledException', /disabled/, 403))
})
