import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { failure, folderOf } from '../../test/workload.ts'
import type { Environment } from '../world.ts'
import { readExternalAccount } from './external-account.ts'

const audience =
  '//iam.googleapis.com/projects/111111111111/locations/global/workloadIdentityPools/bq-pool/providers/aws-provider'
const impersonation =
  'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/loader@acme.iam.gserviceaccount.com:generateAccessToken'

// As `gcloud iam workload-identity-pools create-cred-config … --aws` writes it.
const fromAws = {
  type: 'external_account',
  audience,
  subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
  service_account_impersonation_url: impersonation,
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: {
    environment_id: 'aws1',
    region_url: 'http://169.254.169.254/latest/meta-data/placement/availability-zone',
    url: 'http://169.254.169.254/latest/meta-data/iam/security-credentials',
    regional_cred_verification_url:
      'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
  },
}
const fromFile = {
  ...fromAws,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  credential_source: { file: 'token' },
}

function readText(t: TestContext, text: string, env: Environment = {}) {
  const folder = folderOf(t, { 'wif.json': text })
  return readExternalAccount({ GOOGLE_APPLICATION_CREDENTIALS: 'wif.json', ...env }, folder)
}
const read = (t: TestContext, value: unknown, env: Environment = {}) =>
  readText(t, JSON.stringify(value, null, 2), env)

async function planOf(t: TestContext, value: unknown, env: Environment = {}) {
  const finding = await read(t, value, env)
  assert.ok('plan' in finding)
  return finding.plan
}

test("story 1's JSON: AWS credentials from wherever they are, and none of the metadata addresses", async (t) => {
  const plan = await planOf(t, fromAws)
  assert.deepEqual(plan, {
    name: 'google',
    from: { gives: 'aws' },
    steps: [
      {
        to: 'google',
        provider: audience,
        scopes: ['https://www.googleapis.com/auth/cloud-platform'],
        tokenUrl: 'https://sts.googleapis.com/v1/token',
        subjectTokenType: 'urn:ietf:params:aws:token-type:aws4_request',
        impersonation: { email: 'loader@acme.iam.gserviceaccount.com', url: impersonation },
      },
    ],
    deliveries: ['gce'],
    project: 'acme',
    origin: plan.origin,
  })
  assert.match(plan.origin, /^GOOGLE_APPLICATION_CREDENTIALS=\/.*wif\.json$/)
})

test('a token file, as text or as a member of JSON, and no other source', async (t) => {
  const plan = await planOf(t, fromFile)
  assert.equal(plan.from.name, 'token-file')
  assert.match(plan.from.file ?? '', /^\/.*\/token$/)
  const format = { type: 'json', subject_token_field_name: 'access_token' }
  const json = await planOf(t, { ...fromFile, credential_source: { file: '/t', format } })
  assert.deepEqual(json.from, { name: 'token-file', file: '/t', field: 'access_token' })
})

test('without impersonation there is none, and the lifetime goes where there is', async (t) => {
  const { service_account_impersonation_url: _, ...direct } = fromAws
  const [step] = (await planOf(t, direct)).steps
  assert.ok(step.to === 'google' && step.impersonation === undefined)
  const timed = await planOf(t, {
    ...fromAws,
    service_account_impersonation: { token_lifetime_seconds: 1200 },
  })
  assert.equal(timed.steps[0].to === 'google' && timed.steps[0].impersonation?.lifetimeSeconds, 1200)
})

test("the project is the one that variables name, then the service account's, then the quota project", async (t) => {
  assert.equal((await planOf(t, fromAws, { GOOGLE_CLOUD_PROJECT: 'mine' })).project, 'mine')
  const { service_account_impersonation_url: _, ...direct } = fromAws
  assert.equal((await planOf(t, { ...direct, quota_project_id: 'quota' })).project, 'quota')
  assert.equal((await planOf(t, direct)).project, undefined)
})

test("gcloud's own variable serves where the libraries' is not set", async (t) => {
  const finding = await read(t, fromAws, {
    GOOGLE_APPLICATION_CREDENTIALS: '',
    CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: 'wif.json',
  })
  assert.ok('plan' in finding && finding.plan.origin.startsWith('CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE='))
})

test('a token service on loopback may be asked over HTTP, and no other', async (t) => {
  await planOf(t, { ...fromAws, token_url: 'http://127.0.0.1:8080/v1/token' })
  for (const member of ['token_url', 'service_account_impersonation_url'] as const) {
    const wrong = { ...fromAws, [member]: fromAws[member].replace('https:', 'http:') }
    await assert.rejects(read(t, wrong), failure('CONFIG_FIELD', member, 'must be https'))
  }
})

test('a file without `type` is CONFIG_TYPE, in so many words', async (t) => {
  await assert.rejects(read(t, { audience }), failure('CONFIG_TYPE', 'has no `type` field'))
})

test('a stored key is CONFIG_TYPE, said to be one, and not shown', async (t) => {
  for (const type of ['service_account', 'authorized_user'])
    await assert.rejects(
      read(t, { type, private_key: 'hush-hush', refresh_token: 'hush-hush' }),
      (error: Error) => {
        assert.ok(!JSON.stringify(error).includes('hush-hush') && !error.message.includes('hush-hush'))
        return failure('CONFIG_TYPE', 'stored key', type)(error)
      },
    )
  await assert.rejects(
    read(t, { type: 'gdch_service_account' }),
    failure('CONFIG_TYPE', 'gdch_service_account'),
  )
  await assert.rejects(read(t, [fromAws]), failure('CONFIG_TYPE', 'not a JSON object'))
})

test('broken JSON is CONFIG_SYNTAX with its line, and without a piece of the file', async (t) => {
  const text = '{\n  "type": "service_account",\n  "private_key": "hush-hush"\n  "x": 1\n}\n'
  await assert.rejects(readText(t, text), (error: Error) => {
    assert.ok(!`${error.message}${error.cause}`.includes('hush'))
    return failure('CONFIG_SYNTAX', 'wif.json:4')(error)
  })
  const twice = '{\n  "hush": "hush",\n  "hush": "hush"\n}'
  for (const [broken, place] of [
    ['hush-hush', 'wif.json'],
    ['{\n  "hush": "hush",\n}', 'wif.json:3'],
    [twice, 'wif.json:3'],
  ] as const)
    await assert.rejects(readText(t, broken), (error: Error) => {
      assert.ok(!`${error.message}${error.cause}`.includes('hush'))
      return failure('CONFIG_SYNTAX', place)(error)
    })
})

test('what is malformed is named with its line, all at once', async (t) => {
  const { audience: _, ...rest } = fromAws
  await assert.rejects(
    read(t, { ...rest, token_url: 7, credential_source: 'x' }),
    failure(
      'CONFIG_FIELD',
      '3 mistakes',
      'audience: is missing',
      'wif.json:5: token_url: expected a text, got 7',
      'credential_source: expected an object',
    ),
  )
  const wrong: [object, string][] = [
    [{ audience: audience.replace('111111111111', 'acme') }, 'audience: expected'],
    [{ service_account_impersonation_url: 'https://x.example/v1' }, 'generateAccessToken'],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 'aws4_request'],
    [{ credential_source: {} }, 'credential_source: names neither'],
    [
      { ...fromFile, credential_source: { file: '/t', format: { type: 'json' } } },
      'subject_token_field_name: is missing',
    ],
    [
      { service_account_impersonation: { token_lifetime_seconds: 60 } },
      'token_lifetime_seconds: expected 600 to 43200',
    ],
  ]
  for (const [change, words] of wrong)
    await assert.rejects(read(t, { ...fromAws, ...change }), failure('CONFIG_FIELD', words))
})

test('what Mayfly does not do yet is CONFIG_UNSUPPORTED, naming it', async (t) => {
  const wrong: [object, string][] = [
    [{ credential_source: { url: 'http://127.0.0.1/' } }, '`url`'],
    [{ credential_source: { executable: { command: 'x' } } }, '`executable`'],
    [{ credential_source: { certificate: {} } }, '`certificate`'],
    [{ credential_source: { environment_id: 'aws2' } }, 'aws2'],
    [{ audience: '//iam.googleapis.com/locations/global/workforcePools/p/providers/q' }, 'workforce'],
    [{ ...fromFile, subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 'saml2'],
  ]
  for (const [change, words] of wrong)
    await assert.rejects(read(t, { ...fromAws, ...change }), failure('CONFIG_UNSUPPORTED', words))
})

test('a file that is missing is CONFIG_FILE with the variable and the path', async (t) => {
  const folder = folderOf(t)
  await assert.rejects(
    readExternalAccount({ GOOGLE_APPLICATION_CREDENTIALS: 'absent.json' }, folder),
    failure('CONFIG_FILE', 'GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'absent.json'), 'does not exist'),
  )
  await assert.rejects(
    readExternalAccount({ GOOGLE_APPLICATION_CREDENTIALS: '.' }, folder),
    failure('CONFIG_FILE'),
  )
})
