import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import * as oauth from 'openid-client'
import { memoryStore } from '../../src/registry/memory-store.ts'
import { parseTrust } from '../../src/registry/trust-file.ts'
import { openSts } from '../../src/sts/create.ts'
import { serveSts } from '../../src/sts/serve.ts'
import { signJwt } from '../../src/wire/jws.ts'
import { exchangeGrant, tokenType } from '../oauth-side.ts'

// A company's own services behind an authorization server, with libraries of other people on both sides of it: openid-client
// asks, revokes and introspects, jose verifies.

const gitlab = 'https://gitlab.com'
const orders = 'https://orders.acme.example'

async function company(t: TestContext, format: 'jwt' | 'opaque') {
  const gate = await generateKeyPair('ES256')
  const sts = await openSts({
    document: parseTrust('{}', 'trust.json'),
    store: memoryStore(),
    onError: (error) => t.assert.fail(error as Error),
  })
  const server = await serveSts({ sts })
  t.after(async () => {
    await server.close()
    await sts.registry.close()
  })
  const issuer = `${server.url}/onprem`
  const trust = {
    issuers: [{ url: gitlab, shape: 'gitlab', algorithm: 'ES256' }],
    authorizationServers: [
      {
        issuer,
        accessTokens: { format },
        providers: [{ issuer: gitlab }],
        resources: [
          { identifier: orders, scopes: ['orders.read', 'orders.write'], introspectionClients: ['gate'] },
        ],
        clients: [
          { clientId: 'gate', jwks: { keys: [await exportJWK(gate.publicKey)] } },
          { clientId: 'ci' },
        ],
        rules: [
          {
            name: 'ci',
            issuer: gitlab,
            condition: 'assertion.project_path == "acme/shop"',
            resources: [{ identifier: orders, scopes: ['orders.read'] }],
          },
        ],
      },
    ],
  }
  assert.ok(sts.registry.declare(parseTrust(JSON.stringify(trust), 'trust.json')))
  const job = (project_path: string) => {
    const iat = Math.floor(Date.now() / 1000)
    const claims = { iss: gitlab, sub: `project_path:${project_path}`, aud: issuer, iat, exp: iat + 300 }
    return signJwt({ ...claims, jti: randomUUID(), project_path }, sts.keys.signing(gitlab))
  }
  const client = (clientId: string, authentication: oauth.ClientAuth) =>
    oauth.discovery(new URL(issuer), clientId, undefined, authentication, {
      algorithm: 'oauth2',
      execute: [oauth.allowInsecureRequests],
    })
  return {
    issuer,
    job,
    ci: await client('ci', oauth.None()),
    gate: await client('gate', oauth.PrivateKeyJwt(gate.privateKey)),
  }
}

const asked = (subject_token: string, more: Record<string, string> = {}) => ({
  subject_token,
  subject_token_type: tokenType('jwt'),
  resource: orders,
  ...more,
})

test('a job trades its token with openid-client, and the service verifies the access token with jose', async (t) => {
  const { issuer, job, ci } = await company(t, 'jwt')
  const given = await oauth.genericGrantRequest(ci, exchangeGrant, asked(job('acme/shop')))
  assert.deepEqual([given.token_type, given.expires_in, given.scope], ['bearer', 900, 'orders.read'])
  const keys = createRemoteJWKSet(new URL(ci.serverMetadata().jwks_uri!))
  const { payload } = await jwtVerify(given.access_token, keys, { issuer, audience: orders, typ: 'at+jwt' })
  assert.deepEqual(
    [payload.sub, payload.client_id, payload.scope],
    ['project_path:acme/shop', 'ci', 'orders.read'],
  )
  await assert.rejects(
    jwtVerify(given.access_token, keys, { issuer, audience: 'https://stock.acme.example' }),
  )
})

test('an opaque access token is introspected by the service, and revoked by whoever has it', async (t) => {
  const { job, ci, gate } = await company(t, 'opaque')
  const { access_token } = await oauth.genericGrantRequest(ci, exchangeGrant, asked(job('acme/shop')))
  const state = await oauth.tokenIntrospection(gate, access_token)
  assert.deepEqual([state.active, state.sub, state.scope], [true, 'project_path:acme/shop', 'orders.read'])
  await oauth.tokenRevocation(ci, access_token)
  assert.equal((await oauth.tokenIntrospection(gate, access_token)).active, false)
  await oauth.tokenRevocation(ci, 'no token at all')
})

test('another project, and a scope that the rule does not give, are refused in the words of OAuth', async (t) => {
  const { job, ci } = await company(t, 'jwt')
  const refused = (subject: string, more: Record<string, string> = {}) =>
    oauth.genericGrantRequest(ci, exchangeGrant, asked(subject, more)).then(
      () => 'given',
      (error: oauth.ResponseBodyError) => `${error.status} ${error.error}`,
    )
  assert.equal(await refused(job('acme/other')), '400 invalid_request')
  assert.equal(await refused(job('acme/shop'), { scope: 'orders.write' }), '400 invalid_scope')
  assert.equal(
    await refused(job('acme/shop'), { resource: 'https://stock.acme.example' }),
    '400 invalid_target',
  )
})
