import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { admin, administered, user } from '../../../test/sdk-iam.ts'
import { may, refusal, sdkCredentials } from '../../../test/sdk-sts.ts'
import { account, role, roleArn, trusts } from '../../../test/trust-side.ts'

// Whom a trust policy names: a call saves who that is, and whoever gets the name later is somebody else.

const userArn = (name: string) => `arn:aws:iam::${account}:user/${name}`
const sessionArn = `arn:aws:sts::${account}:assumed-role/ci/me`
const trusting = (...AWS: string[]) =>
  JSON.stringify(trusts({ AWS: AWS as unknown as string }, 'sts:AssumeRole'))
const create = (RoleName: string, ...principals: string[]) =>
  new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trusting(...principals) })
const update = (RoleName: string, ...principals: string[]) =>
  new iam.UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trusting(...principals) })
const remove = (RoleName: string) => new iam.DeleteRoleCommand({ RoleName })

async function opened(...[t, home = {}]: Parameters<typeof administered>) {
  const side = await administered(t, { users: [admin, user('ann', { policies: [may('sts:*')] })], ...home })
  const client = side.iam()
  const assume = (name: string, sts = side.client()) =>
    sts.send(new AssumeRoleCommand({ RoleArn: roleArn(name), RoleSessionName: 'me' }))
  const sessionOf = async (name: string) => {
    const { Credentials } = await assume(name)
    return side.client(sdkCredentials(Credentials!))
  }
  const shown = async (RoleName: string) => {
    const { Role } = await client.send(new iam.GetRoleCommand({ RoleName }))
    const { Statement } = JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!))
    return Statement[0].Principal.AWS as string[]
  }
  return { ...side, client, assume, sessionOf, shown }
}

const denied = refusal('AccessDenied', /sts:AssumeRole/, 403)

for (const [what, principal] of [
  ['role', roleArn('ci')],
  ['session of a role', sessionArn],
] as const)
  test(`a ${what} that is named is another once its role was made anew`, async (t) => {
    const { client, assume, sessionOf, shown } = await opened(t)
    const { Role } = await client.send(create('ci', userArn('admin')))
    await client.send(create('prod', principal, userArn('ann')))
    await assume('prod', await sessionOf('ci'))
    assert.deepEqual(await shown('prod'), [principal, userArn('ann')])
    await client.send(remove('ci'))
    assert.deepEqual(await shown('prod'), [Role!.RoleId, userArn('ann')])
    await client.send(create('ci', userArn('admin')))
    await assert.rejects(assume('prod', await sessionOf('ci')), denied)
    assert.deepEqual(await shown('prod'), [Role!.RoleId, userArn('ann')])
    await client.send(update('prod', principal))
    await assume('prod', await sessionOf('ci'))
    assert.deepEqual(await shown('prod'), [principal])
  })

test('a role may name itself once it is there', async (t) => {
  const { client } = await opened(t)
  const missing = refusal('MalformedPolicyDocumentException', /role\/own/, 400)
  await assert.rejects(client.send(create('own', roleArn('own'))), missing)
  await client.send(create('own', account))
  await client.send(update('own', roleArn('own')))
})

for (const principal of [
  roleArn('nobody'),
  userArn('nobody'),
  roleArn('path/ci'),
  sessionArn.replace('ci', 'no'),
])
  test(`${principal} that is not there is refused`, async (t) => {
    const { client } = await opened(t)
    await client.send(create('ci', account))
    const words = `Invalid principal in policy: "AWS":"${principal}"`
    const refused = refusal('MalformedPolicyDocumentException', words, 400)
    await assert.rejects(client.send(create('app', account, principal)), refused)
    await assert.rejects(client.send(update('ci', principal)), refused)
  })

test('principals of accounts that are not registered here are not looked for', async (t) => {
  const { client, shown } = await opened(t)
  const elsewhere = roleArn('ci', '999999999999')
  await client.send(create('app', elsewhere, account))
  assert.deepEqual(await shown('app'), [elsewhere, account])
})

test('what the trust file says of principals is by their ARNs', async (t) => {
  const prod = role('prod', trusts({ AWS: roleArn('ci') }, 'sts:AssumeRole'))
  const { client, assume, sessionOf } = await opened(t, { roles: [prod] })
  for (let round = 0; round < 2; round++) {
    await client.send(create('ci', userArn('admin')))
    await assume('prod', await sessionOf('ci'))
    await client.send(remove('ci'))
  }
})

test('whoever the file no longer has is nobody, and who comes under the name by a call is another', async (t) => {
  const ci = role('ci', trusts({ AWS: userArn('admin') }, 'sts:AssumeRole'))
  const { client, assume, sessionOf, sts } = await opened(t, { roles: [ci] })
  const declared = sts.registry.trust()
  await client.send(create('prod', roleArn('ci')))
  await assume('prod', await sessionOf('ci'))
  const [home, ...others] = declared.aws
  sts.registry.declare({ ...declared, aws: [{ ...home!, roles: [] }, ...others] })
  await client.send(create('ci', userArn('admin')))
  await assert.rejects(assume('prod', await sessionOf('ci')), denied)
})
