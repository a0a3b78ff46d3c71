import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure } from '../../../test/workload.ts'
import { isGoogleIam, routeOf } from './iam-route.ts'

const account = '/v1/projects/-/serviceAccounts/x@acme.iam.gserviceaccount.com'

test('what has the same path and is of the API for credentials is none of IAM', () => {
  for (const path of [account, `${account}:getIamPolicy`, '/v1/projects/acme/serviceAccounts'])
    assert.equal(isGoogleIam({ path }), true, path)
  for (const path of [`${account}:generateAccessToken`, `${account}:signJwt`, `${account}/allowedLocations`])
    assert.equal(isGoogleIam({ path }), false, path)
})

test('what an HTTP method says is no verb, and a collection has none', () => {
  const accounts = '/v1/projects/acme/serviceAccounts'
  const one = `${accounts}/x@acme.iam.gserviceaccount.com`
  for (const [method, path, name] of [
    ['POST', accounts, 'serviceAccounts.create'],
    ['GET', accounts, 'serviceAccounts.list'],
    ['DELETE', one, 'serviceAccounts.delete'],
    ['POST', `${one}:disable`, 'serviceAccounts.disable'],
  ] as const)
    assert.equal(routeOf({ method, path }).name, name)
  for (const path of [
    ...['create', 'list', 'get', 'patch', 'delete'].map((verb) => `${one}:${verb}`),
    ...['list', 'undelete', 'setIamPolicy', 'testIamPermissions'].map((verb) => `${accounts}:${verb}`),
    '/v1/projects/acme/locations/global/workloadIdentityPools/ci-pool:list',
    '/v1/projects/acme/locations/global/workloadIdentityPools/ci-pool/providers:create',
  ])
    assert.throws(() => routeOf({ method: 'POST', path }), failure('REQUEST_UNSUPPORTED', path), path)
})
