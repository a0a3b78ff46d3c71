import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { account, type GoogleIamSide, googleIamSide } from '../../../test/google-iam-side.ts'
import { gitlab, strangeKey } from '../../../test/trust-side.ts'

const pools = 'acme/locations/global/workloadIdentityPools'
const ciPool = 'projects/111111111111/locations/global/workloadIdentityPools/ci-pool'
const provider = `${pools}/ci-pool/providers/main`
const createPool = `${pools}?workloadIdentityPoolId=ci-pool`
const createProvider = `${pools}/ci-pool/providers?workloadIdentityPoolProviderId=main`
const oidc = {
  attributeMapping: { 'google.subject': 'assertion.sub' },
  attributeCondition: 'assertion.namespace_path == "acme"',
  oidc: { issuerUri: gitlab },
}

async function withProvider({ call }: GoogleIamSide, body: unknown = oidc): Promise<void> {
  assert.equal((await call('POST', createPool, { displayName: 'CI' })).status, 200)
  const made = await call('POST', createProvider, body)
  assert.equal(made.status, 200, made.message)
}

test('a provider that IAM was told of exchanges tokens at once', async (t) => {
  const side = await googleIamSide(t)
  const { call, exchange } = side
  assert.equal((await exchange('ci-pool/providers/main')).error, 'invalid_target')
  await withProvider(side)
  assert.match((await exchange('ci-pool/providers/main')).access_token ?? '', /^ya29\./)
  const elsewhere = await exchange('ci-pool/providers/main', { namespace_path: 'x' })
  assert.equal(elsewhere.error, 'unauthorized_client')
  const { body } = await call('GET', provider)
  assert.deepEqual(body, { name: `${ciPool}/providers/main`, state: 'ACTIVE', ...oidc })
  const byNumber = await call('GET', '111111111111/locations/global/workloadIdentityPools/ci-pool')
  assert.deepEqual(byNumber.body, { name: ciPool, displayName: 'CI', state: 'ACTIVE' })
})

for (const [what, path, create] of [
  ['provider', provider, createProvider],
  ['pool', `${pools}/ci-pool`, createPool],
] as const)
  test(`a deleted ${what} is not trusted and does not change, keeps its name, and comes back with undelete`, async (t) => {
    const side = await googleIamSide(t)
    const { call, exchange } = side
    await withProvider(side)
    const asked = async () => (await exchange('ci-pool/providers/main')).error
    assert.equal(await asked(), undefined)
    const { response } = (await call('DELETE', path)).body
    assert.deepEqual([response.state, response.expireTime], ['DELETED', '2026-12-22T00:00:00Z'])
    assert.equal(await asked(), 'invalid_target')
    assert.equal((await call('GET', path)).body.state, 'DELETED')
    assert.equal((await call('POST', create, what === 'pool' ? {} : oidc)).code, 'ALREADY_EXISTS')
    for (const [method, to] of [
      ['PATCH', `${path}?updateMask=disabled`],
      ['DELETE', path],
    ] as const)
      assert.equal((await call(method, to, { disabled: true })).code, 'FAILED_PRECONDITION')
    assert.equal((await call('POST', `${path}:undelete`, {})).body.response.expireTime, undefined)
    assert.equal((await call('POST', `${path}:undelete`, {})).code, 'FAILED_PRECONDITION')
    assert.equal(await asked(), undefined)
  })

test('30 days after, a pool and all that was in it are gone, and its name is free', async (t) => {
  const side = await googleIamSide(t)
  const { call, clock } = side
  await withProvider(side)
  await call('DELETE', `${pools}/ci-pool`)
  const other = `${pools}/ci-pool/providers?workloadIdentityPoolProviderId=other`
  assert.equal((await call('POST', other, oidc)).code, 'FAILED_PRECONDITION')
  clock.jump(30 * 24 * 3_600_000)
  assert.equal((await call('POST', `${pools}/ci-pool:undelete`, {})).code, 'NOT_FOUND')
  assert.equal((await call('POST', createPool, {})).status, 200)
  assert.equal((await call('GET', provider)).code, 'NOT_FOUND')
})

test('what was deleted is stored no longer than it can be undeleted, but for the next change', async (t) => {
  const side = await googleIamSide(t)
  const { call, clock, sts } = side
  await withProvider(side)
  const kept = () => sts.registry.view().list('google/111111111111/pool/ci-pool').length
  await call('DELETE', `${pools}/ci-pool`)
  clock.jump(30 * 24 * 3_600_000 - 1000)
  await call('POST', `${pools}?workloadIdentityPoolId=other-pool`, {})
  assert.equal(kept(), 2)
  clock.jump(1000)
  await call('DELETE', `${pools}/other-pool`)
  assert.equal(kept(), 0)
  assert.equal((await call('POST', `${pools}/other-pool:undelete`, {})).status, 200)
})

test('a patch changes what its mask names, and clears what the body leaves out', async (t) => {
  const side = await googleIamSide(t)
  const { call } = side
  await withProvider(side, { ...oidc, description: 'of the group', displayName: 'GitLab' })
  const mask = 'oidc.allowedAudiences,description,display_name'
  const given = { oidc: { allowedAudiences: ['a'] }, displayName: 'Jobs', disabled: true }
  const { body } = await call('PATCH', `${provider}?updateMask=${mask}`, given)
  const { '@type': type, name, ...now } = body.response
  assert.equal(type, 'type.googleapis.com/google.iam.v1.WorkloadIdentityPoolProvider')
  const changed = { issuerUri: gitlab, allowedAudiences: ['a'] }
  assert.deepEqual(now, { displayName: 'Jobs', state: 'ACTIVE', ...oidc, oidc: changed })
  for (const wrong of ['', 'name', 'disabled,saml'])
    assert.equal((await call('PATCH', `${provider}?updateMask=${wrong}`, {})).code, 'INVALID_ARGUMENT', wrong)
})

test('a disabled provider exchanges nothing until it is enabled', async (t) => {
  const side = await googleIamSide(t)
  await withProvider(side)
  const disable = (disabled: boolean) => side.call('PATCH', `${provider}?updateMask=disabled`, { disabled })
  assert.equal((await disable(true)).body.response.disabled, true)
  assert.equal((await side.exchange('ci-pool/providers/main')).error, 'invalid_target')
  await disable(false)
  assert.equal((await side.exchange('ci-pool/providers/main')).error, undefined)
})

const publicKey = (side: GoogleIamSide) => side.sts.keys.jwks(gitlab)![0]!

test('a provider verifies with the keys that were uploaded, and a JWKS that Google would not take is refused', async (t) => {
  const side = await googleIamSide(t)
  const withKeys = (...keys: object[]) => ({
    ...oidc,
    oidc: { issuerUri: 'https://offline.example', jwksJson: JSON.stringify({ keys }) },
  })
  await withProvider(side, withKeys(publicKey(side)))
  const claims = { iss: 'https://offline.example' }
  const signed = { key: side.sts.keys.signing(gitlab) }
  assert.equal((await side.exchange('ci-pool/providers/main', claims, signed)).error, undefined)
  assert.equal(
    (await side.exchange('ci-pool/providers/main', claims, { key: strangeKey('stranger') })).error,
    'invalid_grant',
  )
  for (const keys of [
    [],
    [{ ...publicKey(side), x5c: ['MII'] }],
    [{ kty: 'oct', k: 'c2VjcmV0' }],
    [{ ...publicKey(side), d: 'AQAB' }],
    [{ kty: 'RSA', kid: 'a', n: '', e: 'AQAB' }],
  ]) {
    const refused = await side.call('PATCH', `${provider}?updateMask=oidc.jwksJson`, withKeys(...keys))
    assert.equal(refused.message, 'Input JWK is not in a valid json format', JSON.stringify(keys))
  }
})

test('an AWS provider has the mapping of Google where it is given none', async (t) => {
  const side = await googleIamSide(t)
  await withProvider(side, { aws: { accountId: '123456789012' } })
  const { attributeMapping, aws } = (await side.call('GET', provider)).body
  assert.deepEqual(aws, { accountId: '123456789012' })
  assert.equal(attributeMapping['google.subject'], 'assertion.arn')
  assert.match(attributeMapping['attribute.aws_role'], /^assertion\.arn\.contains\('assumed-role'\) \?/)
})

const mapped = (mapping: object) => ({ ...oidc, attributeMapping: { ...oidc.attributeMapping, ...mapping } })
const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`attribute.a${i}`, 'assertion.sub']))
const refusedBodies: readonly [what: string, body: object, says: RegExp][] = [
  ['no mapping', { oidc: oidc.oidc }, /google\.subject/],
  ['no subject', { ...oidc, attributeMapping: { 'attribute.a': 'assertion.sub' } }, /google\.subject/],
  [
    'a key of no kind',
    mapped({ 'assertion.aud': 'assertion.aud' }),
    /^Invalid mapped attribute key: assertion\.aud\. Custom mapped attributes must be in format 'attribute\.\{custom_attribute\}'$/,
  ],
  ['a key in capitals', mapped({ 'attribute.Ref': 'assertion.ref' }), /attribute\.NAME/],
  ['51 attributes', mapped(many), /at most 50/],
  ['a mapping that is too long', mapped({ 'attribute.a': `'${'x'.repeat(2047)}'` }), /2048/],
  ['a mapping with a mistake', mapped({ 'attribute.a': 'assertion.' }), /CEL/],
  ['a mapping that reads what is not there', mapped({ 'attribute.a': 'google.subject' }), /variable/],
  ['a condition that is too long', { ...oidc, attributeCondition: `'${'x'.repeat(4095)}' != ''` }, /4096/],
  [
    'a condition with an unknown function',
    { ...oidc, attributeCondition: 'assertion.sub.md5() == ""' },
    /md5/,
  ],
  [
    'a shared issuer and no condition',
    { ...oidc, attributeCondition: '' },
    /^The attribute condition must reference one of the provider's claims\./,
  ],
  [
    'a shared issuer and a condition that reads nothing',
    { ...oidc, attributeCondition: 'true' },
    /reference one of/,
  ],
  ['an issuer by HTTP', { ...oidc, oidc: { issuerUri: 'http://gitlab.com' } }, /https/],
  ['two kinds', { ...oidc, aws: { accountId: '123456789012' } }, /either oidc or aws/],
  ['neither kind', { attributeMapping: oidc.attributeMapping }, /either oidc or aws/],
  [
    '11 audiences',
    { ...oidc, oidc: { issuerUri: gitlab, allowedAudiences: Array(11).fill('a') } },
    /at most 10/,
  ],
  ['a long display name', { ...oidc, displayName: 'x'.repeat(33) }, /32/],
  [
    'an unknown member',
    { ...oidc, audience: 'a' },
    /^Invalid JSON payload received\. Unknown name "audience" at 'workload_identity_pool_provider': Cannot find field\.$/,
  ],
  ['a member of ours', { ...oidc, oidc: { issuerUri: gitlab, reach: 'any' } }, /Unknown name "reach"/],
  ['a SAML provider', { ...oidc, saml: {} }, /does not support saml/],
]

describe('a provider is refused when it is written', () => {
  for (const [what, body, says] of refusedBodies)
    test(`with ${what}`, async (t) => {
      const { call } = await googleIamSide(t)
      await call('POST', createPool, {})
      const refused = await call('POST', createProvider, body)
      assert.deepEqual([refused.status, refused.code], [400, 'INVALID_ARGUMENT'])
      assert.match(refused.message!, says)
      assert.equal((await call('GET', provider)).code, 'NOT_FOUND')
    })
})

test('a pool has an ID of Google’s form and no feature that is not here', async (t) => {
  const { call } = await googleIamSide(t)
  for (const id of ['abc', 'gcp-pool', 'Pool', 'x'.repeat(33), 'a/b', ''])
    assert.equal(
      (await call('POST', `${pools}?workloadIdentityPoolId=${id}`, {})).code,
      'INVALID_ARGUMENT',
      id,
    )
  for (const body of [
    { mode: 'TRUST_DOMAIN' },
    { sessionDuration: '600s' },
    { disabled: 'yes' },
    { name: 1, x: 1 },
  ])
    assert.equal((await call('POST', createPool, body)).code, 'INVALID_ARGUMENT', JSON.stringify(body))
  assert.equal(
    (await call('POST', createPool, { mode: 'FEDERATION_ONLY', name: 'x', description: null })).status,
    200,
  )
})

test('lists come in pages, with what is deleted where that is asked for', async (t) => {
  const { call } = await googleIamSide(t)
  for (const id of ['pool-1', 'pool-2', 'pool-3'])
    await call('POST', `${pools}?workloadIdentityPoolId=${id}`, {})
  await call('DELETE', `${pools}/pool-2`)
  const listed = async (query: string) => {
    const { body } = await call('GET', `${pools}?${query}`)
    const names = body.workloadIdentityPools.map(({ name }: { name: string }) => name.split('/').at(-1))
    return { names, token: body.nextPageToken as string | undefined }
  }
  assert.deepEqual((await listed('')).names, ['bq-pool', 'pool-1', 'pool-3'])
  const { names, token } = await listed('showDeleted=True&pageSize=2')
  assert.deepEqual(names, ['bq-pool', 'pool-1'])
  assert.deepEqual(await listed(`showDeleted=true&pageToken=${token}`), {
    names: ['pool-2', 'pool-3'],
    token: undefined,
  })
  assert.deepEqual(
    (await call('GET', `${pools}/bq-pool/providers`)).body.workloadIdentityPoolProviders.length,
    3,
  )
  assert.equal((await call('GET', `${pools}?pageToken=x`)).code, 'INVALID_ARGUMENT')
  assert.equal((await call('GET', `${pools}/nowhere/providers`)).code, 'NOT_FOUND')
})

test('an operation can be asked for again at any time, and one that never was cannot', async (t) => {
  const side = await googleIamSide(t)
  const { name, done } = (await side.call('POST', createPool, {})).body
  assert.match(name, new RegExp(`^${ciPool}/operations/[\\w-]+$`))
  assert.equal(done, true)
  const id = name.split('/').at(-1)
  const again = (await side.call('GET', `${pools}/ci-pool/operations/${id}`)).body
  assert.deepEqual([again.name, again.done, again.response.name], [name, true, ciPool])
  for (const other of [`${pools}/bq-pool/operations/${id}`, `${pools}/ci-pool/operations/x`])
    assert.equal((await side.call('GET', other)).code, 'NOT_FOUND')
})

test('what the trust file says is not changed by a call, and takes more providers', async (t) => {
  const { call } = await googleIamSide(t)
  for (const path of [`${pools}/bq-pool`, `${pools}/bq-pool/providers/gitlab`]) {
    const refused = await call('PATCH', `${path}?updateMask=disabled`, { disabled: true })
    assert.deepEqual([refused.status, refused.code], [400, 'FAILED_PRECONDITION'])
    assert.match(refused.message!, /trust file/)
    assert.equal((await call('DELETE', path)).code, 'FAILED_PRECONDITION')
  }
  const added = await call('POST', `${pools}/bq-pool/providers?workloadIdentityPoolProviderId=more`, oidc)
  assert.equal(added.status, 200)
})

test('what one has no role for is refused as by Google, and the operator is told which binding came near', async (t) => {
  const { call, records } = await googleIamSide(t)
  const refused = await call('POST', createPool, {}, { by: account('viewer') })
  assert.deepEqual(refused.body, {
    error: {
      code: 403,
      message:
        "Permission 'iam.workloadIdentityPools.create' denied on resource '//iam.googleapis.com/projects/acme/locations/global' (or it may not exist).",
      status: 'PERMISSION_DENIED',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'IAM_PERMISSION_DENIED',
          domain: 'iam.googleapis.com',
          metadata: {
            permission: 'iam.workloadIdentityPools.create',
            resource: 'projects/acme/locations/global',
          },
        },
      ],
    },
  })
  const record = records.at(-1)!
  assert.deepEqual([record.code, record.action], ['TRUST_DENIED', 'workloadIdentityPools.create'])
  assert.equal(record.who?.principal, `serviceAccount:${account('viewer')}`)
  const near = record.checks?.find(({ source }) => source === 'project.bindings[1].members[0]')
  assert.equal(near?.hint, 'roles/viewer does not give this permission')
  assert.equal((await call('GET', pools, undefined, { by: account('viewer') })).status, 200)
  assert.equal((await call('POST', createPool, {}, { by: account('pools') })).status, 200)
  assert.equal((await call('GET', pools, undefined, { by: account('nobody') })).code, 'PERMISSION_DENIED')
  const elsewhere = await call('GET', 'other/locations/global/workloadIdentityPools')
  assert.equal(elsewhere.code, 'PERMISSION_DENIED')
})

test('a bearer has to be ours, alive, and for IAM', async (t) => {
  const { call, send, bearer, clock } = await googleIamSide(t)
  const narrow = await call('GET', pools, undefined, { scopes: ['https://www.googleapis.com/auth/bigquery'] })
  assert.equal(narrow.body.error.details[0].metadata.service, 'iam.googleapis.com')
  const iam = { scopes: ['https://www.googleapis.com/auth/iam'] }
  assert.equal((await call('GET', pools, undefined, iam)).status, 200)
  const downscoped = await call('GET', pools, undefined, { boundary: { accessBoundaryRules: [] } })
  assert.equal(downscoped.code, 'PERMISSION_DENIED')
  const token = bearer()
  const by = async (headers: Record<string, string>) =>
    (await send(`https://iam.googleapis.com/v1/projects/${pools}`, { headers })).code
  assert.equal(await by({}), 'UNAUTHENTICATED')
  assert.equal(await by({ authorization: 'Bearer ya29.foreign' }), 'UNAUTHENTICATED')
  assert.equal(await by({ authorization: `Bearer ${token}` }), undefined)
  clock.jump(3_600_000)
  assert.equal(await by({ authorization: `Bearer ${token}` }), 'UNAUTHENTICATED')
})

test('where auditing is required and fails, nothing changes', async (t) => {
  const { call, sts } = await googleIamSide(t, {
    required: true,
    sinks: [() => Promise.reject(new Error('full'))],
  })
  assert.equal((await call('POST', createPool, {})).status, 500)
  assert.equal(sts.registry.trust().google[0]!.pools.length, 1)
})

test('methods and paths that are not here say so', async (t) => {
  const { call } = await googleIamSide(t)
  for (const [method, path] of [
    ['PUT', `${pools}/bq-pool`],
    ['POST', `${pools}/bq-pool:setIamPolicy`],
    ['GET', `${pools}/bq-pool:undelete`],
    ['GET', `${pools}/bq-pool/namespaces`],
    ['GET', 'acme/locations/eu/workloadIdentityPools'],
    ['POST', `${pools}/bq-pool/operations/x`],
  ] as const)
    assert.match((await call(method, path)).message ?? '', /^Mayfly does not support/, path)
})
