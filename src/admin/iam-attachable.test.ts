import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allows, awsTrust, role, trusts } from '../../test/trust-side.ts'
import { keyOf } from '../registry/entries.ts'
import { memoryStore } from '../registry/memory-store.ts'
import { type Draft, openRegistry } from '../registry/registry.ts'
import { compileSnapshot } from '../sts/snapshot.ts'
import { iamOperations } from './iam.ts'

const account = '123456789012'
const PolicyArn = `arn:aws:iam::${account}:policy/p`

/** One of two nodes of the same store. */
function node(store: ReturnType<typeof memoryStore>) {
  return openRegistry({
    store,
    declared: awsTrust({ account, oidcProviders: [], roles: [] }),
    check: compileSnapshot,
    onTrust: () => {},
    onError: (error) => assert.fail(error as Error),
  })
}

const call = (action: string, parameters: Readonly<Record<string, string>>) => (draft: Draft) =>
  iamOperations.get(action)!.run({
    account,
    draft,
    parameters: new Map(Object.entries(parameters)),
    nowMs: 0,
    time: (ms) => ms,
  })

test('a policy that one node attaches while another deletes it is kept, or is not attached', async () => {
  const store = memoryStore()
  const policyDocument = allows('s3:*', '*')
  await store.commit([
    { key: keyOf('aws', account, 'policy', 'p'), document: { name: 'p', path: '/', policyDocument } },
    { key: keyOf('aws', account, 'role', 'app'), document: role('app', trusts({ AWS: account }, 'sts:*')) },
  ])
  const [one, other] = await Promise.all([node(store), node(store)])
  const done = await Promise.allSettled([
    one.change(call('AttachRolePolicy', { RoleName: 'app', PolicyArn })),
    other.change(call('DeletePolicy', { PolicyArn })),
  ])
  assert.deepEqual(done.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  compileSnapshot((await node(store)).trust())
})
