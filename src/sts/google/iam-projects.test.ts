import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  account,
  type Calling,
  cloudPlatform,
  googleIamSide,
  googleTrust,
} from '../../../test/google-iam-side.ts'
import { mainBranch, pool } from '../../../test/trust-side.ts'

const declared = googleTrust.google[0]!.bindings!
const workload = `principal://iam.googleapis.com/${pool}/subject/${mainBranch}`
const user = { role: 'roles/iam.workloadIdentityUser', members: [workload] }

async function sideWith(t: Parameters<typeof googleIamSide>[0]) {
  const side = await googleIamSide(t)
  const ask = (verb: string, body: object = {}, calling: Calling = {}, project = 'acme', version = 'v1') =>
    side.send(`https://cloudresourcemanager.googleapis.com/${version}/projects/${project}:${verb}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${side.bearer(calling)}` },
      body: JSON.stringify(body),
    })
  const get = (requestedPolicyVersion = 3) => ask('getIamPolicy', { options: { requestedPolicyVersion } })
  const set = (policy: object, by = 'admin') => ask('setIamPolicy', { policy }, { by: account(by) })
  return { ...side, ask, get, set }
}

test("a project's policy is what the trust file says, and what calls add", async (t) => {
  const side = await sideWith(t)
  const { body: policy } = await side.get()
  assert.deepEqual(policy.bindings, declared)
  const target = (await side.call('POST', 'acme/serviceAccounts', { accountId: 'target-1' })).body.email
  const enter = async () => {
    const { access_token = '' } = await side.exchange('bq-pool/providers/gitlab')
    return (await side.impersonate(access_token, target)).status
  }
  assert.equal(await enter(), 403)
  const added = await side.set({ ...policy, bindings: [...policy.bindings, user] })
  assert.equal(added.status, 200, added.message)
  assert.deepEqual((await side.get()).body, added.body)
  assert.equal(await enter(), 200)
  assert.deepEqual(side.sts.registry.trust().google[0]!.addedBindings, [user])
  await side.set({ ...added.body, bindings: declared })
  assert.equal(await enter(), 403)
  assert.equal(side.sts.registry.trust().google[0]!.addedBindings, undefined)
})

test('a member joins a binding of the trust file, and what the file says is not taken back', async (t) => {
  const side = await sideWith(t)
  const [owners, ...others] = declared
  const more = { ...owners!, members: [...owners!.members, workload] }
  const { body, message } = await side.set({ bindings: [more, ...others] })
  assert.deepEqual(body.bindings, [more, ...others], message)
  assert.deepEqual(side.sts.registry.trust().google[0]!.addedBindings, [{ ...owners, members: [workload] }])
  for (const bindings of [[], others, [{ ...owners, members: [workload] }, ...others]]) {
    const refused = await side.set({ bindings })
    assert.equal(refused.code, 'FAILED_PRECONDITION')
    assert.match(refused.message!, /roles\/owner of serviceAccount:admin@acme/)
  }
  assert.deepEqual((await side.get()).body.bindings, [more, ...others])
})

test('a binding of a project counts while its condition holds', async (t) => {
  const side = await sideWith(t)
  const condition = {
    title: 'an hour',
    expression: `request.time < timestamp("${new Date(side.clock.now() + 3_600_000).toISOString()}") && resource.type == "cloudresourcemanager.googleapis.com/Project"`,
  }
  const browser = { role: 'roles/browser', members: [`serviceAccount:${account('nobody')}`], condition }
  await side.set({ version: 3, bindings: [...declared, browser] })
  const permissions = ['resourcemanager.projects.getIamPolicy', 'resourcemanager.projects.setIamPolicy']
  const tested = async () =>
    (await side.ask('testIamPermissions', { permissions }, { by: account('nobody') })).body
  assert.deepEqual(await tested(), { permissions: permissions.slice(0, 1) })
  side.clock.jump(3_600_000)
  assert.deepEqual(await tested(), {})
  assert.match((await side.get(1)).body.bindings.at(-1).role, /^roles\/browser_withcond_/)
  assert.match((await side.set((await side.get(1)).body)).message!, /condition hashes/)
})

test('whether a project is there nobody learns by testing permissions', async (t) => {
  const side = await sideWith(t)
  const permissions = ['resourcemanager.projects.getIamPolicy']
  for (const project of ['acme', 'nowhere']) {
    const { status, body } = await side.ask(
      'testIamPermissions',
      { permissions },
      { by: account('nobody') },
      project,
    )
    assert.deepEqual([status, body], [200, {}], project)
  }
})

test('whoever may grant some roles alone grants no more of them, in the project and in its accounts', async (t) => {
  const side = await sideWith(t)
  const condition = {
    title: 'users alone',
    expression: `api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly(["${user.role}"])`,
  }
  const admin = (role: string) => ({ role, members: [`serviceAccount:${account('nobody')}`], condition })
  const admins = [admin('roles/resourcemanager.projectIamAdmin'), admin('roles/iam.serviceAccountAdmin')]
  const policy = [...declared, ...admins]
  assert.equal((await side.set({ version: 3, bindings: policy })).status, 200)
  const set = (...bindings: object[]) => side.set({ version: 3, bindings }, 'nobody')
  assert.equal((await set(...policy, user)).status, 200)
  const owner = { role: 'roles/owner', members: [workload] }
  assert.equal((await set(...policy, owner)).code, 'PERMISSION_DENIED')
  assert.equal((await set(...declared)).code, 'PERMISSION_DENIED')
  await side.call('POST', 'acme/serviceAccounts', { accountId: 'target-1' })
  const setAccount = (role: string) =>
    side.call(
      'POST',
      `-/serviceAccounts/${account('target-1')}:setIamPolicy`,
      { policy: { bindings: [{ ...user, role }] } },
      { by: account('nobody') },
    )
  assert.equal((await setAccount('roles/iam.serviceAccountTokenCreator')).code, 'PERMISSION_DENIED')
  assert.equal((await setAccount(user.role)).status, 200)
})

test('of two writers of a project with one etag, one is told to read again', async (t) => {
  const side = await sideWith(t)
  const { etag } = (await side.get()).body
  const set = (role: string) => side.set({ etag, bindings: [...declared, { ...user, role }] })
  const [one, other] = await Promise.all([set('roles/browser'), set('roles/viewer')])
  assert.deepEqual([one.status, other.status, other.code], [200, 409, 'ABORTED'])
})

test('who may not is refused in the words of Resource Manager, whether the project is there or not', async (t) => {
  const side = await sideWith(t)
  for (const [project, version] of [
    ['acme', 'v1'],
    ['111111111111', 'v3'],
    ['nowhere-1', 'v1'],
  ] as const) {
    const refused = await side.ask('getIamPolicy', {}, { by: account('nobody') }, project, version)
    assert.deepEqual([refused.status, refused.code], [403, 'PERMISSION_DENIED'])
    assert.equal(
      refused.message,
      `Permission 'resourcemanager.projects.getIamPolicy' denied on resource '//cloudresourcemanager.googleapis.com/projects/${project}' (or it may not exist).`,
    )
    assert.equal(refused.body.error.details[0].domain, 'cloudresourcemanager.googleapis.com')
  }
  const iamAlone = { scopes: ['https://www.googleapis.com/auth/iam'] }
  assert.equal((await side.ask('getIamPolicy', {}, iamAlone)).status, 403)
  assert.equal((await side.ask('getIamPolicy', {}, { scopes: [cloudPlatform] })).status, 200)
  assert.equal((await side.set({ bindings: declared }, 'viewer')).code, 'PERMISSION_DENIED')
})

test('a member that was deleted is so in the policy of its project too', async (t) => {
  const side = await sideWith(t)
  const { email, uniqueId } = (await side.call('POST', 'acme/serviceAccounts', { accountId: 'target-1' }))
    .body
  const browser = { role: 'roles/browser', members: [`serviceAccount:${email}`] }
  await side.set({ bindings: [...declared, browser] })
  await side.call('DELETE', `-/serviceAccounts/${email}`)
  const gone = `deleted:serviceAccount:${email}?uid=${uniqueId}`
  const { body } = await side.get()
  assert.deepEqual(body.bindings.at(-1).members, [gone])
  assert.equal((await side.set({ ...body, bindings: [...body.bindings, user] })).status, 200)
  assert.equal(
    (await side.set({ bindings: [...declared, { ...browser, members: [`serviceAccount:${email}`] }] }))
      .message,
    `Service account ${email} does not exist.`,
  )
})
