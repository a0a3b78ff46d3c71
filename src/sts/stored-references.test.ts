import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { entraTrust, tenantId } from '../../test/entra-side.ts'
import { user } from '../../test/sdk-iam.ts'
import { account, allows, awsTrust, role, roleArn, trusts } from '../../test/trust-side.ts'
import { failure } from '../../test/workload.ts'
import type { TrustDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { memoryStore } from '../registry/memory-store.ts'
import type { Store } from '../registry/store.ts'
import type { AwsIdentity } from './ask.ts'
import { evaluatePermissions } from './aws/evaluate-permissions.ts'
import { openSts } from './create.ts'

// What the trust file says wins: nothing that a call stored holds it up, and what is stored counts no further than the file.

const everybody = trusts({ AWS: account }, 'sts:AssumeRole')
const policyArn = (name: string) => `arn:aws:iam::${account}:policy/${name}`
const policy = (name: string) => ({ name, path: '/', policyDocument: allows('s3:*', '*') })
const created = '2026-01-02T03:04:05.000Z'
const stored = (name: string, more = {}) => ({
  ...role(name, everybody, { policies: [allows('sqs:*', '*')], ...more }),
  created,
  roleId: 'AROAEXAMPLEEXAMPLE1',
})
const trustOf = (managedPolicies: readonly ReturnType<typeof policy>[], users = [user('mallory')]) =>
  awsTrust({ account, oidcProviders: [], roles: [], managedPolicies, users })

async function opened(t: TestContext, document: TrustDocument, store: Store) {
  const warnings: string[] = []
  const errors: unknown[] = []
  const sts = await openSts({
    document,
    store,
    onError: (error) => errors.push(error),
    onWarning: (sentence) => warnings.push(sentence),
  })
  t.after(() => sts.registry.close())
  return { sts, warnings, errors }
}

const sessionOf = (name: string): AwsIdentity => ({
  type: 'aws',
  arn: `arn:aws:sts::${account}:assumed-role/${name}/me`,
  account,
  userId: 'AROAEXAMPLEEXAMPLE1:me',
  credential: 'role-session',
})

test('a managed policy that the file no longer has is gone from stored roles, and holds nothing up', async (t) => {
  const store = memoryStore()
  await store.commit([
    {
      key: keyOf('aws', account, 'role', 'attached'),
      document: stored('attached', { managedPolicyArns: [policyArn('p')] }),
    },
    {
      key: keyOf('aws', account, 'role', 'bounded'),
      document: stored('bounded', { permissionsBoundary: policyArn('p') }),
    },
    { key: keyOf('aws', account, 'role', 'free'), document: stored('free') },
  ])
  const { sts, warnings, errors } = await opened(t, trustOf([policy('p')]), store)
  const may = (name: string, action: string) => {
    const question = { action, resource: '*' }
    return evaluatePermissions(sessionOf(name), sts.registered(), question).decision
  }
  assert.deepEqual([may('attached', 's3:Get'), may('attached', 'sqs:Send')], ['allow', 'allow'])
  assert.deepEqual(warnings, [])
  assert.equal(sts.registry.declare(trustOf([], [])), true)
  assert.deepEqual(errors, [])
  assert.equal(sts.registered().aws.get(account)!.users.size, 0, 'what else the file says is in force')
  assert.deepEqual([may('attached', 's3:Get'), may('attached', 'sqs:Send')], ['deny', 'allow'])
  assert.deepEqual([may('bounded', 'sqs:Send'), may('free', 'sqs:Send')], ['deny', 'allow'])
  const named = (name: string) => (line: string) =>
    line.includes(roleArn(name)) && line.includes(policyArn('p'))
  assert.deepEqual(
    [warnings.length, warnings.some(named('attached')), warnings.some(named('bounded'))],
    [2, true, true],
  )
  sts.registry.declare(trustOf([], [user('ann')]))
  assert.equal(warnings.length, 2, 'told once')
  const again = await opened(t, trustOf([]), store)
  assert.equal(again.warnings.length, 2, 'and at the next start')
})

test('a managed policy that the file’s own role names has to be there', async (t) => {
  const roles = [role('declared', everybody, { managedPolicyArns: [policyArn('p')] })]
  const document = awsTrust({ account, oidcProviders: [], roles })
  await assert.rejects(opened(t, document, memoryStore()), failure('REGISTRY_DOCUMENT', 'p'))
})

const application = '11111111-2222-3333-4444-555555555555'
const credential = {
  name: 'main',
  issuer: 'https://gitlab.com',
  subject: 'x',
  audiences: ['api://AzureADTokenExchange'],
}
const nobody = '999999999999'

for (const [what, path, document, place] of [
  [
    'role',
    ['aws', nobody, 'role', 'app'],
    stored('app', { managedPolicyArns: [policyArn('p')] }),
    `aws/${nobody}`,
  ],
  ['managed policy', ['aws', nobody, 'policy', 'p'], policy('p'), `aws/${nobody}`],
  [
    'OIDC provider',
    ['aws', nobody, 'oidc-provider', 'https://gitlab.com'],
    { url: 'https://gitlab.com', clientIds: [], thumbprints: [], reach: 'public' },
    `aws/${nobody}`,
  ],
  ['switch', ['aws', nobody, 'setting', 'outboundWebIdentityFederation'], true, `aws/${nobody}`],
  [
    'credential of an application',
    ['entra', tenantId, 'application', application, 'credential', 'main'],
    credential,
    `entra/${tenantId}/application/${application}`,
  ],
  [
    'credential of a tenant',
    ['entra', application, 'application', application, 'credential', 'main'],
    credential,
    `entra/${application}`,
  ],
] as const)
  test(`a stored ${what} that the file has no place for does not count, and that is told`, async (t) => {
    const store = memoryStore()
    await store.commit([{ key: keyOf(...path), document }])
    const declared = { ...awsTrust(), entra: entraTrust.entra! }
    const { sts, warnings, errors } = await opened(t, declared, store)
    assert.deepEqual(sts.registry.trust(), declared)
    assert.ok(
      warnings.some((line) => line.includes(` ${place},`)),
      warnings.join('\n'),
    )
    assert.deepEqual(errors, [])
    assert.equal(sts.registry.declare(declared), true)
  })
