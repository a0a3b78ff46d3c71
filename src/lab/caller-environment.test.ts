import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutCloudVariables } from './caller-environment.ts'

test('a caller’s own identity, its CI platform and its proxies are left out, and the rest stays', () => {
  const foreign = {
    AWS_ACCESS_KEY_ID: 'x',
    AWS_PROFILE: 'x',
    GOOGLE_APPLICATION_CREDENTIALS: 'x',
    CLOUDSDK_CONFIG: 'x',
    AZURE_CLIENT_ID: 'x',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
    GITHUB_TOKEN: 'x',
    CI_JOB_JWT: 'x',
    CIRCLECI: 'true',
    CIRCLE_OIDC_TOKEN_V2: 'x',
    BITBUCKET_STEP_OIDC_TOKEN: 'x',
    BUILDKITE_AGENT_ACCESS_TOKEN: 'x',
    TFC_WORKLOAD_IDENTITY_TOKEN: 'x',
    SYSTEM_ACCESSTOKEN: 'x',
    SYSTEM_OIDCREQUESTURI: 'x',
    MSI_SECRET: 'x',
    IDENTITY_HEADER: 'x',
    BOTO_CONFIG: 'x',
    KUBERNETES_SERVICE_HOST: 'x',
    HTTPS_PROXY: 'x',
    https_proxy: 'x',
    SSL_CERT_DIR: 'x',
    MAYFLY_LAB_INSIDE: '1',
  }
  const own = { PATH: '/bin', HOME: '/home/jo', CI: 'true', DATABASE_URL: 'x' }
  assert.deepEqual(withoutCloudVariables({ ...foreign, ...own }), own)
})
