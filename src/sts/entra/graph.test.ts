import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { testClock } from '../../../test/clock.ts'
import {
  admin,
  assertion,
  clientCredentials,
  deploy,
  entraTrust,
  exchange,
  shopApi,
  tenantId,
} from '../../../test/entra-side.ts'
import { gitlab, mainBranch } from '../../../test/trust-side.ts'
import { memoryStore } from '../../registry/memory-store.ts'
import { encodeForm } from '../../wire/form.ts'
import { type AuditRecord, type AuditSetting, createAudit } from '../audit.ts'
import { openSts } from '../create.ts'
import { stsApp } from '../server.ts'

const applications = entraTrust.entra![0]!.applications
const { id: shop } = applications.find((each) => each.appId === shopApi)!
const { id: deployId } = applications.find((each) => each.appId === deploy)!
const dev = {
  name: 'dev',
  issuer: gitlab,
  subject: 'project_path:acme/shop:ref_type:branch:ref:dev',
  audiences: [exchange],
}

/** A token service that takes Graph's calls, and whoever calls. */
async function opened(t: TestContext, audit: Partial<AuditSetting> = {}) {
  const { now } = testClock()
  const records: AuditRecord[] = []
  const sts = await openSts({
    document: entraTrust,
    store: memoryStore(),
    now,
    onError: (error) => t.assert.fail(error as Error),
    audit: createAudit({ sinks: [(record) => records.push(record)], now, ...audit }),
  })
  t.after(() => sts.registry.close())
  const app = stsApp(sts)
  const side = { sts, seconds: () => Math.floor(now() / 1000) }
  const token = async (fields: Readonly<Record<string, string>> = {}) => {
    const body = encodeForm({ ...clientCredentials(side), ...fields })
    const path = `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`
    const answer = await app.request(path, { method: 'POST', body })
    return (await answer.json()) as { access_token?: string; error_codes?: number[] }
  }
  const scope = 'https://graph.microsoft.com/.default'
  const bearer = async (client_id = admin, of = scope) =>
    (await token({ client_id, scope: of })).access_token ?? 'none'
  const call = async (method: string, path: string, body?: object | string, by?: string) => {
    const answer = await app.request(`https://graph.microsoft.com/v1.0${path}`, {
      method,
      headers: { authorization: `Bearer ${by ?? (await bearer())}` },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const told = text === '' ? {} : JSON.parse(text)
    return { status: answer.status, body: told, code: told.error?.code, message: told.error?.message }
  }
  return { call, bearer, token, side, records }
}

const of = (id: string, credential = '') =>
  `/applications/${id}/federatedIdentityCredentials${credential && `/${credential}`}`

test('a credential that Graph was told of counts at once, until it is removed', async (t) => {
  const { call, token, side } = await opened(t)
  const asked = async (sub = dev.subject) =>
    (await token({ client_id: shopApi, client_assertion: assertion(side, { sub }) })).error_codes
  assert.deepEqual(await asked(), [700211])
  const made = await call('POST', of(shop), { ...dev, description: 'branch dev' })
  assert.equal(made.status, 201, made.message)
  const { id, '@odata.context': context, ...rest } = made.body
  assert.equal(
    context,
    `https://graph.microsoft.com/v1.0/$metadata#applications('${shop}')/federatedIdentityCredentials/$entity`,
  )
  assert.deepEqual(rest, { ...dev, description: 'branch dev' })
  assert.equal(await asked(), undefined)
  const changed = await call('PATCH', of(shop, id), { subject: mainBranch })
  assert.deepEqual([changed.status, changed.body], [204, {}])
  assert.deepEqual([await asked(), await asked(mainBranch)], [[700213], undefined])
  assert.equal((await call('DELETE', of(shop, 'dev'))).status, 204)
  assert.deepEqual(await asked(mainBranch), [700211])
  assert.equal((await call('GET', of(shop, id))).code, 'Request_ResourceNotFound')
})

test('they are listed and read by ID and by name, of an application by its object ID or its app ID', async (t) => {
  const { call } = await opened(t)
  const { body } = await call('GET', of(deployId))
  assert.equal(
    body['@odata.context'],
    `https://graph.microsoft.com/v1.0/$metadata#applications('${deployId}')/federatedIdentityCredentials`,
  )
  assert.deepEqual(
    body.value.map((each: { name: string; subject: string | null }) => [each.name, each.subject]),
    [
      ['main', mainBranch],
      ['tags', null],
    ],
  )
  const [main] = body.value
  for (const name of ['main', main.id]) {
    const { body: one } = await call('GET', of(deployId, name))
    assert.deepEqual([one.id, one.subject], [main.id, mainBranch])
  }
  const named = await call('GET', `/applications(appId='${deploy}')/federatedIdentityCredentials`)
  assert.deepEqual(named.body.value, body.value)
})

type Opened = Awaited<ReturnType<typeof opened>>

const refusals: Readonly<Record<string, [call: (made: Opened) => ReturnType<Opened['call']>, told: string]>> =
  {
    'no app role': [
      async ({ call, bearer }) => call('POST', of(shop), dev, await bearer(deploy)),
      '403 Authorization_RequestDenied',
    ],
    'a token for something else': [
      async ({ call, bearer }) =>
        call('GET', of(shop), undefined, await bearer(admin, 'api://shop/.default')),
      '401 InvalidAuthenticationToken',
    ],
    'no token of ours': [
      ({ call }) => call('GET', of(shop), undefined, 'x'),
      '401 InvalidAuthenticationToken',
    ],
    'an application that is not there': [
      ({ call }) => call('GET', of(randomUUID())),
      '404 Request_ResourceNotFound',
    ],
    'a name that is taken': [
      ({ call }) => call('POST', of(deployId), { ...dev, name: 'main' }),
      '409 Request_MultipleObjectsWithSameKeyValue',
    ],
    'an issuer and subject that are taken': [
      ({ call }) => call('POST', of(deployId), { ...dev, subject: mainBranch }),
      '400 InvalidFederatedIdentityCredentialValue',
    ],
    'two audiences': [
      ({ call }) => call('POST', of(shop), { ...dev, audiences: ['a', 'b'] }),
      '400 InvalidFederatedIdentityCredentialValue',
    ],
    'an expression that does not compile': [
      ({ call }) =>
        call('POST', of(shop), {
          ...dev,
          subject: null,
          claimsMatchingExpression: { value: 'true', languageVersion: 1 },
        }),
      '400 InvalidFederatedIdentityCredentialValue',
    ],
    'an expression by names that somebody else can have later': [
      ({ call }) =>
        call('POST', of(shop), {
          ...dev,
          subject: null,
          claimsMatchingExpression: { value: "claims['sub'] matches 'x*'", languageVersion: 1 },
        }),
      '400 InvalidFederatedIdentityCredentialValue',
    ],
    'what is not JSON': [
      ({ call }) => call('POST', of(shop), '{'),
      '400 InvalidFederatedIdentityCredentialValue',
    ],
    'another method': [
      ({ call }) => call('PUT', of(shop, 'dev'), dev),
      '400 InvalidFederatedIdentityCredentialValue',
    ],
    'what the trust file says': [
      ({ call }) => call('DELETE', of(deployId, 'main')),
      '403 Authorization_RequestDenied',
    ],
  }

for (const [what, [refused, told]] of Object.entries(refusals))
  test(`${what}: ${told}`, async (t) => {
    const made = await opened(t)
    const { status, code, message } = await refused(made)
    assert.equal(`${status} ${code}`, told, message)
    assert.equal(made.records.at(-1)!.decision, 'deny')
  })

test('the ID of a credential stays what it is', async (t) => {
  const { call } = await opened(t)
  const { id } = (await call('POST', of(shop), dev)).body
  const [main] = (await call('GET', of(deployId))).body.value
  const taken = await call('PATCH', of(shop, id), { id: main.id })
  assert.deepEqual([taken.status, taken.code], [400, 'InvalidFederatedIdentityCredentialValue'])
  assert.equal((await call('PATCH', of(shop, id), { ...dev, id })).status, 204)
  assert.equal((await call('DELETE', of(shop, id))).status, 204)
})

test('an application has at most twenty, and of each one name', async (t) => {
  const { call } = await opened(t)
  for (let i = 0; i < 20; i++) {
    const { status } = await call('POST', of(shop), { ...dev, name: `dev-${i}`, subject: `s${i}` })
    assert.equal(status, 201)
  }
  assert.equal((await call('POST', of(shop), { ...dev, name: 'more' })).code, 'Directory_QuotaExceeded')
  const renamed = await call('PATCH', of(shop, 'dev-1'), { name: 'other' })
  assert.equal(renamed.status, 400)
})

test('a caller whose app role is taken away while a call waits for its turn changes nothing', async (t) => {
  const { call, bearer, side } = await opened(t)
  const by = await bearer()
  let end = () => {}
  const before = side.sts.registry.change(
    () => {},
    () => new Promise<void>((resolve) => (end = resolve)),
  )
  const waiting = call('POST', of(shop), dev, by)
  await new Promise(setImmediate)
  const [tenant] = entraTrust.entra!
  const roleless = tenant!.applications.map((each) => ({ ...each, appRoleAssignments: [] }))
  side.sts.registry.declare({ ...entraTrust, entra: [{ ...tenant!, applications: roleless }] })
  end()
  await before
  assert.equal((await waiting).status, 403)
})

test('nothing changes without its record where that is required', async (t) => {
  let writable = true
  const sinks = [
    () => {
      if (!writable) throw new Error('disk full')
    },
  ]
  const { call, bearer } = await opened(t, { required: true, sinks })
  const by = await bearer()
  writable = false
  assert.equal((await call('POST', of(shop), dev, by)).status, 500)
  writable = true
  assert.deepEqual((await call('GET', of(shop), undefined, by)).body.value, [])
})

test('the audit has who changed what', async (t) => {
  const { call, records } = await opened(t)
  await call('POST', of(shop), dev)
  const { action, decision, target, who } = records.at(-1)!
  assert.deepEqual([action, decision], ['POST federatedIdentityCredentials', 'allow'])
  assert.equal(target, `/v1.0${of(shop)}`)
  assert.match(who!.principal!, new RegExp(admin))
})
