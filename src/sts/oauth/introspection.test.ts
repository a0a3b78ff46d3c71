import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testClock } from '../../../test/clock.ts'
import {
  assertionGrant,
  assertionOf,
  batchAssertion,
  type OauthSide,
  oauthSide,
  oauthTrust,
  onprem,
  opaque,
  orders,
  tokenType,
} from '../../../test/oauth-side.ts'
import { answered, gitlab, tokenOf as jobToken, mainBranch, trustSide } from '../../../test/trust-side.ts'
import { ephemeralKeys } from '../../keys/key-ring.ts'
import { keyOf } from '../../registry/entries.ts'
import { memoryStore } from '../../registry/memory-store.ts'
import { sqliteStore } from '../../registry/sqlite-store.ts'
import { readJwt } from '../../wire/jws.ts'

type Fields = Parameters<OauthSide['exchange']>[0]

async function tokenOf(side: OauthSide, fields: Fields = {}, server = onprem): Promise<string> {
  const answer = await side.exchange(fields, server)
  assert.equal(answer.status, 200, answer.text)
  return answer.json<{ access_token: string }>().access_token
}

const introspect = (side: OauthSide, token: string, by: Fields = assertionOf(side.pod()), server = onprem) =>
  side.post(`${server}/introspect`, { token, ...by })
const revoke = (side: OauthSide, token: string, by: Fields = {}, server = onprem) =>
  side.post(`${server}/revoke`, { token, ...by })
const told = ({ status, text }: { status: number; text: string }) => `${status} ${JSON.parse(text).error}`

const inactive = '{"active":false}'

for (const server of [onprem, opaque])
  test(`a service is told all about a token for itself, by ${server}`, async (t) => {
    const side = await oauthSide(t)
    const token = await tokenOf(side, { scope: 'orders.read' }, server)
    const answer = await introspect(side, token, assertionOf(side.pod('orders', {}, server)), server)
    const { jti, ...state } = answer.json()
    assert.equal(typeof jti, 'string')
    assert.deepEqual(state, {
      active: true,
      scope: 'orders.read',
      client_id: mainBranch,
      token_type: 'Bearer',
      exp: side.seconds() + 900,
      iat: side.seconds(),
      sub: mainBranch,
      aud: orders,
      iss: server,
    })
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    await side.clock.advance(900_000)
    assert.equal(
      (await introspect(side, token, assertionOf(side.pod('orders', {}, server)), server)).text,
      inactive,
    )
  })

test('every other token is just not active, in the same words', async (t) => {
  const side = await oauthSide(t)
  const forStock = await tokenOf(side, {
    subject_token: side.job({ ref: 'nightly' }),
    ...assertionOf(batchAssertion(side)),
  })
  const ofOther = await tokenOf(side, {}, opaque)
  const good = await tokenOf(side)
  for (const token of [forStock, ofOther, side.job(), 'x', `${good.slice(0, -4)}AAAA`]) {
    const answer = await introspect(side, token)
    assert.deepEqual([answer.status, answer.text], [200, inactive])
  }
  const stockPod = assertionOf(side.pod('stock'))
  assert.equal((await introspect(side, forStock, stockPod)).json().active, true)
})

test('whoever does not prove who it is is told nothing, and the audit has it', async (t) => {
  const side = await oauthSide(t)
  const token = await tokenOf(side)
  for (const by of [{}, { client_id: 'cli' }, { client_id: 'orders' }, assertionOf(side.pod('portal'))])
    assert.equal(told(await introspect(side, token, by)), '401 invalid_client')
  const { action, decision, code } = side.records.at(-1)!
  assert.deepEqual([action, decision, code], ['Introspect', 'deny', 'TRUST_CLIENT'])
  const missing = await side.post(`${onprem}/introspect`, assertionOf(side.pod()))
  assert.equal(told(missing), '400 invalid_request')
})

test('a client may ask with an access token for the authorization server in place of its assertion', async (t) => {
  const side = await oauthSide(t)
  const own = { subject_token: side.pod(), ...assertionOf(side.pod()), resource: onprem }
  const bearer = await tokenOf(side, own)
  const token = await tokenOf(side)
  const by = (authorization: string) => side.post(`${onprem}/introspect`, { token }, { authorization })
  assert.equal((await by(`Bearer ${bearer}`)).json().active, true)
  // The same client's token for another audience is none for the authorization server.
  const forOrders = await tokenOf(side, assertionOf(side.pod()))
  assert.equal(told(await by(`Bearer ${forOrders}`)), '401 invalid_client')
  const refused = await by(`Bearer ${token}`)
  assert.equal(told(refused), '401 invalid_client')
  assert.equal(refused.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
})

test('a revoked token is not active and buys nothing; another of the same subject still does', async (t) => {
  const side = await oauthSide(t)
  const [token, other] = [await tokenOf(side), await tokenOf(side)]
  assert.equal((await revoke(side, token)).status, 200)
  assert.equal((await introspect(side, token)).text, inactive)
  assert.equal((await introspect(side, other)).json().active, true)
  const again = await side.exchange({ subject_token: token, subject_token_type: tokenType('access_token') })
  assert.equal(told(again), '400 invalid_request')
  const { action, decision, who } = side.records.find((each) => each.action === 'Revoke')!
  assert.deepEqual([action, decision, who?.subject], ['Revoke', 'allow', mainBranch])
})

test('nor does it buy anything at another authorization server here that takes the tokens of its own', async (t) => {
  const [first, second] = oauthTrust.authorizationServers!
  const providers = [...second!.providers, { issuer: onprem, audiences: [orders] }]
  const rule = {
    name: 'sibling',
    issuer: onprem,
    resources: [{ identifier: orders, scopes: ['orders.read'] }],
  }
  const taking = { ...second!, providers, rules: [...second!.rules, rule] }
  const side = await oauthSide(t, { document: { ...oauthTrust, authorizationServers: [first!, taking] } })
  const token = await tokenOf(side)
  const buy = () => side.exchange({ subject_token: token, resource: orders }, opaque)
  assert.equal((await buy()).status, 200)
  await revoke(side, token)
  assert.equal(told(await buy()), '400 invalid_request')
})

test('what is no token, or holds no more, is revoked without a word (RFC 7009 §2.2)', async (t) => {
  const side = await oauthSide(t)
  for (const token of ['x', side.job(), await tokenOf(side, {}, opaque)])
    assert.equal((await revoke(side, token)).status, 200)
  assert.equal(told(await side.post(`${onprem}/revoke`, {})), '400 invalid_request')
  assert.equal(told(await revoke(side, 'x', assertionOf('x'))), '401 invalid_client')
})

test("a client's token is revoked by that client alone", async (t) => {
  const side = await oauthSide(t)
  const token = await tokenOf(side, assertionOf(side.pod()))
  assert.equal(told(await revoke(side, token)), '401 invalid_client')
  assert.equal(told(await revoke(side, token, assertionOf(side.pod('stock')))), '400 unauthorized_client')
  assert.equal((await introspect(side, token)).json().active, true)
  assert.equal((await revoke(side, token, assertionOf(side.pod()))).status, 200)
  assert.equal((await introspect(side, token)).text, inactive)
})

test('revoked tokens leave the registry when they would have ended by themselves', async (t) => {
  const side = await oauthSide(t)
  const kept = () =>
    side.sts
      .registry!.view()
      .list('authorization-server/')
      .filter(({ from }) => from === 'store').length
  await revoke(side, await tokenOf(side))
  await side.clock.advance(600_000)
  await revoke(side, await tokenOf(side))
  assert.equal(kept(), 2)
  await side.clock.advance(300_000)
  await revoke(side, await tokenOf(side))
  assert.equal(kept(), 2)
})

test('the list of revoked tokens has an end, and room again when they have expired', async (t) => {
  const store = memoryStore()
  const clock = testClock()
  const expires = new Date(clock.now() + 900_000).toISOString()
  const entry = (jti: string) => ({
    key: keyOf('authorization-server', onprem, 'revoked-token', jti),
    document: { jti, expires },
  })
  await store.commit(Array.from({ length: 10_000 }, (_, n) => entry(String(n))))
  const side = await oauthSide(t, { store, clock })
  assert.equal(told(await revoke(side, await tokenOf(side))), '503 temporarily_unavailable')
  assert.equal(side.records.at(-1)!.code, 'REGISTRY_REVOCATIONS')
  await clock.advance(900_000)
  const token = await tokenOf(side)
  assert.equal((await revoke(side, token)).status, 200)
  assert.equal((await introspect(side, token)).text, inactive)
})

test('without a registry nothing can be revoked, and the metadata names no endpoint for it', async () => {
  const side = trustSide({ document: oauthTrust })
  const at = async (path: string, init?: RequestInit) =>
    answered(await side.app.request(`https://tokens.acme.example${path}`, init))
  const post = (path: string, fields: Record<string, string>) =>
    at(path, { method: 'POST', body: new URLSearchParams(fields) })
  const given = await post('/onprem/token', {
    grant_type: assertionGrant,
    assertion: jobToken(side, { aud: onprem }),
  })
  const { access_token } = given.json<{ access_token: string }>()
  assert.equal(told(await post('/onprem/revoke', { token: access_token })), '503 temporarily_unavailable')
  const metadata = (await at('/.well-known/oauth-authorization-server/onprem')).json()
  assert.deepEqual([metadata.token_endpoint, metadata.revocation_endpoint], [`${onprem}/token`, undefined])
})

test('where auditing is required and the record cannot be kept, nothing is revoked', async (t) => {
  let full = false
  const sinks = [
    () => {
      if (full) throw new Error('no room')
    },
  ]
  const side = await oauthSide(t, { audit: { sinks, required: true } })
  const token = await tokenOf(side)
  full = true
  assert.equal(told(await revoke(side, token)), '500 server_error')
  full = false
  assert.equal((await introspect(side, token)).json().active, true)
})

/** Two token services with the same keys on one database. */
async function nodes(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const clock = testClock()
  const own = new Set(oauthTrust.authorizationServers!.map((each) => each.issuer))
  const issuers = [...oauthTrust.issuers, ...[...own].map((url) => ({ url, algorithm: 'ES256' as const }))]
  const keys = ephemeralKeys(issuers, clock.now)
  const node = () =>
    oauthSide(t, { clock, keys, store: sqliteStore({ path: join(folder, 'registry.db'), clock }) })
  return { clock, node }
}

test('a revocation is in force on the other nodes of a store, and after a restart', async (t) => {
  const { clock, node } = await nodes(t)
  const [here, there] = [await node(), await node()]
  const token = await tokenOf(here)
  assert.equal((await introspect(there, token)).json().active, true)
  await revoke(here, token)
  await clock.advance(500, () => new Promise((resolve) => setImmediate(resolve)))
  assert.equal((await introspect(there, token)).text, inactive)
  assert.equal((await introspect(await node(), token)).text, inactive)
})

test('metadata names what is there (RFC 8414), by its own name and by the address that was asked', async (t) => {
  const side = await oauthSide(t)
  const own = (
    await side.get('https://tokens.acme.example/.well-known/oauth-authorization-server/onprem')
  ).json()
  assert.deepEqual(
    [own.issuer, own.token_endpoint, own.introspection_endpoint, own.revocation_endpoint, own.jwks_uri],
    [onprem, ...['token', 'introspect', 'revoke', 'jwks'].map((each) => `${onprem}/${each}`)],
  )
  const local = (await side.get('http://127.0.0.1:8787/.well-known/oauth-authorization-server/onprem')).json()
  assert.deepEqual([local.issuer, local.token_endpoint], [onprem, 'http://127.0.0.1:8787/onprem/token'])
  const openid = (await side.get(`${onprem}/.well-known/openid-configuration`)).json()
  assert.deepEqual(openid, own)
  const sealed = (
    await side.get('https://tokens.acme.example/.well-known/oauth-authorization-server/opaque')
  ).json()
  assert.equal(sealed.jwks_uri, undefined)
  const { keys } = (await side.get(`${onprem}/jwks`)).json<{ keys: { kid: string }[] }>()
  assert.equal(keys[0]!.kid, readJwt(await tokenOf(side)).header.kid)
  assert.equal(
    (await side.get('https://gitlab.com/.well-known/oauth-authorization-server/onprem')).status,
    404,
  )
  assert.equal((await side.get('https://gitlab.com/.well-known/openid-configuration')).json().issuer, gitlab)
})
