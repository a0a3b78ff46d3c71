import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trusts } from '../../test/trust-side.ts'
import { failure } from '../../test/workload.ts'
import { compilePolicy } from '../trust/aws-policy.ts'
import { checkSharedIssuers } from './shared-issuers.ts'

const github = 'token.actions.githubusercontent.com'
const arnOf = (host: string) => `arn:aws:iam::123456789012:oidc-provider/${host}`

function check(condition?: unknown, { host = github, effect = 'Allow' } = {}) {
  const policy = trusts({ Federated: arnOf(host) }, 'sts:AssumeRoleWithWebIdentity', condition)
  const [statement] = policy.Statement as [object]
  checkSharedIssuers(compilePolicy({ ...policy, Statement: [{ ...statement, Effect: effect }] }, 'trust'))
}
const on = (operator: string, value: unknown, claim = 'sub', host = github) => ({
  [operator]: { [`${host}:${claim}`]: value },
})

for (const [what, condition] of [
  ['nothing', undefined],
  ['the audience alone', on('StringEquals', 'sts.amazonaws.com', 'aud')],
  ['another claim', on('StringEquals', 'acme/shop', 'repository')],
  ['every subject', on('StringLike', '*')],
  ['whatever ends so', on('StringLike', '*:ref:refs/heads/main')],
  ['a subject if there is one', on('StringEqualsIfExists', 'repo:acme/shop:ref:refs/heads/main')],
  ['whose subject is another', on('StringNotEquals', 'repo:acme/shop:ref:refs/heads/main')],
] as const)
  test(`a role that asks tokens of GitHub for ${what} is refused`, () => {
    assert.throws(
      () => check(condition),
      (error: Error & { values?: Record<string, unknown> }) =>
        error.values?.text ===
        `Trust policy with trusted principal ${arnOf(github)} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${github}:sub or ${github}:job_workflow_ref which is not scoped to all.`,
    )
  })

for (const [what, condition] of [
  ['a subject', on('StringEquals', 'repo:acme/shop:ref:refs/heads/main')],
  ['a subject in any letter case', on('StringEqualsIgnoreCase', 'repo:Acme/Shop:ref:refs/heads/main', 'SUB')],
  ['a workflow', on('StringLike', 'acme/shop/.github/workflows/*', 'job_workflow_ref')],
  // AWS looks no further than the first character, and at one value: what is open there lint has to say.
  ['every repository', on('StringLike', 'repo:*')],
  ['one value that is closed', on('StringLike', ['repo:acme/shop:*', '*'])],
  ['a set of values', on('ForAllValues:StringLike', 'repo:acme/*')],
] as const)
  test(`a role that asks tokens of GitHub for ${what} is taken`, () => check(condition))

test('a Deny and an issuer of one owner are not asked', () => {
  check(undefined, { effect: 'Deny' })
  check(undefined, { host: 'gitlab.acme.example' })
})

test('of some issuers it is the audience, or the name of the session', () => {
  const vercel = 'oidc.vercel.com'
  check(on('StringEquals', 'https://vercel.com/acme', 'aud', vercel), { host: vercel })
  assert.throws(
    () => check(on('StringEquals', 'owner:acme', 'sub', vercel), { host: vercel }),
    failure('TRUST_POLICY'),
  )
  const sentinel = 'sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d'
  check({ StringEquals: { 'sts:RoleSessionName': 'MicrosoftSentinel_x' } }, { host: sentinel })
  assert.throws(() => check(undefined, { host: sentinel }), failure('TRUST_POLICY'))
})
