import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  awsTrust,
  deploySession,
  formRequest,
  roleArn,
  signedForm,
  storyTrust,
  storyTrustWith,
  tokenOf,
  trustSide,
  trusts,
  webIdentity,
} from '../../test/trust-side.ts'
import type { TrustDocument } from '../registry/documents.ts'
import type { StsRequest } from './ask.ts'
import { awsSts } from './aws/aws-sts.ts'
import { exchange } from './exchange.ts'

const arrived = (request: ReturnType<typeof formRequest>, more: Partial<StsRequest> = {}): StsRequest => ({
  id: 'request-1',
  origin: 'https://sts.amazonaws.com',
  host: 'sts.amazonaws.com',
  from: '192.0.2.7',
  ...request,
  body: String(request.body),
  ...more,
})

const federated = { Federated: 'arn:aws:iam::123456789012:oidc-provider/gitlab.com' }
const action = 'sts:AssumeRoleWithWebIdentity'
const codeIn = (body: string) => /<Code>(\w+)</.exec(body)?.[1]

test('trust that is replaced while a token is verified has no part in that decision', async () => {
  const forSub = (sub: string) => trusts(federated, action, { StringEquals: { 'gitlab.com:sub': sub } })
  const rule = ['aws', 0, 'roles', 0, 'assumeRolePolicyDocument']
  const before = storyTrustWith(rule, forSub('project_path:other'))
  const after = storyTrustWith(['aws', 0, 'oidcProviders', 0, 'clientIds'], ['other'])
  const side = trustSide({ document: before })
  const sts = {
    ...side.sts,
    issuerKeys: {
      ...side.sts.issuerKeys,
      async key(...given: Parameters<typeof side.sts.issuerKeys.key>) {
        side.sts.register(after)
        return side.sts.issuerKeys.key(...given)
      },
    },
  }
  const ask = () => exchange(arrived(formRequest('/', webIdentity(tokenOf(side)))), awsSts, sts)
  assert.equal(codeIn((await ask()).body), 'AccessDenied', 'by what was registered when it came')
  assert.equal(codeIn((await ask()).body), 'InvalidIdentityToken', 'by what was registered since')
})

/** Whether a web identity may take a role under a condition. */
async function admits(condition: unknown, more: Partial<StsRequest> = {}): Promise<boolean> {
  const rule = ['aws', 0, 'roles', 0, 'assumeRolePolicyDocument']
  const side = trustSide({ document: storyTrustWith(rule, trusts(federated, action, condition)) })
  const request = arrived(formRequest('/', webIdentity(tokenOf(side))), more)
  return (await exchange(request, awsSts, side.sts)).status === 200
}

test('a condition on the address sees the one that a request came from', async () => {
  const near = { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', 'fe80::/64'] } }
  const notNear = { NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24', 'fe80::/64'] } }
  for (const [from, isNear] of [
    ['192.0.2.7', true],
    ['::ffff:192.0.2.7', true],
    ['fe80::1%eth0', true],
    ['198.51.100.7', false],
    ['2001:db8::1', false],
  ] as const) {
    assert.equal(await admits(near, { from }), isNear, from)
    assert.equal(await admits(notNear, { from }), !isNear, from)
  }
  assert.equal(await admits(near, { from: '' }), false, 'an address that is not known is no address')
})

test('a condition on the transport sees whether a request came by TLS', async () => {
  const secure = { Bool: { 'aws:SecureTransport': 'true' } }
  const insecure = { Bool: { 'aws:SecureTransport': 'false' } }
  assert.equal(await admits(secure), true)
  assert.equal(await admits(insecure), false)
  const origin = 'http://127.0.0.1:8787'
  assert.equal(await admits(secure, { origin }), false)
  assert.equal(await admits(insecure, { origin }), true)
})

test('a web identity has the time of our clock, and no token of AWS that was issued at some time', async () => {
  const later = '2100-01-01T00:00:00Z'
  assert.equal(await admits({ DateLessThan: { 'aws:CurrentTime': later } }), true)
  assert.equal(await admits({ NumericGreaterThan: { 'aws:EpochTime': '1' } }), true)
  assert.equal(await admits({ Null: { 'aws:TokenIssueTime': 'true' } }), true)
})

test('sessions that were issued before a moment are revoked as AWS revokes them', async () => {
  const side = trustSide()
  const assume = async (session: Awaited<ReturnType<typeof deploySession>>) => {
    const fields = { Action: 'AssumeRole', RoleArn: roleArn('named'), RoleSessionName: 'chained' }
    const signed = signedForm(fields, session, side.clock.now())
    return (await exchange(arrived(signed), awsSts, side.sts)).status
  }
  const old = await deploySession(side)
  assert.equal(await assume(old), 200)
  side.clock.jump(2000)
  side.sts.register(withRevocation(new Date(side.clock.now()).toISOString()))
  assert.equal(await assume(old), 403)
  side.clock.jump(1000)
  assert.equal(await assume(await deploySession(side)), 200)
})

/** What AWS attaches to a role whose older sessions somebody revoked. */
function withRevocation(before: string): TrustDocument {
  const statement = {
    Effect: 'Deny',
    Action: ['*'],
    Resource: ['*'],
    Condition: { DateLessThan: { 'aws:TokenIssueTime': before } },
  }
  const policies = [{ Version: '2012-10-17', Statement: [statement] }]
  const [story] = storyTrust.aws
  const roles = story!.roles.map((each) => (each.name === 'deploy' ? { ...each, policies } : each))
  return awsTrust({ ...story!, roles })
}
