import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  assertionOf,
  oauthSide,
  oauthTrust,
  onprem,
  orders,
  stock,
  tokenType,
} from '../../../test/oauth-side.ts'
import { parseGiven } from '../../registry/read-given.ts'
import { readJwt } from '../../wire/jws.ts'
import { explainOffline } from '../explain-offline.ts'

const trust = parseGiven(JSON.stringify(oauthTrust), 'trust.yaml')

const asked: readonly [what: string, claims: Record<string, unknown>, resource?: string, scope?: string][] = [
  ['what holds', {}],
  ['another branch', { ref: 'dev' }],
  ['another issuer', { iss: 'https://gitlab.test' }],
  ['another audience', { aud: 'https://elsewhere.test' }],
  ['no subject', { sub: undefined }],
  ['a token that is over', { exp: 1 }],
  ['a resource that may be had', {}, orders, 'orders.read'],
  ['a resource that may not', {}, stock],
  ['a scope that may not be had', {}, orders, 'admin'],
  ['a rule that needs a client', { ref: 'nightly' }],
]

for (const [what, claims, resource, scope] of asked)
  test(`explain says of a trust file what the token endpoint says: ${what}`, async (t) => {
    const side = await oauthSide(t)
    const token = side.job(claims)
    const answer = await side.exchange({ subject_token: token, resource, scope })
    const { wire, decision, checks } = await explainOffline({
      trust,
      target: {
        cloud: 'oauth',
        authorizationServer: onprem,
        resources: resource === undefined ? [] : [resource],
        scopes: scope === undefined ? [] : [scope],
      },
      nowMs: side.clock.now(),
      presented: { jwt: readJwt(token), unsigned: false },
      jwks: side.sts.keys.jwks,
    })
    const { error, error_description = '' } = answer.json<{ error?: string; error_description?: string }>()
    assert.equal(decision, answer.status === 200 ? 'allow' : 'deny')
    assert.deepEqual([wire.status, wire.code], [answer.status, error])
    assert.equal(error_description.split(' (request')[0], wire.message ?? '')
    assert.ok(checks.filter((each) => each.check === 'rules').length <= 1)
    assert.ok(checks.some((each) => each.outcome === (answer.status === 200 ? 'pass' : 'fail')))
  })

test('an access token of the server itself is explained for the client that is named', async (t) => {
  const side = await oauthSide(t)
  const { access_token } = (await side.exchange({ scope: 'stock.read' })).json<{ access_token: string }>()
  const explained = (client: string | undefined, scopes: readonly string[]) =>
    explainOffline({
      trust,
      target: {
        cloud: 'oauth',
        authorizationServer: onprem,
        resources: [stock],
        scopes,
        ...(client && { client }),
      },
      nowMs: side.clock.now(),
      presented: { jwt: readJwt(access_token), unsigned: false },
      jwks: side.sts.keys.jwks,
    })
  const real = (scope: string) =>
    side.exchange({
      ...{
        subject_token: access_token,
        subject_token_type: tokenType('access_token'),
        resource: stock,
        scope,
      },
      ...assertionOf(side.pod()),
    })
  assert.equal((await explained('orders', ['stock.read'])).decision, 'allow')
  assert.equal((await real('stock.read')).status, 200)
  assert.equal((await explained('orders', ['stock.write'])).wire.code, 'invalid_scope')
  assert.equal((await real('stock.write')).json().error, 'invalid_scope')
  assert.equal((await explained(undefined, [])).decision, 'deny')
  assert.equal((await explained('cli', [])).wire.code, 'invalid_client')
})
