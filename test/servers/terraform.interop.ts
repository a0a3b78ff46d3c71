import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { provider, refusal } from '../sdk-sts.ts'
import { account } from '../trust-side.ts'
import { prepare } from './prepare.ts'
import { terraformWorkplace } from './terraform-workplace.ts'

// The AWS provider 1.60.0 (February 2019) and Terraform's core 0.11.9-beta1, as they are published: an administrator keeps
// the trust of terraform/trust by them, and jobs get in by it. This provider is the newest that the Go module proxy lists,
// as later majors have no path of their own, and the core is the one that its go.mod names: Terraform 0.12 and later speak
// another protocol with providers. What came later, such as tags of providers and policies, is not asked for here.

const { folder, skip } = await prepare('terraform')
const workplace = (t: TestContext) => terraformWorkplace(t, join(folder, 'program'))
const policyArn = (name: string) => `arn:aws:iam::${account}:policy/${name}`
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const role = { RoleName: 'deploy' }
const denied = refusal('AccessDenied', /Not authorized to perform sts:AssumeRoleWithWebIdentity/, 403)
const unknown = refusal('InvalidIdentityTokenException', /No OpenIDConnect provider found/, 400)
const unchanged = /^No changes\./

test('a job gets in by what Terraform applied, and another branch does not', { skip }, async (t) => {
  const { did, job } = await workplace(t)
  assert.match(await did('plan'), /Plan: 8 to add, 0 to change, 0 to destroy/)
  await assert.rejects(job('main'), unknown)
  await did('apply')
  assert.match((await job('main')).AssumedRoleUser!.Arn!, /:assumed-role\/deploy\/job-7$/)
  await assert.rejects(job('hotfix'), denied)
})

test('what is read back is what was written: a second plan shows no changes', { skip }, async (t) => {
  const { did } = await workplace(t)
  await did('apply')
  assert.match(await did('plan'), unchanged)
  assert.match(await did('plan', { as: 'reader' }), unchanged)
})

test('another branch and another duration are changed in place', { skip }, async (t) => {
  const { did, job } = await workplace(t)
  await did('apply')
  const tooLong = refusal('ValidationError', /exceeds the MaxSessionDuration/, 400)
  await assert.rejects(job('main', { DurationSeconds: 7200 }), tooLong)
  const variables = { branch: 'hotfix', max_session_duration: '7200' }
  const planned = await did('apply', { variables })
  assert.match(planned, /max_session_duration: +"3600" => "7200"/)
  assert.match(planned, /Plan: 0 to add, 1 to change, 0 to destroy/)
  await job('hotfix', { DurationSeconds: 7200 })
  await assert.rejects(job('main'), denied)
  assert.match(await did('plan', { variables }), unchanged)
})

test('what somebody changes beside Terraform is in its plan, and gone after an apply', {
  skip,
}, async (t) => {
  const { did, iam: sdk } = await workplace(t)
  await did('apply')
  await sdk.send(new iam.UpdateRoleCommand({ ...role, MaxSessionDuration: 43200 }))
  await sdk.send(new iam.TagRoleCommand({ ...role, Tags: [{ Key: 'team', Value: 'other' }] }))
  const PermissionsBoundary = policyArn('pictures')
  await sdk.send(new iam.PutRolePermissionsBoundaryCommand({ ...role, PermissionsBoundary }))
  await sdk.send(new iam.DetachRolePolicyCommand({ ...role, PolicyArn: readOnly }))
  const theirs = { OpenIDConnectProviderArn: provider, ClientID: 'theirs' }
  await sdk.send(new iam.AddClientIDToOpenIDConnectProviderCommand(theirs))
  const planned = await did('plan')
  assert.match(planned, /max_session_duration: +"43200" => "3600"/)
  assert.match(planned, /tags\.team: +"other" => "shop"/)
  assert.match(planned, /permissions_boundary: +"\S+:policy\/pictures" => "\S+:policy\/ci\/boundary"/)
  assert.match(planned, /\+ aws_iam_role_policy_attachment\.aws/)
  assert.match(planned, /client_id_list\.1: +"theirs" => "" \(forces new resource\)/)
  await did('apply')
  assert.match(await did('plan'), unchanged)
})

test('a role that somebody deleted is made anew, and the role that trusted it trusts the new one', {
  skip,
}, async (t) => {
  const { did, job, iam: sdk } = await workplace(t)
  await did('apply')
  for (const PolicyArn of [policyArn('pictures'), readOnly])
    await sdk.send(new iam.DetachRolePolicyCommand({ ...role, PolicyArn }))
  await sdk.send(new iam.DeleteRolePolicyCommand({ ...role, PolicyName: 'rollout' }))
  await sdk.send(new iam.DeleteRoleCommand(role))
  const planned = await did('plan')
  assert.match(planned, /~ aws_iam_role\.rollback\n +assume_role_policy: +".*AROA[A-Z2-7]{17}.*" =>/)
  assert.match(planned, /Plan: 4 to add, 1 to change, 0 to destroy/)
  await did('apply')
  assert.match(await did('plan'), unchanged)
  await job('main')
})

test('what another folder applied is imported, and then there is nothing to change', { skip }, async (t) => {
  const { did, checkout } = await workplace(t)
  await did('apply')
  const at = await checkout()
  for (const [address, id] of [
    ['aws_iam_openid_connect_provider.gitlab', provider],
    ['aws_iam_policy.boundary', policyArn('ci/boundary')],
    ['aws_iam_policy.pictures', policyArn('pictures')],
    ['aws_iam_role.deploy', 'deploy'],
    ['aws_iam_role.rollback', 'rollback'],
    ['aws_iam_role_policy.rollout', 'deploy:rollout'],
    ['aws_iam_role_policy_attachment.pictures', `deploy/${policyArn('pictures')}`],
    ['aws_iam_role_policy_attachment.aws', `deploy/${readOnly}`],
  ] as const)
    await did(`import ${address} ${id}`, { at })
  assert.match(await did('plan', { at }), unchanged)
})

test('destroy leaves nothing, and the job is refused', { skip }, async (t) => {
  const { did, job, iam: sdk } = await workplace(t)
  await did('apply')
  assert.match(await did('destroy'), /Plan: 0 to add, 0 to change, 8 to destroy/)
  const { Roles } = await sdk.send(new iam.ListRolesCommand({}))
  const { Policies } = await sdk.send(new iam.ListPoliciesCommand({ Scope: 'Local' }))
  const { OpenIDConnectProviderList } = await sdk.send(new iam.ListOpenIDConnectProvidersCommand({}))
  assert.deepEqual([Roles, Policies, OpenIDConnectProviderList], [[], [], []])
  await assert.rejects(job('main'), unknown)
  assert.match(await did('plan'), /Plan: 8 to add/)
})

test('who may only look is refused in the words of AWS', { skip }, async (t) => {
  const { terraform } = await workplace(t)
  const { code, err } = await terraform('apply', { as: 'reader' })
  assert.equal(code, 1)
  const denial = `AccessDenied: User: arn:aws:iam::${account}:user/reader is not authorized to perform: `
  assert.ok(err.includes(`${denial}iam:CreateOpenIDConnectProvider on resource: ${provider} because`), err)
  assert.match(err, /status code: 403, request id: [0-9a-f-]{36}/)
})

test('policies that AWS refuses are refused in its words, and the rest is applied', { skip }, async (t) => {
  const { did, terraform, job, own } = await workplace(t)
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: provider },
    Action: 'sts:AssumeRoleWithWebIdentity',
  }
  const more = join(own, 'more.tf')
  await writeFile(more, roleOf('anybody', trust) + roleOf('maybe', { ...trust, Effect: 'Maybe' }))
  const { code, err } = await terraform('apply')
  assert.equal(code, 1)
  assert.match(
    err,
    /creating IAM Role maybe: MalformedPolicyDocument: Syntax errors in policy\.\n\tstatus code: 400/,
  )
  assert.match(
    err,
    /creating IAM Role anybody: MalformedPolicyDocument: .* must evaluate, .* gitlab\.com:sub/,
  )
  await rm(more)
  await did('apply')
  assert.match(await did('plan'), unchanged)
  await job('main')
})

function roleOf(name: string, statement: unknown): string {
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: statement })
  return `resource "aws_iam_role" "${name}" {
    name = "${name}"
    assume_role_policy = ${JSON.stringify(policy)}
  }\n`
}
