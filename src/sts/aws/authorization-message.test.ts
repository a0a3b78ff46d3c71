import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeAuthorizationMessageCommand } from '@aws-sdk/client-sts'
import { may, provider, refusal, served } from '../../../test/sdk-sts.ts'
import { account, role, trusts } from '../../../test/trust-side.ts'
import { encodeAuthorizationMessage, readAuthorizationMessage } from './authorization-message.ts'
import { identityOfSession, unsealSession } from './session.ts'

test('what a service seals into its refusal is read to who may, of that account and for a day', async (t) => {
  const fence = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'RegionFence',
        Effect: 'Deny',
        Action: 'ec2:*',
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1'] } },
      },
    ],
  }
  const trust = trusts({ Federated: provider }, 'sts:AssumeRoleWithWebIdentity')
  const reader = may('sts:DecodeAuthorizationMessage')
  const roles = [role('app', trust, { policies: [reader, fence] }), role('poor', trust)]
  const { side, session } = await served(t, { roles })
  const { sts, answer } = await session()
  const identity = identityOfSession(unsealSession(answer.Credentials!.SessionToken!, side.sts.keys.sealing)!)
  const refused = (region: string, more = {}) =>
    encodeAuthorizationMessage(
      identity,
      side.sts.registered(),
      {
        action: 'ec2:RunInstances',
        resource: `arn:aws:ec2:us-east-1:${account}:instance/*`,
        keys: { 'aws:RequestedRegion': region, ...more },
        nowMs: side.clock.now(),
      },
      side.sts.keys,
    )
  const decode = (EncodedMessage: string, by = sts) =>
    by.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))
  const message = refused('us-east-1')
  const { conditions, ...context } = JSON.parse((await decode(message)).DecodedMessage!).context
  assert.deepEqual(context, {
    principal: { id: identity.userId, arn: identity.arn },
    action: 'ec2:RunInstances',
    resource: `arn:aws:ec2:us-east-1:${account}:instance/*`,
  })
  assert.deepEqual(
    conditions.items.find(({ key }: { key: string }) => key === 'aws:requestedregion'),
    { key: 'aws:requestedregion', values: { items: [{ value: 'us-east-1' }] } },
  )
  const { allowed, explicitDeny, matchedStatements } = JSON.parse((await decode(message)).DecodedMessage!)
  assert.deepEqual([allowed, explicitDeny], [false, true])
  assert.deepEqual(matchedStatements.items, [
    {
      statementId: 'RegionFence',
      effect: 'DENY',
      principals: { items: [{ value: identity.userId.split(':')[0] }] },
      principalGroups: { items: [] },
      actions: { items: [{ value: 'ec2:*' }] },
      resources: { items: [{ value: '*' }] },
      conditions: { items: [{ key: 'aws:RequestedRegion', values: { items: [{ value: 'eu-west-1' }] } }] },
    },
  ])
  assert.equal(JSON.parse((await decode(refused('eu-west-1'))).DecodedMessage!).explicitDeny, false)
  const long = refused('us-east-1', { 'ec2:UserData': 'x'.repeat(20_000) })
  assert.ok(long.length <= 10_240 && (await decode(long)).DecodedMessage)

  const invalid = refusal('InvalidAuthorizationMessageException', /not valid/, 400)
  await assert.rejects(decode(`${message.slice(0, -2)}AA`), invalid)
  await assert.rejects(decode(answer.Credentials!.SessionToken!), invalid)
  const { sts: poor } = await session('poor')
  await assert.rejects(
    decode(message, poor),
    refusal(
      'AccessDenied',
      `User: arn:aws:sts::${account}:assumed-role/poor/job-7 is not authorized to perform: sts:DecodeAuthorizationMessage because no identity-based policy allows the sts:DecodeAuthorizationMessage action`,
      403,
    ),
  )
  const sealing = side.sts.keys.sealing
  const nowMs = side.clock.now()
  assert.throws(() => readAuthorizationMessage(message, { account: '999999999999', sealing, nowMs }), {
    code: 'REQUEST_MESSAGE',
  })
  assert.throws(() => readAuthorizationMessage(message, { account, sealing, nowMs: nowMs + 86_400_000 }), {
    code: 'REQUEST_MESSAGE',
  })
})
