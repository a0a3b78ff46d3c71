import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MayflyError } from '../errors.ts'
import { parseTrust } from './trust-file.ts'

const tenantId = '11111111-1111-4111-8111-111111111111'
const appId = '22222222-2222-4222-8222-222222222222'
const resourceId =
  '/subscriptions/s/resourceGroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/loader'
const main = {
  name: 'main',
  issuer: 'https://gitlab.com',
  subject: 's',
  audiences: ['api://AzureADTokenExchange'],
}
const flexible = { value: "claims['sub'] eq 'a'", languageVersion: 1 }

const parsed = (tenant: object) =>
  parseTrust(JSON.stringify({ entra: [{ tenantId, ...tenant }] }), 'trust.json').entra![0]!
const application = (more: object) => parsed({ applications: [{ appId, ...more }] }).applications[0]!
const credentials = (...all: object[]) =>
  application({ federatedIdentityCredentials: all }).federatedIdentityCredentials

test('an application has object IDs and the first version of tokens unless it says others', () => {
  const made = application({})
  assert.match(made.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.notEqual(made.id, made.servicePrincipal.id)
  assert.deepEqual(made, application({}))
  assert.equal(made.api.requestedAccessTokenVersion, 1)
  const said = application({
    appId: appId.toUpperCase(),
    api: { requestedAccessTokenVersion: 2 },
    id: tenantId,
  })
  assert.deepEqual([said.appId, said.id, said.api.requestedAccessTokenVersion], [appId, tenantId, 2])
  assert.equal(application({ api: { requestedAccessTokenVersion: null } }).api.requestedAccessTokenVersion, 1)
})

test('a credential is taken as Graph prints it, with what is empty in it', () => {
  const printed = { ...main, id: appId, description: '', claimsMatchingExpression: null }
  assert.deepEqual(credentials(printed), [{ ...main, id: appId }])
  const other = { name: 'tags', issuer: main.issuer, subject: null, claimsMatchingExpression: flexible }
  assert.deepEqual(credentials(other), [
    { name: 'tags', issuer: main.issuer, audiences: main.audiences, claimsMatchingExpression: flexible },
  ])
})

test('a managed identity has credentials as an application does', () => {
  const identity = { id: resourceId, clientId: appId, federatedIdentityCredentials: [main] }
  const [first] = parsed({ userAssignedIdentities: [identity] }).userAssignedIdentities!
  assert.deepEqual(first!.federatedIdentityCredentials, [main])
  assert.match(first!.principalId, /^[0-9a-f-]{36}$/)
})

const many = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ ...main, name: `main-${i}`, subject: `s${i}` }))

test('twenty credentials are taken', () => {
  assert.equal(credentials(...many(20)).length, 20)
})

for (const [what, all] of Object.entries({
  'a twenty-first credential': many(21),
  'two audiences': [{ ...main, audiences: ['a', 'b'] }],
  'no audience': [{ ...main, audiences: [] }],
  'an audience of 601 characters': [{ ...main, audiences: ['a'.repeat(601)] }],
  'a name of two characters': [{ ...main, name: 'ab' }],
  'a name with a dot': [{ ...main, name: 'a.b.c' }],
  'a subject and an expression': [{ ...main, claimsMatchingExpression: flexible }],
  'neither of them': [{ ...main, subject: undefined }],
  'another language version': [
    { ...main, subject: undefined, claimsMatchingExpression: { ...flexible, languageVersion: 2 } },
  ],
  'a name that was given already': [main, { ...main, subject: 'other' }],
  'an issuer and subject that were given already': [main, { ...main, name: 'other' }],
}))
  test(`${what} is refused, with its line`, () => {
    assert.throws(
      () => credentials(...all),
      (error: MayflyError) => error.code === 'REGISTRY_DOCUMENT' && error.attempts.length === 1,
    )
  })

for (const [what, tenant] of Object.entries({
  'a tenant by its domain': { tenantId: 'acme.onmicrosoft.com' },
  'an application twice': { applications: [{ appId }, { appId: appId.toUpperCase() }] },
  'an application by its name': { applications: [{ appId: 'deploy' }] },
  'an identity by its name': { userAssignedIdentities: [{ id: 'loader', clientId: appId }] },
  'an assignment without a resource': {
    applications: [{ appId, appRoleAssignments: [{ appRole: 'Application.ReadWrite.All' }] }],
  },
}))
  test(`${what} is refused`, () => {
    assert.throws(() => parsed(tenant), { code: 'REGISTRY_DOCUMENT' })
  })
