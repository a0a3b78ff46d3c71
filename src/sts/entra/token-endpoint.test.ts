import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import {
  assertion,
  deploy,
  entraSide,
  entraTrust,
  loaderIdentity,
  shopApi,
  tenantId,
} from '../../../test/entra-side.ts'
import { type Answer, strangeKey } from '../../../test/trust-side.ts'
import { parseGiven } from '../../registry/read-given.ts'
import { readJwt } from '../../wire/jws.ts'
import { explainOffline } from '../explain-offline.ts'
import { unsignedToken } from '../unsigned-token.ts'

const arm = 'https://management.azure.com'
const { applications = [], userAssignedIdentities = [] } = entraTrust.entra![0]!
const first = `https://sts.windows.net/${tenantId}/`
const second = `https://login.microsoftonline.com/${tenantId}/v2.0`

/** Who a token is of, checked as a service of Microsoft's would: by what the tenant publishes, and nothing of ours. */
async function verified(
  side: ReturnType<typeof entraSide>,
  answer: Answer,
  issuer: string,
  audience: string,
) {
  const keys = await side.get(`/${tenantId}/discovery/v2.0/keys`)
  const { access_token } = answer.json<{ access_token: string }>()
  const { payload } = await jwtVerify(access_token, createLocalJWKSet(keys.json() as never), {
    issuer,
    audience,
    algorithms: ['RS256'],
    currentDate: new Date(side.clock.now()),
  })
  return payload
}

test('a federated token becomes an access token of the first version for an API of Azure', async () => {
  const side = entraSide()
  const answer = await side.token()
  assert.equal(answer.status, 200, answer.text)
  const { access_token, ...rest } = answer.json()
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 })
  assert.match(answer.headers.get('cache-control') ?? '', /no-store/)
  const { uti, ...claims } = await verified(side, answer, first, arm)
  const principal = applications[0]!.servicePrincipal.id
  assert.match(String(uti), /^[\w-]{22}$/)
  assert.deepEqual(claims, {
    aud: arm,
    iss: first,
    iat: side.seconds() - 300,
    nbf: side.seconds() - 300,
    exp: side.seconds() + 3600,
    appid: deploy,
    appidacr: '2',
    idp: first,
    oid: principal,
    sub: principal,
    tid: tenantId,
    ver: '1.0',
  })
})

test('an application that takes the second version gets it, with the roles that were assigned', async () => {
  const side = entraSide()
  for (const scope of ['api://shop/.default', `${shopApi}/.default`, 'api://SHOP/.default']) {
    const claims = await verified(side, await side.token({ scope }), second, shopApi)
    assert.deepEqual([claims.azp, claims.azpacr, claims.ver, claims.appid], [deploy, '2', '2.0', undefined])
    assert.deepEqual(claims.roles, ['Orders.Write'])
  }
})

test('the audience of a first version is what was asked for, with its slash', async () => {
  const side = entraSide()
  const answer = await side.token({ scope: `${arm}//.default` })
  assert.equal((await verified(side, answer, first, `${arm}/`)).aud, `${arm}/`)
})

test('a managed identity has tokens too, which say which it is', async () => {
  const side = entraSide()
  const claims = await verified(side, await side.token({ client_id: loaderIdentity }), first, arm)
  const { id, principalId } = userAssignedIdentities[0]!
  assert.deepEqual([claims.appid, claims.oid, claims.xms_mirid], [loaderIdentity, principalId, id])
})

test('a flexible credential takes what its expression holds for', async () => {
  const side = entraSide()
  const sub = 'project_path:acme/shop:ref_type:tag:ref:v1'
  assert.equal((await side.token({ client_assertion: assertion(side, { sub }) })).status, 200)
})

test('the audit has who asked, for what, and by which credential', async () => {
  const side = entraSide()
  await side.token()
  const { action, target, rule, who, decision } = side.records.at(-1)!
  assert.deepEqual([action, target, decision], ['ClientAssertion', `${tenantId}/${deploy}`, 'allow'])
  assert.match(rule!, /main of deploy/)
  assert.equal(who?.verified, true)
})

interface Told {
  readonly error: string
  readonly error_codes: readonly number[]
  readonly error_uri: string
}

type Case = [
  what: string,
  fields: (side: ReturnType<typeof entraSide>) => Record<string, unknown>,
  told: string,
]

const refusals: readonly Case[] = [
  ['no grant type', () => ({ grant_type: undefined }), '400 invalid_request 900144'],
  ['another grant type', () => ({ grant_type: 'password' }), '400 unsupported_grant_type 70003'],
  ['no client', () => ({ client_id: undefined }), '400 invalid_request 900144'],
  ['no scope', () => ({ scope: undefined }), '400 invalid_request 900144'],
  [
    'a scope of a delegated kind',
    () => ({ scope: `${arm}/user_impersonation` }),
    '400 invalid_scope 1002012',
  ],
  ['the suffix alone', () => ({ scope: '/.default' }), '400 invalid_scope 1002012'],
  ['two resources', () => ({ scope: `${arm}/.default a/.default` }), '400 invalid_scope 70011'],
  ['no credential', () => ({ client_assertion: undefined }), '401 invalid_client 7000216'],
  ['a secret', () => ({ client_assertion: undefined, client_secret: 'x' }), '401 invalid_client 7000215'],
  ['no type of assertion', () => ({ client_assertion_type: undefined }), '400 invalid_request 900144'],
  ['another type of assertion', () => ({ client_assertion_type: 'saml2' }), '400 invalid_request 9002313'],
  ['an unknown client', () => ({ client_id: randomUUID() }), '400 unauthorized_client 700016'],
  ['an application without credentials', () => ({ client_id: shopApi }), '401 invalid_client 700211'],
  ['what is no token', () => ({ client_assertion: 'x' }), '401 invalid_client 50027'],
  ['a resource that is not there', () => ({ scope: 'api://other/.default' }), '400 invalid_resource 500011'],
]

const presented: readonly [what: string, claims: Record<string, unknown>, told: string][] = [
  ['another issuer', { iss: 'https://gitlab.com/' }, '401 invalid_client 700211'],
  ['another audience', { aud: 'api://azureadtokenexchange' }, '401 invalid_client 700212'],
  ['another subject', { sub: 'project_path:acme/shop:ref_type:branch:ref:dev' }, '401 invalid_client 700213'],
  [
    'a subject in another case',
    { sub: 'project_path:Acme/shop:ref_type:branch:ref:main' },
    '401 invalid_client 7002138',
  ],
  ['no subject', { sub: undefined }, '401 invalid_client 50027'],
  ['a token that is over', { exp: 1 }, '401 invalid_client 700024'],
]

for (const [what, fields, told] of [
  ...refusals,
  ...presented.map(
    ([what, claims, told]): Case => [what, (side) => ({ client_assertion: assertion(side, claims) }), told],
  ),
])
  test(`${what}: ${told}`, async () => {
    const side = entraSide()
    const answer = await side.token(fields(side) as never)
    const { error, error_codes, error_uri } = answer.json<Told>()
    assert.equal(`${answer.status} ${error} ${error_codes[0]}`, told, answer.text)
    assert.equal(error_uri, `https://login.microsoftonline.com/error?code=${error_codes[0]}`)
  })

test('explain says of a trust file what the endpoint says', async () => {
  const side = entraSide()
  const trust = parseGiven(JSON.stringify(entraTrust), 'trust.yaml')
  const nowMs = side.clock.now()
  for (const [what, claims] of [['what holds', {}] as const, ...presented]) {
    const token = assertion(side, claims)
    const answer = await side.token({ client_assertion: token })
    const target = { cloud: 'entra', application: deploy } as const
    const jwt = { jwt: readJwt(token), unsigned: false }
    const { wire } = await explainOffline({ trust, target, nowMs, presented: jwt, jwks: side.sts.keys.jwks })
    assert.equal(wire.status, answer.status, what)
    const { error_description = '' } = answer.json<{ error_description?: string }>()
    assert.equal(error_description.split(' Trace ID')[0], wire.message ?? '', what)
  }
})

test('explain knows an application that has no credential from one that is not there', async () => {
  const trust = parseGiven(JSON.stringify(entraTrust), 'trust.yaml')
  const nowMs = Date.parse('2026-11-22T00:00:00Z')
  const { presented } = unsignedToken({ iss: 'https://gitlab.com', sub: 's', aud: 'a' }, nowMs)
  const told = async (application: string) => {
    const target = { cloud: 'entra', application } as const
    return (await explainOffline({ trust, target, presented, nowMs })).wire.message?.slice(6, 12)
  }
  assert.deepEqual([await told(shopApi), await told(randomUUID())], ['700211', '700016'])
})

test('a signature by another key, and a key that the issuer does not have, are refused', async () => {
  const side = entraSide()
  const { kid } = side.sts.keys.signing('https://gitlab.com')
  const by = (key: ReturnType<typeof strangeKey>) =>
    side.token({ client_assertion: assertion(side, {}, { key }) })
  const codes = [await by(strangeKey(kid)), await by(strangeKey('other'))].map(
    (answer) => answer.json<{ error_codes: number[] }>().error_codes[0],
  )
  assert.deepEqual(codes, [700027, 7000272])
})

test('a tenant that nobody registered is told by its name, before who asks', async () => {
  const side = entraSide()
  const answer = await side.token({ client_id: randomUUID() }, { tenant: 'acme.onmicrosoft.com' })
  const { error, error_description } = answer.json<Record<string, string>>()
  assert.equal(error, 'invalid_tenant')
  assert.match(error_description!, /^AADSTS90002: Tenant 'acme\.onmicrosoft\.com' not found\. /)
})

test('a refusal has the IDs by which it is found, and the caller’s own', async () => {
  const side = entraSide()
  const id = randomUUID()
  const headers = { 'client-request-id': id, 'return-client-request-id': 'true' }
  const answer = await side.token({ scope: undefined }, { headers })
  const told = answer.json<Record<string, string>>()
  assert.equal(told.correlation_id, id)
  assert.equal(answer.headers.get('client-request-id'), id)
  assert.equal(told.trace_id, side.records.at(-1)!.requestId)
  assert.equal(told.timestamp, '2026-11-22 00:00:00Z')
  assert.equal(
    told.error_description,
    `AADSTS900144: The request body must contain the following parameter: 'scope'. Trace ID: ${told.trace_id} Correlation ID: ${id} Timestamp: 2026-11-22 00:00:00Z`,
  )
  const echoed = await side.token(
    { 'client-request-id': '<script>' },
    { headers: { 'return-client-request-id': 'true' } },
  )
  assert.equal(echoed.headers.get('client-request-id'), null)
})

test('GET, and a form that says two things, are refused', async () => {
  const side = entraSide()
  const got = await side.get(`/${tenantId}/oauth2/v2.0/token`)
  assert.deepEqual(got.json<{ error_codes: number[] }>().error_codes, [900561])
  const twice = await side.token({ Scope: 'api://shop/.default' })
  assert.deepEqual(twice.json<{ error_codes: number[] }>().error_codes, [9002313])
})

test('a tenant publishes both of its issuers, the keys of all, and which host names are one cloud', async () => {
  const side = entraSide()
  const v2 = (await side.get(`/${tenantId}/v2.0/.well-known/openid-configuration`)).json()
  const v1 = (await side.get(`/${tenantId}/.well-known/openid-configuration`)).json()
  assert.deepEqual([v1.issuer, v2.issuer], [first, second])
  assert.equal(v2.token_endpoint, `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`)
  const any = (await side.get('/common/v2.0/.well-known/openid-configuration')).json()
  assert.equal(any.issuer, 'https://login.microsoftonline.com/{tenantid}/v2.0')
  const published = await Promise.all(
    [v1, v2, any].map(async ({ jwks_uri }) => (await side.get(new URL(String(jwks_uri)).pathname)).text),
  )
  assert.equal(new Set(published).size, 1)
  const query = `api-version=1.1&authorization_endpoint=${encodeURIComponent(`https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/authorize`)}`
  const instance = (await side.get(`/common/discovery/instance?${query}`)).json<Record<string, never>>()
  assert.equal(
    instance.tenant_discovery_endpoint,
    `https://login.microsoftonline.com/${tenantId}/v2.0/.well-known/openid-configuration`,
  )
  const strange = await side.get('/common/discovery/instance?authorization_endpoint=https://evil.test/x')
  assert.deepEqual(strange.json<{ error_codes: number[] }>().error_codes, [50049])
  const unknown = await side.get(`/${randomUUID()}/v2.0/.well-known/openid-configuration`)
  assert.deepEqual(unknown.json<{ error_codes: number[] }>().error_codes, [90002])
  assert.equal((await side.get('/elsewhere/.well-known/openid-configuration')).status, 404)
})
