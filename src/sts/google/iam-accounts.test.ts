import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, type GoogleIamSide, googleIamSide, googleTrust } from '../../../test/google-iam-side.ts'
import { mainBranch, pool } from '../../../test/trust-side.ts'

const accounts = 'acme/serviceAccounts'
const of = (name: string, verb = '') => `-/serviceAccounts/${account(name)}${verb && `:${verb}`}`
const workload = `principal://iam.googleapis.com/${pool}/subject/${mainBranch}`
const workloadIdentityUser = { role: 'roles/iam.workloadIdentityUser', members: [workload] }

async function made({ call }: GoogleIamSide, accountId = 'deployer', serviceAccount: object = {}) {
  const { body, status, message } = await call('POST', accounts, { accountId, serviceAccount })
  assert.equal(status, 200, message)
  return body as { readonly uniqueId: string; readonly email: string }
}

/** The status of a token that the stories' pipeline asks for, of that account. */
async function impersonated({ exchange, impersonate }: GoogleIamSide, name = 'deployer'): Promise<number> {
  const { access_token = '' } = await exchange('bq-pool/providers/gitlab')
  return (await impersonate(access_token, account(name))).status
}

test('an account that IAM was told of is impersonated by whom its policy names', async (t) => {
  const side = await googleIamSide(t)
  const { call } = side
  const { uniqueId, ...rest } = await made(side, 'deployer', { displayName: 'Deploys', description: 'x' })
  assert.match(uniqueId, /^1\d{20}$/)
  assert.deepEqual(rest, {
    name: `projects/acme/serviceAccounts/${account('deployer')}`,
    projectId: 'acme',
    email: account('deployer'),
    displayName: 'Deploys',
    description: 'x',
    oauth2ClientId: uniqueId,
  })
  assert.equal(await impersonated(side), 403)
  const { body: policy } = await call('POST', of('deployer', 'getIamPolicy'))
  assert.deepEqual(policy, { version: 1, etag: 'ACAB' })
  const bindings = [workloadIdentityUser]
  const set = await call('POST', of('deployer', 'setIamPolicy'), {
    policy: { ...policy, version: 3, bindings },
  })
  assert.deepEqual(set.body, { version: 1, etag: set.body.etag, bindings })
  const query = 'options.requestedPolicyVersion=3'
  assert.deepEqual((await call('POST', `${of('deployer', 'getIamPolicy')}?${query}`)).body, set.body)
  assert.equal(await impersonated(side), 200)
})

test('a caller whose role is taken away while a call waits for its turn changes nothing', async (t) => {
  const { call, sts } = await googleIamSide(t)
  let end = () => {}
  const before = sts.registry.change(
    () => {},
    () => new Promise<void>((resolve) => (end = resolve)),
  )
  const waiting = call('POST', accounts, { accountId: 'deployer' })
  await new Promise(setImmediate)
  sts.registry.declare({ ...googleTrust, google: [{ ...googleTrust.google[0]!, bindings: [] }] })
  end()
  await before
  assert.equal((await waiting).status, 403)
  assert.deepEqual(
    sts.registry
      .view()
      .list('google/')
      .filter(({ from }) => from === 'store'),
    [],
  )
})

test('of two writers with one etag, one is told to read again', async (t) => {
  const side = await googleIamSide(t)
  const { call } = side
  await made(side)
  const set = (role: string, etag?: string) =>
    call('POST', of('deployer', 'setIamPolicy'), {
      policy: { bindings: [{ ...workloadIdentityUser, role }], ...(etag && { etag }) },
    })
  const { etag } = (await set('roles/iam.workloadIdentityUser')).body
  const [one, other] = await Promise.all([set('roles/viewer', etag), set('roles/editor', etag)])
  assert.deepEqual([one.status, other.status, other.code], [200, 409, 'ABORTED'])
  assert.match(
    other.message!,
    /^There were concurrent policy changes\. Please retry the whole read-modify-write with exponential backoff\./,
  )
  assert.equal((await call('POST', of('deployer', 'getIamPolicy'))).body.bindings[0].role, 'roles/viewer')
  await call('PATCH', of('deployer'), { serviceAccount: { displayName: 'x' }, updateMask: 'displayName' })
  assert.equal((await set('roles/editor', one.body.etag)).status, 200, 'its name is no part of its policy')
  assert.equal((await set('roles/owner')).status, 200, 'without an etag, the last one wins')
})

test('a disabled account gives no tokens until it is enabled', async (t) => {
  const side = await googleIamSide(t)
  const { call } = side
  await made(side)
  await call('POST', of('deployer', 'setIamPolicy'), { policy: { bindings: [workloadIdentityUser] } })
  assert.deepEqual((await call('POST', of('deployer', 'disable'), {})).body, {})
  assert.equal((await call('GET', of('deployer'))).body.disabled, true)
  assert.equal(await impersonated(side), 403)
  await call('POST', of('deployer', 'enable'), {})
  assert.equal(await impersonated(side), 200)
})

/** A token of `deployer` that the pipeline has, and the pipeline's way to ask with it for one of `target`. */
async function acting(side: GoogleIamSide) {
  const { call, exchange, impersonate } = side
  const creator = {
    role: 'roles/iam.serviceAccountTokenCreator',
    members: [`serviceAccount:${account('deployer')}`],
  }
  await call('POST', of('target', 'setIamPolicy'), { policy: { bindings: [creator] } })
  await call('POST', of('deployer', 'setIamPolicy'), { policy: { bindings: [workloadIdentityUser] } })
  const { access_token = '' } = await exchange('bq-pool/providers/gitlab')
  const { accessToken } = (await impersonate(access_token, account('deployer'))).body
  return async (token: string = accessToken) => (await impersonate(token, account('target'))).status
}

test('an account that is made anew has neither roles nor policy nor tokens of the one that was deleted', async (t) => {
  const side = await googleIamSide(t)
  const { call, bearer } = side
  const { uniqueId } = await made(side)
  await made(side, 'target')
  const act = await acting(side)
  const members = async () =>
    (await call('POST', of('target', 'getIamPolicy'))).body.bindings[0].members as string[]
  assert.equal(await act(), 200)
  assert.deepEqual((await call('DELETE', of('deployer'))).body, {})
  assert.equal(await act(), 401)
  assert.deepEqual(await members(), [`deleted:serviceAccount:${account('deployer')}?uid=${uniqueId}`])
  const second = await made(side)
  assert.notEqual(second.uniqueId, uniqueId)
  assert.equal(await act(), 401)
  assert.equal(await act(bearer({ by: account('deployer') })), 403)
  assert.equal(await impersonated(side), 403)
  const undelete = (id: string) => call('POST', `-/serviceAccounts/${id}:undelete`, {})
  assert.equal((await undelete(uniqueId)).code, 'FAILED_PRECONDITION')
  await call('DELETE', of('deployer'))
  assert.equal((await undelete(uniqueId)).body.restoredAccount.uniqueId, uniqueId)
  assert.deepEqual([await act(), await impersonated(side)], [200, 200])
  assert.equal((await undelete(second.uniqueId)).code, 'FAILED_PRECONDITION')
})

test('30 days after, a deleted account does not come back', async (t) => {
  const side = await googleIamSide(t)
  const { uniqueId } = await made(side)
  await side.call('DELETE', of('deployer'))
  side.clock.jump(30 * 24 * 3_600_000)
  assert.equal((await side.call('POST', `acme/serviceAccounts/${uniqueId}:undelete`, {})).code, 'NOT_FOUND')
  const kept = () => side.sts.registry.view().list('google/111111111111/deleted-service-account/').length
  assert.equal(kept(), 1)
  await made(side)
  assert.equal(kept(), 0, 'the next change leaves nothing of it')
})

test('accounts are found by e-mail and unique ID, listed in pages, and changed by a mask', async (t) => {
  const side = await googleIamSide(t)
  const { call } = side
  const { uniqueId, email } = await made(side, 'deployer', { description: 'x' })
  for (const path of [`-/serviceAccounts/${uniqueId}`, `${accounts}/${encodeURIComponent(email)}`])
    assert.equal((await call('GET', path)).body.email, email)
  const page = (await call('GET', `${accounts}?pageSize=2`)).body
  assert.deepEqual(
    page.accounts.map((each: { email: string }) => each.email),
    [account('admin'), account('closed')],
  )
  const next = (await call('GET', `${accounts}?pageToken=${page.nextPageToken}`)).body
  assert.deepEqual([next.accounts[0].email, next.nextPageToken], [email, undefined])
  const serviceAccount = { displayName: 'y', description: 'not named' }
  const patched = await call('PATCH', of('deployer'), { serviceAccount, updateMask: 'display_name' })
  assert.deepEqual([patched.body.displayName, patched.body.description], ['y', 'x'])
  assert.equal((await call('PATCH', of('deployer'), { serviceAccount })).code, 'INVALID_ARGUMENT')
})

test('what is not there is NOT_FOUND in its project, and PERMISSION_DENIED where the project is not said', async (t) => {
  const { call } = await googleIamSide(t)
  assert.equal((await call('GET', `${accounts}/${account('ghost')}`)).code, 'NOT_FOUND')
  assert.equal((await call('GET', of('ghost'))).code, 'PERMISSION_DENIED')
})

test('an account is refused that Google would refuse, or that is there', async (t) => {
  const side = await googleIamSide(t)
  const { call } = side
  await made(side)
  const taken = await call('POST', accounts, { accountId: 'deployer' })
  assert.deepEqual([taken.status, taken.code], [409, 'ALREADY_EXISTS'])
  assert.equal(taken.message, 'Service account deployer already exists within project projects/acme.')
  for (const accountId of ['short', '1deployer', 'deployer-', 'Deployer', 'x'.repeat(31), ''])
    assert.equal((await call('POST', accounts, { accountId })).code, 'INVALID_ARGUMENT', accountId)
  const long = { displayName: 'é'.repeat(51) }
  assert.equal(
    (await call('POST', accounts, { accountId: 'other-1', serviceAccount: long })).code,
    'INVALID_ARGUMENT',
  )
})

test('what the trust file says of an account is not changed by a call', async (t) => {
  const { call } = await googleIamSide(t)
  for (const [method, path, body] of [
    ['DELETE', of('loader'), undefined],
    ['POST', of('loader', 'disable'), {}],
    ['POST', of('loader', 'setIamPolicy'), { policy: { bindings: [] } }],
  ] as const)
    assert.equal((await call(method, path, body)).code, 'FAILED_PRECONDITION', path)
})

const policies: readonly [what: string, policy: object, says: RegExp][] = [
  ['a role of no form', { bindings: [{ ...workloadIdentityUser, role: 'owner' }] }, /a role such as/],
  ['a member of no kind', { bindings: [{ ...workloadIdentityUser, members: ['ann'] }] }, /a member/],
  [
    'a pool that is not there',
    { bindings: [{ ...workloadIdentityUser, members: [workload.replace('bq-pool', 'cd-pool')] }] },
    /^Identity Pool does not exist \(projects\/111111111111\/locations\/global\/workloadIdentityPools\/cd-pool\)\. Please check that you specified a valid resource name as returned in the `name` attribute in the configuration API\.$/,
  ],
  [
    'an account that is not there',
    { bindings: [{ ...workloadIdentityUser, members: [`serviceAccount:${account('ghost')}`] }] },
    /^Service account ghost@acme\.iam\.gserviceaccount\.com does not exist\.$/,
  ],
  ['a version that is not', { version: 2 }, /version: 2/],
  ['audit settings', { auditConfigs: [{}] }, /does not support auditConfigs/],
  [
    'more than 1500 members',
    {
      bindings: [
        {
          ...workloadIdentityUser,
          members: Array.from({ length: 1501 }, (_, i) => `user:u${i}@acme.example`),
        },
      ],
    },
    /1500/,
  ],
]

for (const [what, policy, says] of policies)
  test(`a policy with ${what} is INVALID_ARGUMENT`, async (t) => {
    const side = await googleIamSide(t)
    await made(side)
    const refused = await side.call('POST', of('deployer', 'setIamPolicy'), { policy })
    assert.deepEqual([refused.status, refused.code], [400, 'INVALID_ARGUMENT'])
    assert.match(refused.message!, says)
  })

test("an account's own policy lets others administer it, and no other", async (t) => {
  const side = await googleIamSide(t)
  const { call } = side
  await made(side)
  const by = { by: account('nobody') }
  const permissions = ['iam.serviceAccounts.setIamPolicy', 'iam.serviceAccounts.getAccessToken']
  const tested = async () =>
    (await call('POST', of('deployer', 'testIamPermissions'), { permissions }, by)).body
  assert.deepEqual(await tested(), {})
  assert.equal((await call('POST', of('deployer', 'getIamPolicy'), undefined, by)).code, 'PERMISSION_DENIED')
  const bindings = [
    { role: 'roles/iam.serviceAccountAdmin', members: [`serviceAccount:${account('nobody')}`] },
  ]
  await call('POST', of('deployer', 'setIamPolicy'), { policy: { bindings } })
  assert.deepEqual(await tested(), { permissions: permissions.slice(0, 1) })
  assert.equal((await call('POST', of('deployer', 'getIamPolicy'), undefined, by)).status, 200)
  assert.equal((await call('POST', of('viewer', 'getIamPolicy'), undefined, by)).code, 'PERMISSION_DENIED')
  for (const verb of ['create', 'list']) {
    const project = await call('POST', of('deployer', verb), { accountId: 'another' }, by)
    assert.equal(project.code, 'INVALID_ARGUMENT', `what is of all accounts is no verb of one: ${verb}`)
  }
})
