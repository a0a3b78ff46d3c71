import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, type GoogleIamSide, googleIamSide } from '../../../test/google-iam-side.ts'
import { mainBranch, pool } from '../../../test/trust-side.ts'

const of = (name: string, verb = '') => `-/serviceAccounts/${account(name)}${verb && `:${verb}`}`
const workload = `principal://iam.googleapis.com/${pool}/subject/${mainBranch}`
const user = { role: 'roles/iam.workloadIdentityUser', members: [workload] }
const hour = 3_600_000

/** For an hour from then on. */
const anHour = ({ clock }: GoogleIamSide) => ({
  title: 'an hour',
  expression: `request.time < timestamp("${new Date(clock.now() + hour).toISOString()}")`,
})

/** A service account, and the calls about its policy. */
async function sideWith(t: Parameters<typeof googleIamSide>[0]) {
  const side = await googleIamSide(t)
  for (const accountId of ['deployer', 'target'])
    await side.call('POST', 'acme/serviceAccounts', { accountId, serviceAccount: {} })
  const set = (policy: object, name = 'deployer', by = 'admin') =>
    side.call('POST', of(name, 'setIamPolicy'), { policy }, { by: account(by) })
  const get = (version?: number | string) => {
    const query = version === undefined ? '' : `?options.requestedPolicyVersion=${version}`
    return side.call('POST', `${of('deployer', 'getIamPolicy')}${query}`)
  }
  const impersonated = async (name = 'deployer') => {
    const { access_token = '' } = await side.exchange('bq-pool/providers/gitlab')
    return side.impersonate(access_token, account(name))
  }
  return { ...side, set, get, impersonated }
}

test('a workload acts as an account for as long as the condition of its binding holds', async (t) => {
  const side = await sideWith(t)
  const condition = anHour(side)
  const { status, body } = await side.set({ version: 3, bindings: [{ ...user, condition }] })
  assert.equal(status, 200, body.error?.message)
  assert.deepEqual(body, { version: 3, etag: body.etag, bindings: [{ ...user, condition }] })
  assert.equal((await side.impersonated()).status, 200)
  side.clock.jump(hour)
  assert.equal((await side.impersonated()).status, 403)
  const checks = side.records.at(-1)!.checks!
  const miss = checks.find(({ check }) => check === 'condition')!
  assert.deepEqual(
    [miss.outcome, miss.source, miss.expected],
    ['fail', 'bindings[0].condition', condition.expression],
  )
})

test('a delegate hands on for as long as its condition holds', async (t) => {
  const side = await sideWith(t)
  const creator = (name: string, condition?: object) => ({
    role: 'roles/iam.serviceAccountTokenCreator',
    members: [name],
    ...(condition && { condition }),
  })
  await side.set({ version: 3, bindings: [creator(workload, anHour(side))] })
  await side.set({ bindings: [creator(`serviceAccount:${account('deployer')}`)] }, 'target')
  const chained = async () => {
    const { access_token } = await side.exchange('bq-pool/providers/gitlab')
    return side.send(
      `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account('target')}:generateAccessToken`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${access_token}` },
        body: JSON.stringify({
          scope: ['https://www.googleapis.com/auth/cloud-platform'],
          delegates: [`projects/-/serviceAccounts/${account('deployer')}`],
        }),
      },
    )
  }
  assert.equal((await chained()).status, 200)
  side.clock.jump(hour)
  assert.equal((await chained()).status, 403)
})

test('an administrator is one for as long as the condition holds, and tests say so too', async (t) => {
  const side = await sideWith(t)
  const admin = { role: 'roles/iam.serviceAccountAdmin', members: [`serviceAccount:${account('nobody')}`] }
  await side.set({ version: 3, bindings: [{ ...admin, condition: anHour(side) }] })
  const by = { by: account('nobody') }
  const permissions = ['iam.serviceAccounts.update']
  const tested = async () =>
    (await side.call('POST', of('deployer', 'testIamPermissions'), { permissions }, by)).body
  const patch = { serviceAccount: { displayName: 'x' }, updateMask: 'displayName' }
  assert.deepEqual(await tested(), { permissions })
  assert.equal((await side.call('PATCH', of('deployer'), patch, by)).status, 200)
  side.clock.jump(hour)
  assert.deepEqual(await tested(), {})
  assert.equal((await side.call('PATCH', of('deployer'), patch, by)).code, 'PERMISSION_DENIED')
})

test('whoever may grant some roles alone neither grants nor revokes another', async (t) => {
  const side = await sideWith(t)
  const condition = {
    title: 'grants users alone',
    expression: `api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly(["${user.role}"])`,
  }
  const admin = {
    role: 'roles/iam.serviceAccountAdmin',
    members: [`serviceAccount:${account('nobody')}`],
    condition,
  }
  await side.set({ version: 3, bindings: [admin] })
  const set = (...bindings: object[]) => side.set({ version: 3, bindings }, 'deployer', 'nobody')
  assert.equal((await set(admin, user)).status, 200)
  const other = { role: 'roles/iam.serviceAccountTokenCreator', members: [workload] }
  assert.equal((await set(admin, user, other)).code, 'PERMISSION_DENIED')
  assert.equal((await set(user)).code, 'PERMISSION_DENIED')
  const { condition: _, ...unbounded } = admin
  assert.equal((await set(unbounded, user)).code, 'PERMISSION_DENIED', 'its own condition is no exception')
  assert.equal((await set(admin)).status, 200)
})

test('a policy of an older version shows that there is a condition, and not which', async (t) => {
  const side = await sideWith(t)
  const { body: set } = await side.set({ version: 3, bindings: [{ ...user, condition: anHour(side) }] })
  for (const version of [undefined, 0, 1]) {
    const { body } = await side.get(version)
    assert.match(body.bindings[0].role, /^roles\/iam\.workloadIdentityUser_withcond_[0-9a-f]{20}$/)
    assert.deepEqual(body, {
      version: 1,
      etag: set.etag,
      bindings: [{ ...user, role: body.bindings[0].role }],
    })
  }
  assert.deepEqual((await side.get(3)).body, set)
  for (const version of [2, 4, 'x']) assert.equal((await side.get(version)).code, 'INVALID_ARGUMENT')
})

test('an older version drops no condition, but where its writer overwrites blindly', async (t) => {
  const side = await sideWith(t)
  const condition = anHour(side)
  const conditional = { ...user, condition }
  assert.equal(
    (await side.set({ version: 1, bindings: [conditional] })).message,
    'Specified policy version (1) must be at least 3',
  )
  const { etag } = (await side.set({ version: 3, bindings: [conditional] })).body
  const { body: old } = await side.get()
  for (const policy of [old, { ...old, bindings: [user] }, { etag, bindings: [] }]) {
    const { code, message } = await side.set(policy)
    assert.equal(code, 'INVALID_ARGUMENT')
    assert.match(message!, /cannot be less than the existing policy version \(3\)|condition hashes/)
  }
  const hashed = await side.set({ version: 3, bindings: old.bindings })
  assert.match(hashed.message!, /^Policy cannot contain both conditions and condition hashes\./)
  assert.deepEqual((await side.get(3)).body.bindings, [conditional])
  assert.equal((await side.set({ bindings: [user] })).body.version, 1, 'without an etag, the last one wins')
})

test('a change of a condition alone is a change of the policy', async (t) => {
  const side = await sideWith(t)
  const condition = anHour(side)
  const { etag } = (await side.set({ version: 3, bindings: [{ ...user, condition }] })).body
  const set = (title: string) =>
    side.set({ version: 3, etag, bindings: [{ ...user, condition: { ...condition, title } }] })
  const [one, other] = await Promise.all([set('one'), set('other')])
  assert.deepEqual([one.status, other.status, other.code], [200, 409, 'ABORTED'])
})

test('a deleted member keeps its condition, and has it still when it is back', async (t) => {
  const side = await sideWith(t)
  const creator = {
    role: 'roles/iam.serviceAccountTokenCreator',
    members: [`serviceAccount:${account('target')}`],
    condition: anHour(side),
  }
  await side.set({ version: 3, bindings: [creator] })
  const { uniqueId } = (await side.call('GET', of('target'))).body
  await side.call('DELETE', of('target'))
  const [gone] = (await side.get(3)).body.bindings
  assert.deepEqual(gone.condition, creator.condition)
  assert.match(gone.members[0], /^deleted:/)
  await side.call('POST', `-/serviceAccounts/${uniqueId}:undelete`, {})
  assert.deepEqual((await side.get(3)).body.bindings, [creator])
})

const refused: readonly [what: string, binding: object, says: RegExp][] = [
  ['no title', { condition: { expression: 'true' } }, /^condition|^title/],
  ['no expression', { condition: { title: 'x' } }, /expression/],
  ['another member', { condition: { title: 'x', expression: 'true', until: 'y' } }, /Unknown name "until"/],
  [
    'an expression that does not parse',
    { condition: { title: 'x', expression: 'request.time <' } },
    /^LintValidationUnits\/ConditionCompileCheck Error: /,
  ],
  [
    'an attribute that is not',
    { condition: { title: 'x', expression: 'request.auth.claims.sub == "x"' } },
    /^LintValidationUnits\/ConditionCompileCheck Error: .*request\.auth\.claims\.sub/,
  ],
  [
    'a basic role',
    { role: 'roles/viewer', condition: { title: 'x', expression: 'true' } },
    /^LintValidationUnits\/BindingRoleAllowConditionCheck Error: Conditions can't be set on primitive roles$/,
  ],
  ['everybody', { members: ['allUsers'], condition: { title: 'x', expression: 'true' } }, /allUsers/],
  ['a long title', { condition: { title: 'x'.repeat(101), expression: 'true' } }, /100/],
  [
    'a long description',
    { condition: { title: 'x', expression: 'true', description: 'x'.repeat(257) } },
    /256/,
  ],
]

for (const [what, binding, says] of refused)
  test(`a condition with ${what} is INVALID_ARGUMENT`, async (t) => {
    const side = await sideWith(t)
    const { status, code, message } = await side.set({ version: 3, bindings: [{ ...user, ...binding }] })
    assert.deepEqual([status, code], [400, 'INVALID_ARGUMENT'])
    assert.match(message!, says)
    assert.deepEqual((await side.get(3)).body, { version: 1, etag: 'ACAB' })
  })

test('a member has a role under at most 20 conditions', async (t) => {
  const side = await sideWith(t)
  const under = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...user, condition: { title: `${i}`, expression: 'true' } }))
  assert.equal((await side.set({ version: 3, bindings: under(21) })).code, 'INVALID_ARGUMENT')
  assert.equal((await side.set({ version: 3, bindings: under(20) })).status, 200)
})

test('what a client leaves empty is no part of a condition', async (t) => {
  const side = await sideWith(t)
  const condition = { title: 'x', expression: 'true', description: '', location: null }
  const { body } = await side.set({ version: 3, bindings: [{ ...user, condition }] })
  assert.deepEqual(body.bindings[0].condition, { expression: 'true', title: 'x' })
})
