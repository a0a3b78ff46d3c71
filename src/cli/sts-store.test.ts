import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient, paginateListRoles } from '@aws-sdk/client-iam'
import { admin } from '../../test/sdk-iam.ts'
import { startSts, urlIn } from '../../test/sts-process.ts'
import { account, allows, role, storyTrust, trusts } from '../../test/trust-side.ts'
import { keysFromFile } from '../keys/key-ring.ts'
import { secretsOfUserKey } from '../sts/aws/user-key.ts'

const AssumeRolePolicyDocument = JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole'))
const accessKeyId = admin.accessKeys[0]!.id

function folder(t: TestContext, roles = [role('declared', trusts({ AWS: account }, 'sts:AssumeRole'))]) {
  const place = mkdtempSync(join(tmpdir(), 'mayfly-store-'))
  t.after(() => rmSync(place, { recursive: true }))
  writeTrust(place, roles)
  return place
}

function writeTrust(place: string, roles: readonly ReturnType<typeof role>[]) {
  const home = { account, oidcProviders: [], roles, users: [admin] }
  writeFileSync(join(place, 'trust.yaml'), JSON.stringify({ ...storyTrust, aws: [home] }))
}

/** The service in that folder, and a client of its administrator. */
async function opened(t: TestContext, place: string, flags: readonly string[] = []) {
  const service = startSts(t, place, ['--port', '0', ...flags])
  await service.until(/audit +\S+/)
  const { sealing } = keysFromFile(join(place, '.mayfly', 'keys.json'), [])
  const client = new IAMClient({
    endpoint: urlIn(service.said()),
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: secretsOfUserKey(accessKeyId, sealing)[0]! },
    maxAttempts: 1,
  })
  t.after(() => client.destroy())
  const create = (RoleName: string) =>
    client.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  return { ...service, client, create }
}

async function rolesOf(client: IAMClient): Promise<Set<string>> {
  const names = new Set<string>()
  for await (const { Roles = [] } of paginateListRoles({ client, pageSize: 1000 }, {}))
    for (const { RoleName } of Roles) names.add(RoleName!)
  return names
}

test('what was registered is there after kill -9, with its audit record, again and again', async (t) => {
  const place = folder(t)
  const acknowledged: string[] = []
  for (let round = 0; round < 3; round++) {
    const { child, create } = await opened(t, place, ['--audit', 'audit.jsonl', '--audit-required'])
    const enough = acknowledged.length + 20
    const creating = async (lane: number) => {
      for (let n = 0; ; n++) {
        const name = `round-${round}-lane-${lane}-${n}`
        await create(name)
        acknowledged.push(name)
        // In the midst of the calls of the other lanes.
        if (acknowledged.length === enough) child.kill('SIGKILL')
      }
    }
    await Promise.allSettled([0, 1, 2, 3].map(creating))
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  const { client } = await opened(t, place, ['--audit', 'audit.jsonl'])
  const there = await rolesOf(client)
  const recorded = new Set(
    readFileSync(join(place, 'audit.jsonl'), 'utf8')
      .split('\n')
      // The last record of a process that was killed may be cut short.
      .flatMap((line) => /"decision":"allow","action":"CreateRole","target":"([^"]+)"/.exec(line)?.[1] ?? []),
  )
  assert.ok(acknowledged.length >= 60)
  assert.deepEqual(
    acknowledged.filter((name) => !there.has(name)),
    [],
  )
  assert.deepEqual(
    [...there].filter((name) => name !== 'declared' && !recorded.has(name)),
    [],
  )
})

test('the registry is beside the keys unless told otherwise, for its user alone', async (t) => {
  const place = folder(t)
  const { create, said } = await opened(t, place)
  await create('stored')
  const file = join(place, '.mayfly', 'registry.db')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(said().includes(file))
  const elsewhere = folder(t)
  await opened(t, elsewhere, ['--store', 'memory'])
  assert.ok(!existsSync(join(elsewhere, '.mayfly', 'registry.db')))
})

test('with no store there are no admin calls', async (t) => {
  const { create } = await opened(t, folder(t), ['--store', 'none'])
  await assert.rejects(create('app'), { name: 'InvalidAction' })
})

test('what the trust file says by now is joined with what was stored', async (t) => {
  const place = folder(t)
  const { create, client, until } = await opened(t, place)
  await create('stored')
  assert.deepEqual(await rolesOf(client), new Set(['declared', 'stored']))
  writeTrust(place, [role('other', trusts({ AWS: account }, 'sts:AssumeRole'))])
  await until(/was read again: .* 2 roles/)
  assert.deepEqual(await rolesOf(client), new Set(['other', 'stored']))
})

test('what is stored and lost what it stands on is told of, in a run and at the start of the next', async (t) => {
  const place = folder(t)
  const write = (more: object) =>
    writeFileSync(join(place, 'trust.yaml'), JSON.stringify({ aws: [{ account, users: [admin], ...more }] }))
  const PolicyArn = `arn:aws:iam::${account}:policy/p`
  write({ managedPolicies: [{ name: 'p', policyDocument: allows('s3:*', '*') }] })
  const { create, client, until, child } = await opened(t, place)
  await create('stored')
  await client.send(new AttachRolePolicyCommand({ RoleName: 'stored', PolicyArn }))
  write({})
  await until(/warning: .*role\/stored.*policy\/p.*\n.*was read again/)
  child.kill()
  await once(child, 'exit')
  const again = await opened(t, place)
  assert.match(again.said(), /warning: .*role\/stored.*policy\/p/)
})

test('two processes of one store decide by what either registered', async (t) => {
  const place = folder(t)
  const one = await opened(t, place)
  const other = await opened(t, place)
  await one.create('stored')
  // The other looks every half second.
  while (!(await rolesOf(other.client)).has('stored')) await new Promise(setImmediate)
})

test('a store that cannot be opened is told, and nothing is served', async (t) => {
  const { child, said } = startSts(t, folder(t), ['--store', 'trust.yaml'])
  assert.deepEqual(await once(child, 'close'), [1, null])
  assert.match(said(), /REGISTRY_STORE/)
})
