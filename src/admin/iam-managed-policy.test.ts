import assert from 'node:assert/strict'
import { test } from 'node:test'
import { user } from '../../test/sdk-iam.ts'
import { account, allows, awsTrust, role, trusts } from '../../test/trust-side.ts'
import { memoryStore } from '../registry/memory-store.ts'
import { type Draft, openRegistry } from '../registry/registry.ts'
import { iamOperations } from './iam.ts'

const everybody = trusts({ AWS: account }, 'sts:AssumeRole')
const arn = (name: string) => `arn:aws:iam::${account}:policy/${name}`

async function listed(parameters: Readonly<Record<string, string>>) {
  const policies = ['a', 'b', 'c', 'd'].map((name) => ({
    name,
    path: '/',
    policyDocument: allows('s3:*', '*'),
  }))
  const roles = [
    role('one', everybody, { managedPolicyArns: [arn('a'), arn('b')] }),
    role('two', everybody, { managedPolicyArns: [arn('a')], permissionsBoundary: arn('c') }),
  ]
  const users = [user('ann', { managedPolicyArns: [arn('a')], permissionsBoundary: arn('c') })]
  const registry = await openRegistry({
    store: memoryStore(),
    declared: awsTrust({ account, oidcProviders: [], roles, users, managedPolicies: policies }),
    check: () => {},
    onTrust: () => {},
    onError: () => {},
  })
  const walks: string[] = []
  const counting = (draft: Draft): Draft => ({
    ...draft,
    list(prefix) {
      walks.push(prefix)
      return draft.list(prefix)
    },
  })
  const call = {
    account,
    parameters: new Map(Object.entries(parameters)),
    nowMs: 0,
    time: (ms: number) => ms,
  }
  const run = (draft: Draft) => iamOperations.get('ListPolicies')!.run({ ...call, draft: counting(draft) })
  const { Policies } = (await registry.change(run)) as { Policies: Readonly<Record<string, unknown>>[] }
  const told = Policies.map((each) => [
    each.PolicyName,
    each.AttachmentCount,
    each.PermissionsBoundaryUsageCount,
  ])
  return { told, walks }
}

test('a list of policies says who has each, and looks through roles and users once', async () => {
  const { told, walks } = await listed({ Scope: 'Local' })
  assert.deepEqual(told, [
    ['a', 3, 0],
    ['b', 1, 0],
    ['c', 0, 2],
    ['d', 0, 0],
  ])
  assert.equal(walks.length, new Set(walks).size)
})

test('those that are attached are asked for by themselves, page by page', async () => {
  const { told } = await listed({ OnlyAttached: 'true', MaxItems: '2' })
  assert.deepEqual(told, [
    ['a', 3, 0],
    ['b', 1, 0],
  ])
})
