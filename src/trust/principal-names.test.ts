import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namedPrincipal, withPrincipals } from './principal-names.ts'

const account = '123456789012'
const arn = (rest: string) => `arn:aws:iam::${account}:${rest}`
const session = (rest: string) => `arn:aws:sts::${account}:${rest}`

for (const [principal, named] of [
  [arn('role/ci'), { account, type: 'role', name: 'ci', path: '/' }],
  [arn('user/team/a/ann'), { account, type: 'user', name: 'ann', path: '/team/a/' }],
  [session('assumed-role/ci/me'), { account, type: 'role', name: 'ci' }],
  [session('federated-user/ann'), undefined],
  [arn('root'), undefined],
  [account, undefined],
  ['*', undefined],
  ['AROAEXAMPLEEXAMPLE1', undefined],
] as const)
  test(`${principal} names ${named?.name ?? 'nobody with an ID'}`, () => {
    assert.deepEqual(namedPrincipal(principal), named)
  })

const renamed = (name: string) => (name === 'gone' ? 'AROA' : name)

test('AWS principals get their names wherever they are named, and nothing else does', () => {
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'gone', Service: 'gone' }, Action: 'gone' },
      { Effect: 'Deny', NotPrincipal: { AWS: ['there', 'gone'] }, Action: '*' },
      { Effect: 'Allow', Principal: '*' },
    ],
  }
  assert.deepEqual(withPrincipals(policy, renamed).Statement, [
    { Effect: 'Allow', Principal: { AWS: 'AROA', Service: 'gone' }, Action: 'gone' },
    { Effect: 'Deny', NotPrincipal: { AWS: ['there', 'AROA'] }, Action: '*' },
    { Effect: 'Allow', Principal: '*' },
  ])
  const single = { Statement: { Principal: { AWS: ['gone'] } } }
  assert.deepEqual(withPrincipals(single, renamed), { Statement: { Principal: { AWS: ['AROA'] } } })
})

test('where every name stays, the policy stays the object that it is', () => {
  const policy = { Statement: [{ Principal: { AWS: ['there'] } }] }
  assert.equal(withPrincipals(policy, renamed), policy)
})
