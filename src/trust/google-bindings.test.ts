import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MayflyError } from '../errors.ts'
import type { Check } from './decision.ts'
import { decisionOf } from './explain.ts'
import {
  type Binding,
  compileBindings,
  compileMember,
  evaluateBindings,
  type GivenBinding,
  type GooglePrincipal,
  matches,
  type Permission,
  roleGrants,
} from './google-bindings.ts'

const pool = 'projects/123456789012/locations/global/workloadIdentityPools/ci-pool'
const host = '//iam.googleapis.com/'
const workload: GooglePrincipal = {
  type: 'federated',
  pool,
  subject: 'repo:acme/app:ref:refs/heads/main',
  groups: ['dev', 'ops/night'],
  attributes: { repository: 'acme/app' },
}
const account: GooglePrincipal = { type: 'service-account', email: 'loader@acme.iam.gserviceaccount.com' }

const nowMs = Date.parse('2026-07-01T12:00:00Z')

function may(
  bindings: readonly Binding[],
  principal: GooglePrincipal,
  permission: Permission,
  trace?: Check[],
): boolean {
  return evaluateBindings(bindings, { principal, permission, nowMs }, trace)
}

test('what is wrong with the ID of a pool or project is told', () => {
  for (const [name, hint] of [
    [pool.replace('ci-pool', 'ci'), /4 to 32 .* "ci" is not/],
    [pool.replace('123456789012', 'acme'), /by its number, not its ID acme/],
  ] as const)
    assert.throws(
      () => compileMember(`principalSet:${host}${name}/attribute.repository/acme/app`),
      (error) => error instanceof MayflyError && hint.test(error.hint),
    )
})

describe('a member', () => {
  const table: [member: string, principal: GooglePrincipal, matches: boolean][] = [
    [`principal:${host}${pool}/subject/${workload.subject}`, workload, true],
    [`principal:${host}${pool}/subject/${workload.subject}2`, workload, false],
    [`principal:${host}${pool}/subject/${workload.subject.toUpperCase()}`, workload, false],
    [`principal:${host}${pool.replace('ci-', 'cd-')}/subject/${workload.subject}`, workload, false],
    [`principalSet:${host}${pool}/group/ops/night`, workload, true],
    [`principalSet:${host}${pool}/group/ops`, workload, false],
    [`principalSet:${host}${pool}/attribute.repository/acme/app`, workload, true],
    [`principalSet:${host}${pool}/attribute.repository/acme`, workload, false],
    [`principalSet:${host}${pool}/attribute.constructor/acme`, workload, false],
    [`principalSet:${host}${pool}/*`, workload, true],
    [`principalSet:${host}${pool.replace('ci-', 'cd-')}/*`, workload, false],
    [`principalSet:${host}${pool}/*`, account, false],
    ['serviceAccount:loader@acme.iam.gserviceaccount.com', account, true],
    ['serviceAccount:other@acme.iam.gserviceaccount.com', account, false],
    ['serviceAccount:acme.svc.id.goog[ns/app]', account, false],
    ['serviceAccount:loader@acme.iam.gserviceaccount.com', workload, false],
    ['user:ann@acme.example', account, false],
    ['allAuthenticatedUsers', workload, false],
    ['allUsers', workload, true],
  ]
  for (const [member, principal, expected] of table)
    test(`${member} ${expected ? 'is' : 'is not'} the ${principal.type} principal`, () => {
      assert.equal(matches(compileMember(member), principal), expected)
    })

  const refused = [
    '',
    'loader@acme.iam.gserviceaccount.com',
    'serviceAccount:',
    'serviceAccount:loader',
    `principal:${host}${pool}`,
    `principal:${host}${pool}/subject/`,
    `principal:${host}${pool}/attribute.repository/acme`,
    `principal:${host}${pool}/*`,
    `principalSet:${host}${pool}/subject/x`,
    `principalSet:${host}${pool}/*/x`,
    `principalSet:${host}${pool}/attribute.Repository/acme`,
    `principalSet:${host}${pool}/attribute.repository`,
    `principalSet:${host}${pool.replace('123456789012', 'acme')}/*`,
    `principalSet:${host}${pool.replace('global', 'eu')}/*`,
    `principalSet://iam.evil.example/${pool}/*`,
  ]
  for (const member of refused)
    test(`"${member}" is TRUST_POLICY`, () => {
      assert.throws(
        () => compileMember(member),
        (error) => error instanceof MayflyError && error.code === 'TRUST_POLICY',
      )
    })
})

describe('bindings', () => {
  const everyone = `principalSet:${host}${pool}/*`
  const access: Permission = 'iam.serviceAccounts.getAccessToken'
  const openId: Permission = 'iam.serviceAccounts.getOpenIdToken'

  test('roles give the permissions that Google documents', () => {
    const roles = ['workloadIdentityUser', 'serviceAccountTokenCreator', 'serviceAccountOpenIdTokenCreator']
    const given = (permission: Permission) => roles.map((role) => roleGrants(`roles/iam.${role}`, permission))
    assert.deepEqual(given(access), [true, true, false])
    assert.deepEqual(given(openId), [true, true, true])
    assert.deepEqual(given('iam.serviceAccounts.signBlob'), [false, true, false])
    assert.deepEqual(given('iam.serviceAccounts.signJwt'), [false, true, false])
    assert.equal(roleGrants('roles/owner', access), false)
  })

  test('admin calls are made by the roles that Google has for them, and an editor changes no policy', () => {
    const roles = ['owner', 'editor', 'viewer', 'iam.workloadIdentityPoolAdmin', 'iam.securityAdmin']
    const given = (permission: Permission) => roles.map((role) => roleGrants(`roles/${role}`, permission))
    assert.deepEqual(given('iam.workloadIdentityPools.create'), [true, false, false, true, false])
    assert.deepEqual(given('iam.workloadIdentityPoolProviders.get'), [true, true, true, true, false])
    assert.deepEqual(given('iam.serviceAccounts.create'), [true, true, false, false, false])
    assert.deepEqual(given('iam.serviceAccounts.setIamPolicy'), [true, false, false, false, true])
  })

  test('give a permission to a member by a role that has it', () => {
    const bindings = compileBindings([
      { role: 'roles/iam.serviceAccountOpenIdTokenCreator', members: [everyone] },
    ])
    assert.equal(may(bindings, workload, openId), true)
    assert.equal(may(bindings, workload, access), false)
    assert.equal(may(bindings, account, openId), false)
    assert.equal(may([], workload, openId), false)
  })

  const until = (day: string) => ({ title: `until ${day}`, expression: `request.time < date("${day}")` })
  const user = 'roles/iam.workloadIdentityUser'

  test('with a condition count while it holds', () => {
    const bindings = (day: string) =>
      compileBindings([{ role: user, members: [everyone], condition: until(day) }])
    assert.equal(may(bindings('2026-07-02'), workload, access), true)
    assert.equal(may(bindings('2026-07-01'), workload, access), false)
    assert.equal(may(bindings('2026-07-02'), account, access), false)
  })

  test('with a condition that cannot be evaluated give nothing, and take nothing from others', () => {
    const condition = { title: 'wrong', expression: 'resource.name != "x"' }
    const wrong = { role: user, members: [everyone], condition }
    assert.equal(may(compileBindings([wrong]), workload, access), false)
    assert.equal(may(compileBindings([wrong, { role: user, members: [everyone] }]), workload, access), true)
  })

  test('that have no condition, or whose condition is elsewhere, are refused where they stand', () => {
    const condition = until('2026-07-02')
    const refused: [binding: GivenBinding, path: string][] = [
      [
        { role: user, members: [], condition: { ...condition, expression: 'request.tme' } },
        'condition.expression',
      ],
      [{ role: user, members: ['allUsers'], condition }, 'condition'],
      [{ role: 'roles/owner', members: [everyone], condition }, 'condition'],
      [{ role: `${user}_withcond_2b17cc25d2cd9e2c54d8`, members: [everyone] }, 'role'],
    ]
    for (const [binding, path] of refused)
      assert.throws(
        () => compileBindings([binding], 'serviceAccounts[0].bindings'),
        (error) =>
          error instanceof MayflyError &&
          error.code === 'TRUST_POLICY' &&
          error.values.path === `serviceAccounts[0].bindings[0].${path}`,
        path,
      )
  })

  test('with a condition are explained by it where nothing else stands in the way', () => {
    const other = `principalSet:${host}${pool}/group/qa`
    const bindings = compileBindings([
      { role: user, members: [other], condition: until('2026-01-01') },
      { role: user, members: [everyone], condition: until('2026-07-01') },
    ])
    const trace: Check[] = []
    assert.equal(may(bindings, workload, access, trace), false)
    assert.deepEqual(
      trace.map(({ check, outcome }) => `${check} ${outcome}`),
      ['binding fail', 'binding pass', 'term fail', 'condition fail', 'permission fail'],
    )
    const { nearMiss } = decisionOf(trace)
    assert.match(nearMiss!, /^bindings\[1\]\.condition: presented "a request at 2026-07-01T12:00:00\.000Z"/)
    assert.match(nearMiss!, /The condition "until 2026-07-01" of this binding does not hold/)
  })

  test('the trace says for each member what was compared', () => {
    const trace: Check[] = []
    const set = `principalSet:${host}${pool}/attribute.repository/acme/other`
    const bindings = compileBindings([{ role: 'roles/iam.workloadIdentityUser', members: [set] }])
    may(bindings, workload, access, trace)
    assert.deepEqual(trace[0], {
      check: 'binding',
      outcome: 'fail',
      presented: 'acme/app',
      expected: 'acme/other',
      operator: 'roles/iam.workloadIdentityUser',
      source: 'bindings[0].members[0]',
      part: true,
    })
    assert.equal(trace[1]!.outcome, 'fail')
  })

  test('a member of every object is no attribute', () => {
    const trace: Check[] = []
    const set = `principalSet:${host}${pool}/attribute.constructor/x`
    const bindings = compileBindings([{ role: 'roles/iam.workloadIdentityUser', members: [set] }])
    may(bindings, workload, access, trace)
    assert.equal(trace[0]!.presented, undefined)
  })

  test('the verdict is the same with a trace, and removing a binding lets nobody in', () => {
    const anyBinding = fc.record({
      role: fc.constantFrom(
        'roles/iam.workloadIdentityUser',
        'roles/iam.serviceAccountOpenIdTokenCreator',
        'roles/browser',
      ),
      members: fc.array(
        fc.constantFrom(
          everyone,
          `principalSet:${host}${pool}/group/dev`,
          `principalSet:${host}${pool}/group/qa`,
          'serviceAccount:loader@acme.iam.gserviceaccount.com',
        ),
        { maxLength: 3 },
      ),
      condition: fc.constantFrom(undefined, until('2026-07-02'), until('2026-07-01')),
    })
    fc.assert(
      fc.property(
        fc.array(anyBinding, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(workload, account),
        fc.constantFrom(access, openId),
        (documents, principal, permission) => {
          const bindings = compileBindings(documents)
          const granted = may(bindings, principal, permission)
          const trace: Check[] = []
          assert.equal(may(bindings, principal, permission, trace), granted)
          assert.equal(trace.at(-1)!.outcome, granted ? 'pass' : 'fail')
          if (!granted) assert.equal(may(bindings.slice(1), principal, permission), false)
        },
      ),
      { numRuns: 300 },
    )
  })
})
