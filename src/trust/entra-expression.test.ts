import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingImmutable, termsOf } from './entra-expression.ts'

const github = 'https://token.actions.githubusercontent.com'
const gitlab = 'https://gitlab.com'
const expression = (value: string) => ({ value, languageVersion: 1 })
const sub = "claims['sub'] matches 'x*'"

for (const [issuer, value] of [
  [github, `${sub} and claims['job_workflow_ref'] matches 'a/*'`],
  [github, `claims['repository_id'] eq '1' and claims['repository_owner_id'] eq '2' and ${sub}`],
  [gitlab, `${sub} and claims['project_id'] eq '1'`],
  ['https://gitlab.acme.ca', sub],
  ['https://app.eu.terraform.io', sub],
] as const)
  test(`of ${issuer} a credential may compare ${value}`, () => {
    assert.equal(termsOf(expression(value), '', issuer).length, value.split(' and ').length)
  })

for (const [issuer, value] of [
  [github, `${sub} and claims['repository_id'] matches '*'`],
  [github, `${sub} and claims['actor'] eq 'me'`],
  [github, "claims['job_workflow_ref'] eq 'a'"],
  [gitlab, `${sub} and claims['aud'] eq 'a'`],
  [gitlab, "claims['namespace_path'] matches '*'"],
  [gitlab, `${sub} and claims['constructor'] eq 'a'`],
  ['https://app.terraform.io', `${sub} and claims['terraform_run_phase'] eq 'apply'`],
  ['https://gitlab.evil.example.com', sub],
  ['https://gitlab.ca', sub],
] as const)
  test(`of ${issuer} no credential may compare ${value}`, () => {
    assert.throws(() => termsOf(expression(value), '', issuer), { code: 'TRUST_POLICY' })
  })

test('a new credential has to name what nobody can take over, where the platform has that', () => {
  assert.deepEqual(missingImmutable(github, ['sub']), ['repository_id', 'repository_owner_id'])
  assert.equal(missingImmutable(github, ['sub', 'repository_owner_id']), undefined)
  assert.deepEqual(missingImmutable(gitlab, ['sub']), ['project_id'])
  assert.equal(missingImmutable('https://app.terraform.io', ['sub']), undefined)
})
