import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MayflyError } from '../errors.ts'
import type { Check } from './decision.ts'
import {
  compileBindings,
  compileMember,
  evaluateBindings,
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
    assert.equal(evaluateBindings(bindings, workload, openId), true)
    assert.equal(evaluateBindings(bindings, workload, access), false)
    assert.equal(evaluateBindings(bindings, account, openId), false)
    assert.equal(evaluateBindings([], workload, openId), false)
  })

  test('with a condition are refused, since it would not be looked at', () => {
    const binding = {
      role: 'roles/iam.workloadIdentityUser',
      members: [],
      condition: { expression: 'false' },
    }
    assert.throws(
      () => compileBindings([binding], 'serviceAccounts[0].bindings'),
      (error) =>
        error instanceof MayflyError &&
        error.code === 'TRUST_POLICY' &&
        error.values.path === 'serviceAccounts[0].bindings[0].condition',
    )
  })

  test('the trace says for each member what was compared', () => {
    const trace: Check[] = []
    const set = `principalSet:${host}${pool}/attribute.repository/acme/other`
    const bindings = compileBindings([{ role: 'roles/iam.workloadIdentityUser', members: [set] }])
    evaluateBindings(bindings, workload, access, trace)
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
    evaluateBindings(bindings, workload, access, trace)
    assert.equal(trace[0]!.presented, undefined)
  })

  test('the verdict is the same with a trace, and removing a binding lets nobody in', () => {
    const anyBinding = fc.record({
      role: fc.constantFrom(
        'roles/iam.workloadIdentityUser',
        'roles/iam.serviceAccountOpenIdTokenCreator',
        'roles/viewer',
      ),
      members: fc.array(
        fc.constantFrom(
          everyone,
          `principalSet:${host}${pool}/group/dev`,
          `principalSet:${host}${pool}/group/qa`,
          'allUsers',
          'serviceAccount:loader@acme.iam.gserviceaccount.com',
        ),
        { maxLength: 3 },
      ),
    })
    fc.assert(
      fc.property(
        fc.array(anyBinding, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(workload, account),
        fc.constantFrom(access, openId),
        (documents, principal, permission) => {
          const bindings = compileBindings(documents)
          const granted = evaluateBindings(bindings, principal, permission)
          const trace: Check[] = []
          assert.equal(evaluateBindings(bindings, principal, permission, trace), granted)
          assert.equal(trace.at(-1)!.outcome, granted ? 'pass' : 'fail')
          if (!granted) assert.equal(evaluateBindings(bindings.slice(1), principal, permission), false)
        },
      ),
      { numRuns: 300 },
    )
  })
})
