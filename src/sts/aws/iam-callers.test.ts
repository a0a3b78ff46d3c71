import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { admin, administered, user } from '../../../test/sdk-iam.ts'
import { may, refusal, sdkCredentials, withFields } from '../../../test/sdk-sts.ts'
import { account, gitlab, role, roleArn, trusts } from '../../../test/trust-side.ts'
import { Secret } from '../../secret.ts'
import { signHeaders } from '../../wire/sigv4.ts'
import { mfaCode, mfaSeeds } from './mfa.ts'

// Who may call IAM, what of it is recorded, and what is not there to be changed.

const everybody = JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole'))
const create = (RoleName: string, AssumeRolePolicyDocument = everybody, more = {}) =>
  new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, ...more })

test('what the trust file registers is shown, and not changed', async (t) => {
  const declared = role('declared', trusts({ AWS: account }, 'sts:AssumeRole'), { policies: [may('s3:*')] })
  const client = (await administered(t, { roles: [declared] })).iam()
  const { Role } = await client.send(new iam.GetRoleCommand({ RoleName: 'declared' }))
  assert.equal(Role!.CreateDate!.getTime(), 0)
  const named = { RoleName: 'declared', PolicyName: 'policy-1' }
  assert.ok((await client.send(new iam.GetRolePolicyCommand(named))).PolicyDocument)
  for (const command of [
    new iam.UpdateRoleCommand({ RoleName: 'declared', MaxSessionDuration: 7200 }),
    new iam.TagRoleCommand({ RoleName: 'declared', Tags: [{ Key: 'a', Value: 'b' }] }),
  ])
    await assert.rejects(
      client.send(command as iam.UpdateRoleCommand),
      refusal('UnmodifiableEntityException', /registered by the trust file/, 400),
    )
})

test('who may call: permissions, conditions, and kinds of credentials', async (t) => {
  const users = [
    { ...admin, mfaDevices: [{ serialNumber: `arn:aws:iam::${account}:mfa/admin` }] },
    user('nobody'),
    user('tagger', {
      policies: [
        {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['iam:CreateRole', 'iam:TagRole'],
              Resource: `arn:aws:iam::${account}:role/team/*`,
              Condition: { StringEquals: { 'aws:RequestTag/team': 'shop' } },
            },
            {
              Effect: 'Allow',
              Action: 'iam:AttachRolePolicy',
              Resource: '*',
              Condition: {
                StringEquals: {
                  'iam:PolicyARN': 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
                  'aws:ResourceTag/team': 'shop',
                },
              },
            },
          ],
        },
      ],
    }),
  ]
  const side = await administered(t, { users })
  await assert.rejects(
    side.iam(side.keyOf('nobody')).send(create('app')),
    refusal(
      'AccessDenied',
      `User: arn:aws:iam::${account}:user/nobody is not authorized to perform: iam:CreateRole on resource: ${roleArn('app')} because no identity-based policy allows the iam:CreateRole action`,
      403,
    ),
  )
  const { decision, code, checks, target } = side.records.at(-1)!
  assert.deepEqual([decision, code, target], ['deny', 'TRUST_DENIED', 'app'])
  assert.ok(checks && checks.length > 0, 'the operator is told why')
  const tagger = side.iam(side.keyOf('tagger'))
  const tagged = { Path: '/team/', Tags: [{ Key: 'team', Value: 'shop' }] }
  await assert.rejects(
    tagger.send(create('app', everybody, { Path: '/team/' })),
    refusal('AccessDenied', /CreateRole/, 403),
  )
  await assert.rejects(
    tagger.send(create('app', everybody, { ...tagged, Path: '/' })),
    refusal('AccessDenied', /CreateRole/, 403),
  )
  await tagger.send(create('app', everybody, tagged))
  const attach = (name: string) =>
    tagger.send(
      new iam.AttachRolePolicyCommand({ RoleName: 'app', PolicyArn: `arn:aws:iam::aws:policy/${name}` }),
    )
  await assert.rejects(
    attach('AdministratorAccess'),
    refusal('AccessDenied', /AttachRolePolicy on resource: role app/, 403),
  )
  await attach('AmazonS3ReadOnlyAccess')
  const { Credentials } = await side.client().send(new GetSessionTokenCommand({}))
  await assert.rejects(
    side.iam(sdkCredentials(Credentials!)).send(new iam.ListRolesCommand({})),
    refusal('InvalidClientTokenId', /invalid/, 403),
  )
  const SerialNumber = `arn:aws:iam::${account}:mfa/admin`
  const [seed] = mfaSeeds(SerialNumber, side.sts.keys.sealing)
  const proved = await side
    .client()
    .send(new GetSessionTokenCommand({ SerialNumber, TokenCode: mfaCode(seed!, Date.now()) }))
  await side.iam(sdkCredentials(proved.Credentials!)).send(new iam.ListRolesCommand({}))
  const unsigned = await fetch(side.server.url, {
    method: 'POST',
    body: 'Action=ListRoles&Version=2010-05-08',
  })
  assert.equal(unsigned.status, 403)
  assert.match(
    await unsigned.text(),
    /xmlns="https:\/\/iam\.amazonaws\.com\/doc\/2010-05-08\/".*MissingAuthenticationToken/,
  )
})

test('where auditing is required, nothing changes without its record', async (t) => {
  let full = false
  const sink = () => {
    if (full) throw new Error('no space left on device')
  }
  const side = await administered(t, {}, { required: true, sinks: [sink] })
  const client = side.iam()
  full = true
  await assert.rejects(client.send(create('app')), refusal('ServiceFailureException', /./, 500))
  full = false
  await assert.rejects(
    client.send(new iam.GetRoleCommand({ RoleName: 'app' })),
    refusal('NoSuchEntityException', /app/, 404),
  )
})

test('operations that are not there are InvalidAction', async (t) => {
  const client = (await administered(t)).iam()
  await assert.rejects(
    client.send(new iam.ListUsersCommand({})),
    refusal('InvalidAction', 'Could not find operation ListUsers for version 2010-05-08', 400),
  )
})

test('answers are in JSON where they are asked for so', async (t) => {
  const side = await administered(t)
  await side.iam().send(create('app'))
  const { accessKeyId, secretAccessKey } = side.keyOf('admin')
  const { host } = new URL(side.server.url)
  const asked = {
    method: 'POST',
    path: '/',
    query: '',
    body: 'Action=GetRole&RoleName=app&Version=2010-05-08',
  }
  const signed = signHeaders(
    { ...asked, headers: [['Host', host]] },
    {
      credentials: { accessKeyId, secretAccessKey: new Secret(secretAccessKey) },
      region: 'us-east-1',
      service: 'iam',
      nowMs: Date.now(),
    },
  )
  const headers = { ...Object.fromEntries(signed), accept: 'application/json' }
  const answer = await fetch(side.server.url, { method: 'POST', body: asked.body, headers })
  const { GetRoleResponse } = JSON.parse(await answer.text())
  const { Role } = GetRoleResponse.GetRoleResult
  assert.equal(Role.RoleName, 'app')
  assert.ok(Math.abs(Role.CreateDate - Date.now() / 1000) < 60)
})

test('a name with other characters is told in a sentence of IAM, and what is not done here by its name', async (t) => {
  const client = (await administered(t)).iam()
  const RoleName = 'arn:aws:iam::784247513179:role/service-role'
  await assert.rejects(
    client.send(new iam.GetRoleCommand({ RoleName })),
    refusal(
      'ValidationError',
      'The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
      400,
    ),
  )
  const unsupported = (sent: Promise<unknown>) =>
    assert.rejects(sent, refusal('ValidationError', /^Mayfly does not support the parameter /, 400))
  await unsupported(client.send(withFields(create('app'), { MaxSigninSessionDuration: '3600' })))
  const update = new iam.UpdateRoleCommand({ RoleName: 'app' })
  await unsupported(client.send(withFields(update, { ResetMaxSigninSessionDuration: 'true' })))
  const provider = new iam.CreateOpenIDConnectProviderCommand({ Url: gitlab })
  await unsupported(client.send(withFields(provider, { 'ContextProvider.SubjectSourceKey': 'sub' })))
})
