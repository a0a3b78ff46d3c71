import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  type STSClient,
} from '@aws-sdk/client-sts'
import { may, refusal, sdkCredentials, served } from '../../../test/sdk-sts.ts'
import { account, awsTrust, role, roleArn, trusts } from '../../../test/trust-side.ts'
import { Secret } from '../../secret.ts'
import { userKeyId } from '../../wire/aws-ids.ts'
import { signHeaders } from '../../wire/sigv4.ts'
import { verifyAwsRequest } from '../public.ts'
import { evaluatePermissions } from './evaluate-permissions.ts'
import { mfaCode, mfaSeeds } from './mfa.ts'
import { identityOfSession, unsealSession } from './session.ts'
import { secretsOfUserKey } from './user-key.ts'

async function withUser(
  t: TestContext,
  policies: readonly Record<string, unknown>[] = [may('sts:*', 's3:*')],
) {
  const id = userKeyId(account)
  const user = {
    name: 'ann',
    path: '/team/',
    policies,
    accessKeys: [{ id }],
    mfaDevices: [{ serialNumber: SerialNumber }],
  }
  const next = role('next', trusts({ AWS: `arn:aws:iam::${account}:user/team/ann` }, 'sts:*'), {
    maxSessionDuration: 7200,
  })
  const guarded = role(
    'guarded',
    trusts({ AWS: `arn:aws:iam::${account}:user/team/ann` }, 'sts:AssumeRole', {
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      NumericLessThan: { 'aws:MultiFactorAuthAge': '60' },
    }),
  )
  const { side, client, ...rest } = await served(t, { roles: [next, guarded], users: [user] })
  const [secretAccessKey] = secretsOfUserKey(id, side.sts.keys.sealing)
  const ann = client({ accessKeyId: id, secretAccessKey: secretAccessKey! })
  return { side, client, ann, id, ...rest }
}

test('a user signs with a permanent key until it is taken out of the trust', async (t) => {
  const { side, ann, client, id } = await withUser(t)
  const who = await ann.send(new GetCallerIdentityCommand({}))
  assert.equal(who.Arn, `arn:aws:iam::${account}:user/team/ann`)
  assert.match(who.UserId!, /^AIDA[A-Z2-7]{17}$/)
  await assert.rejects(
    client({ accessKeyId: id, secretAccessKey: 'x'.repeat(40) }).send(new GetCallerIdentityCommand({})),
    refusal('SignatureDoesNotMatch', /does not match/, 403),
  )
  side.sts.register(awsTrust({ account, oidcProviders: [], roles: [] }))
  await assert.rejects(
    ann.send(new GetCallerIdentityCommand({})),
    refusal('InvalidClientTokenId', 'The security token included in the request is invalid.', 403),
  )
})

test('a user is no chain: a role of two hours is had for two hours, and through a session of the user for one', async (t) => {
  const { ann, client } = await withUser(t)
  const assume = (sts: STSClient) =>
    sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn('next'), RoleSessionName: 'x-y', DurationSeconds: 7200 }),
    )
  assert.ok((await assume(ann)).Credentials)
  const { Credentials } = await ann.send(new GetSessionTokenCommand({}))
  await assert.rejects(
    assume(client(sdkCredentials(Credentials!))),
    refusal('ValidationError', /1 hour session limit/, 400),
  )
})

test('GetSessionToken gives a session of the user, for up to 36 hours, that may call no more than it may at AWS', async (t) => {
  const { side, ann, client } = await withUser(t)
  const answer = await ann.send(new GetSessionTokenCommand({}))
  assert.equal(answer.Credentials!.Expiration!.getTime(), (side.seconds() + 43_200) * 1000)
  const session = client(sdkCredentials(answer.Credentials!))
  const who = await session.send(new GetCallerIdentityCommand({}))
  assert.equal(who.Arn, `arn:aws:iam::${account}:user/team/ann`)
  assert.ok((await ann.send(new GetSessionTokenCommand({ DurationSeconds: 129_600 }))).Credentials)
  await assert.rejects(
    session.send(new GetSessionTokenCommand({})),
    refusal('AccessDenied', 'Cannot call GetSessionToken with session credentials', 403),
  )
  await assert.rejects(
    session.send(new GetAccessKeyInfoCommand({ AccessKeyId: answer.Credentials!.AccessKeyId })),
    refusal('AccessDenied', /is not authorized to perform: sts:GetAccessKeyInfo/, 403),
  )
})

const SerialNumber = `arn:aws:iam::${account}:mfa/ann`

test('a trust policy that wants MFA has it by a code, or by a session that was had with one', async (t) => {
  const { side, ann, client } = await withUser(t)
  const [seed] = mfaSeeds(SerialNumber, side.sts.keys.sealing)
  const code = () => ({ SerialNumber, TokenCode: mfaCode(seed!, side.clock.now()) })
  const assume = (sts: STSClient, more: object = {}) =>
    sts.send(new AssumeRoleCommand({ RoleArn: roleArn('guarded'), RoleSessionName: 'x-y', ...more }))
  const session = async (more: object = {}) =>
    client(sdkCredentials((await ann.send(new GetSessionTokenCommand(more))).Credentials!))
  await assert.rejects(assume(ann), refusal('AccessDenied', /sts:AssumeRole/, 403))
  assert.ok((await assume(ann, code())).Credentials)
  side.clock.jump(30_000)
  assert.ok((await assume(await session(code()))).Credentials)
  await assert.rejects(assume(await session()), refusal('AccessDenied', /sts:AssumeRole/, 403))
})

test('a code is of a device of the caller, is the one that it shows, and is good once', async (t) => {
  const { side, ann } = await withUser(t)
  const [seed] = mfaSeeds(SerialNumber, side.sts.keys.sealing)
  const TokenCode = mfaCode(seed!, side.clock.now())
  const ask = (more: object) => ann.send(new GetSessionTokenCommand({ SerialNumber, TokenCode, ...more }))
  const wrong = refusal(
    'AccessDenied',
    'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    403,
  )
  await assert.rejects(ask({ TokenCode: TokenCode === '000000' ? '000001' : '000000' }), wrong)
  assert.ok((await ask({})).Credentials)
  await assert.rejects(ask({}), wrong)
  await assert.rejects(
    ask({ SerialNumber: `${SerialNumber}2` }),
    refusal(
      'AccessDenied',
      /^MultiFactorAuthentication failed, unable to validate MFA code\. {2}Please/,
      403,
    ),
  )
  await assert.rejects(ask({ TokenCode: undefined }), refusal('AccessDenied', /must provide both/, 403))
})

test('GetFederationToken gives what user and session policies both allow, and nothing without one', async (t) => {
  const { side, ann, client } = await withUser(t)
  const federate = (more: object) =>
    ann.send(new GetFederationTokenCommand({ Name: 'bob', Tags: [{ Key: 'stage', Value: 'test' }], ...more }))
  const answer = await federate({ Policy: JSON.stringify(may('s3:GetObject', 'ec2:*')) })
  assert.deepEqual(answer.FederatedUser, {
    FederatedUserId: `${account}:bob`,
    Arn: `arn:aws:sts::${account}:federated-user/bob`,
  })
  assert.ok(answer.PackedPolicySize! > 0)
  const bob = client(sdkCredentials(answer.Credentials!))
  assert.equal((await bob.send(new GetCallerIdentityCommand({}))).UserId, `${account}:bob`)
  await assert.rejects(
    bob.send(new AssumeRoleCommand({ RoleArn: roleArn('next'), RoleSessionName: 'x-y' })),
    refusal('AccessDenied', /is not authorized to perform: sts:AssumeRole$/, 403),
  )
  const may_ = async (action: string, given: typeof answer) => {
    const { sealing } = side.sts.keys
    const identity = identityOfSession(unsealSession(given.Credentials!.SessionToken!, sealing)!)
    return evaluatePermissions(identity, side.sts.registered(), { action, resource: '*' }).decision
  }
  assert.equal(await may_('s3:GetObject', answer), 'allow')
  assert.equal(await may_('s3:PutObject', answer), 'deny')
  assert.equal(await may_('ec2:RunInstances', answer), 'deny')
  assert.equal(await may_('s3:GetObject', await federate({})), 'deny')
})

test('GetFederationToken needs a permission for that name, and another for tags', async (t) => {
  const resource = `arn:aws:sts::${account}:federated-user/bob`
  const allow = (action: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
  })
  const { ann } = await withUser(t, [allow('sts:GetFederationToken')])
  assert.ok((await ann.send(new GetFederationTokenCommand({ Name: 'bob' }))).Credentials)
  const denied = (action: string, on: string) =>
    refusal(
      'AccessDenied',
      `User: arn:aws:iam::${account}:user/team/ann is not authorized to perform: ${action} on resource: ${on} because no identity-based policy allows the ${action} action`,
      403,
    )
  await assert.rejects(
    ann.send(new GetFederationTokenCommand({ Name: 'eve' })),
    denied('sts:GetFederationToken', resource.replace('bob', 'eve')),
  )
  await assert.rejects(
    ann.send(new GetFederationTokenCommand({ Name: 'bob', Tags: [{ Key: 'a', Value: 'b' }] })),
    denied('sts:TagSession', resource),
  )
})

test('a service takes the key of a user where it is told who is registered', async (t) => {
  const { side, id } = await withUser(t)
  const nowMs = side.clock.now()
  const request = {
    method: 'GET',
    path: '/',
    query: '',
    headers: [['Host', 'ec2.example']] as const,
    body: '',
  }
  const [secret] = secretsOfUserKey(id, side.sts.keys.sealing)
  const credentials = { accessKeyId: id, secretAccessKey: new Secret(secret!) }
  const signature = signHeaders(request, { credentials, region: 'us-east-1', service: 'ec2', nowMs })
  const signed = { ...request, headers: [...request.headers, ...signature] }
  const setting = { keys: side.sts.keys, service: 'ec2', nowMs }
  const registered = side.sts.registered()
  assert.equal(verifyAwsRequest(signed, { ...setting, registered }).credential, 'user')
  assert.throws(() => verifyAwsRequest(signed, setting), { code: 'REQUEST_CREDENTIAL' })
})
