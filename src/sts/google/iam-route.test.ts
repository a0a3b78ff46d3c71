import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isGoogleIam } from './iam-route.ts'

const account = '/v1/projects/-/serviceAccounts/x@acme.iam.gserviceaccount.com'

test('what has the same path and is of the API for credentials is none of IAM', () => {
  for (const path of [account, `${account}:getIamPolicy`, '/v1/projects/acme/serviceAccounts'])
    assert.equal(isGoogleIam({ path }), true, path)
  for (const path of [`${account}:generateAccessToken`, `${account}:signJwt`, `${account}/allowedLocations`])
    assert.equal(isGoogleIam({ path }), false, path)
})
