import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serveStorage } from '../../../test/fakes/storage.ts'
import {
  bigquery,
  callAccount,
  cloudPlatform,
  federatedToken,
  type Refusal,
} from '../../../test/google-side.ts'
import { loader, provider, type TrustSide, tokenOf, trustSide } from '../../../test/trust-side.ts'
import { MayflyError } from '../../errors.ts'
import { verifyAccessToken } from '../public.ts'
import { evaluateBoundary } from './evaluate-boundary.ts'

const bucket = 'projects/_/buckets/pictures'
const viewer = {
  availableResource: `//storage.googleapis.com/${bucket}`,
  availablePermissions: ['inRole:roles/storage.objectViewer'],
}
const boundary = { accessBoundaryRules: [viewer] }
const options = (accessBoundary: unknown = boundary) => JSON.stringify({ accessBoundary })

const form = (token: string, more: Record<string, string | undefined> = {}) => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  subject_token: token,
  options: options(),
  ...more,
})

async function accountToken(side: TrustSide): Promise<string> {
  const body = { scope: [cloudPlatform], lifetime: '1800s' }
  return (await callAccount(side, 'generateAccessToken', { body })).json<{ accessToken: string }>()
    .accessToken
}

async function downscoped(side: TrustSide, more: Record<string, string | undefined> = {}): Promise<string> {
  const answer = await side.form('/v1/token', form(await accountToken(side), more))
  assert.equal(answer.status, 200, answer.text)
  return answer.json<{ access_token: string }>().access_token
}

const verify = (side: TrustSide, token: string, evaluatesBoundary = true) =>
  verifyAccessToken(token, { keys: side.sts.keys, nowMs: side.clock.now(), evaluatesBoundary })
const fails = (code: string) => (error: unknown) => error instanceof MayflyError && error.code === code

test('an access token becomes one of the same account that ends with it and carries the boundary', async () => {
  const side = trustSide()
  const token = await accountToken(side)
  side.clock.jump(600_000)
  const answer = await side.form('/v1/token', form(token))
  const { access_token, ...rest } = answer.json<{ access_token: string }>()
  assert.deepEqual(rest, {
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 1200,
  })
  assert.deepEqual(verify(side, access_token), { ...verify(side, token), boundary })
  const record = side.records.at(-1)
  assert.deepEqual(
    [record?.action, record?.target, record?.who?.principal, record?.decision],
    ['DownscopeToken', viewer.availableResource, `serviceAccount:${loader}`, 'allow'],
  )
})

test('the boundary is read as every library writes it, and in JSON', async () => {
  const side = trustSide()
  const spaced = JSON.stringify({ accessBoundary: boundary }, null, 1)
  for (const text of [
    options(),
    encodeURIComponent(options()),
    encodeURIComponent(spaced).replaceAll('%20', '+'),
  ])
    assert.deepEqual(verify(side, await downscoped(side, { options: text })).boundary, boundary)
  const members = {
    grantType: form('').grant_type,
    requestedTokenType: form('').requested_token_type,
    subjectTokenType: form('').subject_token_type,
    subjectToken: await accountToken(side),
    options: options(),
  }
  const request = { method: 'POST', path: '/v1/token', query: '', body: JSON.stringify(members) }
  const answer = await side.send({ ...request, headers: [['Content-Type', 'application/json']] })
  assert.deepEqual(verify(side, answer.json<{ access_token: string }>().access_token).boundary, boundary)
})

test('scopes may become fewer, and not more', async () => {
  const side = trustSide()
  assert.deepEqual(verify(side, await downscoped(side, { scope: cloudPlatform })).scopes, [cloudPlatform])
  const wider = await side.form(
    '/v1/token',
    form(await accountToken(side), { scope: `${cloudPlatform} ${bigquery}` }),
  )
  assert.deepEqual([wider.status, wider.json().error], [400, 'invalid_scope'])
})

test('a downscoped token takes no second boundary', async () => {
  const side = trustSide()
  const wider = { accessBoundaryRules: [{ ...viewer, availablePermissions: ['inRole:roles/storage.admin'] }] }
  const answer = await side.form('/v1/token', form(await downscoped(side), { options: options(wider) }))
  assert.deepEqual([answer.status, answer.json().error], [400, 'invalid_request'])
  assert.equal(side.records.at(-1)?.code, 'TRUST_BOUNDARY')
})

test('a downscoped token stands for no service account, whoever is bound to it', async () => {
  const side = trustSide()
  const federated = federatedToken(side)
  assert.equal((await callAccount(side, 'generateAccessToken', { token: federated })).status, 200)
  const answer = await side.form('/v1/token', form(federated))
  const { access_token: token } = answer.json<{ access_token: string }>()
  for (const method of ['generateAccessToken', 'generateIdToken', 'signBlob', 'signJwt']) {
    const body = { scope: [bigquery], audience: 'x', payload: method === 'signJwt' ? '{}' : 'bWVvdw==' }
    const refused = await callAccount(side, method, { token, body })
    assert.deepEqual(
      [refused.status, refused.json<Refusal>().error.status],
      [403, 'PERMISSION_DENIED'],
      method,
    )
    assert.equal(side.records.at(-1)?.code, 'TRUST_BOUNDARY')
  }
})

test('a service that does not evaluate boundaries refuses a downscoped token', async () => {
  const side = trustSide()
  const token = await downscoped(side)
  assert.throws(() => verify(side, token, false), fails('TRUST_BOUNDARY'))
  const decision = evaluateBoundary(verify(side, token), {
    permission: 'storage.objects.delete',
    resource: bucket,
  })
  assert.match(decision.nearMiss ?? '', /None of its roles gives storage\.objects\.delete/)
  const unbounded = evaluateBoundary(verify(side, await accountToken(side)), {
    permission: 'x',
    resource: 'x',
  })
  assert.equal(unbounded.decision, 'allow')
})

test('a boundary that is none is refused with its place, and so are no boundary and one too large to carry', async () => {
  const side = trustSide()
  const token = await accountToken(side)
  const describe = async (more: Record<string, string | undefined>) => {
    const answer = await side.form('/v1/token', form(token, more))
    assert.deepEqual([answer.status, answer.json().error], [400, 'invalid_request'])
    return answer.json().error_description as string
  }
  assert.match(await describe({ options: undefined }), /options\.accessBoundary/)
  assert.match(
    await describe({ options: '{"accessBoundary":{}}' }),
    /accessBoundary\.accessBoundaryRules is absent/,
  )
  const misspelled = { accessBoundaryRules: [{ ...viewer, availabilityConditon: {} }] }
  assert.match(await describe({ options: options(misspelled) }), /\[0\]\.availabilityConditon/)
  const long = { ...viewer, availabilityCondition: { expression: `resource.name != '${'x'.repeat(1900)}'` } }
  const large = { accessBoundaryRules: Array.from({ length: 5 }, () => long) }
  assert.match(await describe({ options: options(large) }), /too large/)
})

test('a token that is foreign, has expired or outlives its account is not downscoped', async () => {
  const side = trustSide()
  const token = await accountToken(side)
  const refused = async (subject: string) => {
    const answer = await side.form('/v1/token', form(subject))
    assert.equal(
      answer.text,
      '{"error":"invalid_grant","error_description":"The access token is invalid or has expired."}',
    )
  }
  await refused('ya29.foreign')
  await refused(await accountToken(trustSide()))
  side.clock.jump(1_800_000)
  await refused(token)
})

test('the exchange of an external token takes a boundary with it', async () => {
  const side = trustSide()
  const answer = await side.form('/v1/token', {
    ...form(tokenOf(side, { aud: `https:${provider}/gitlab` })),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    audience: `${provider}/gitlab`,
    scope: cloudPlatform,
  })
  const identity = verify(side, answer.json<{ access_token: string }>().access_token)
  assert.deepEqual([identity.principal.type, identity.boundary], ['federated', boundary])
})

test('at Cloud Storage a downscoped token reads what its rules name, and nothing else', async (t) => {
  const side = trustSide()
  const storage = await serveStorage({
    buckets: ['pictures', 'papers'],
    verify: (token) => verify(side, token),
  })
  t.after(storage.close)
  const upload = (name: string, token: string) =>
    fetch(`${storage.url}/upload/storage/v1/b/pictures/o?uploadType=media&name=${encodeURIComponent(name)}`, {
      method: 'POST',
      body: 'meow',
      headers: { authorization: `Bearer ${token}` },
    })
  const status = async (path: string, token: string) =>
    (await fetch(`${storage.url}/storage/v1/b${path}`, { headers: { authorization: `Bearer ${token}` } }))
      .status
  const full = await accountToken(side)
  for (const name of ['alice/cat', 'bob/cat']) assert.equal((await upload(name, full)).status, 200)
  const expression = `resource.name.startsWith('${bucket}/objects/alice/') || api.getAttribute('storage.googleapis.com/objectListPrefix', '').startsWith('alice/')`
  const alice = { accessBoundaryRules: [{ ...viewer, availabilityCondition: { expression } }] }
  const token = await downscoped(side, { options: options(alice) })
  const seen = async (path: string) => [await status(path, full), await status(path, token)]
  assert.deepEqual(await seen('/pictures/o/alice%2Fcat'), [200, 200])
  assert.deepEqual(await seen('/pictures/o/bob%2Fcat'), [200, 403])
  assert.deepEqual(await seen('/pictures/o?prefix=alice/'), [200, 200])
  assert.deepEqual(await seen('/pictures/o'), [200, 403])
  assert.deepEqual(await seen('/papers/o?prefix=alice/'), [200, 403])
  assert.deepEqual(await seen('/pictures'), [200, 403])
  assert.deepEqual(await seen('?project=acme'), [200, 403])
  assert.equal((await upload('alice/dog', token)).status, 403)
  const creator = { ...viewer, availablePermissions: ['inRole:roles/storage.objectCreator'] }
  const writes = await downscoped(side, { options: options({ accessBoundaryRules: [creator] }) })
  assert.equal((await upload('alice/dog', writes)).status, 200)
  assert.equal((await upload('alice/dog', writes)).status, 403)
})
