import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  assertionGrant,
  assertionOf,
  batchAssertion,
  exchangeGrant,
  type OauthSide,
  oauthSide,
  oauthTrust,
  onprem,
  opaque,
  orders,
  ordersPod,
  stock,
  tokenType,
} from '../../../test/oauth-side.ts'
import { type Answer, cluster, gitlab, mainBranch, strangeKey } from '../../../test/trust-side.ts'
import { readJwt, signJwt } from '../../wire/jws.ts'

interface Given {
  readonly access_token: string
  readonly issued_token_type?: string
  readonly token_type: string
  readonly expires_in: number
  readonly scope?: string
}

/** The claims of an access token that was given. */
const claimsIn = (answer: Answer) => readJwt(answer.json<Given>().access_token).claims
const told = (answer: Answer) => `${answer.status} ${answer.json<{ error?: string }>().error}`

/** An access token for orders with these scopes. */
async function accessToken(
  side: OauthSide,
  scope = 'orders.read stock.read',
  server = onprem,
): Promise<string> {
  const answer = await side.exchange({ scope }, server)
  assert.equal(answer.status, 200, answer.text)
  return answer.json<Given>().access_token
}

test('a job without any secret gets an access token that RFC 9068 describes', async (t) => {
  const side = await oauthSide(t)
  const answer = await side.exchange({ resource: orders, scope: 'orders.read' })
  const { access_token, ...rest } = answer.json<Given>()
  assert.deepEqual(rest, {
    issued_token_type: tokenType('access_token'),
    token_type: 'Bearer',
    expires_in: 900,
    scope: 'orders.read',
  })
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const { header, claims } = readJwt(access_token)
  assert.equal(header.typ, 'at+jwt')
  const { jti, ...said } = claims
  assert.equal(typeof jti, 'string')
  assert.deepEqual(said, {
    iss: onprem,
    sub: mainBranch,
    aud: orders,
    client_id: mainBranch,
    scope: 'orders.read',
    iat: side.seconds(),
    exp: side.seconds() + 900,
  })
  const record = side.records.at(-1)!
  assert.equal(record.rule, `the rule ci of ${onprem}`)
  assert.deepEqual(record.who, { verified: true, issuer: gitlab, subject: mainBranch, audience: onprem })
  assert.ok(!JSON.stringify(side.records).includes(access_token))
})

test('the same by RFC 7523, which has no issued_token_type', async (t) => {
  const side = await oauthSide(t)
  const answer = await side.post(`${onprem}/token`, { grant_type: assertionGrant, assertion: side.job() })
  assert.equal(answer.json<Given>().issued_token_type, undefined)
  assert.equal(claimsIn(answer).scope, 'orders.read orders.write stock.read')
})

test('a JWT may be asked for where access tokens are JWTs, and not where they are opaque', async (t) => {
  const side = await oauthSide(t)
  const requested_token_type = tokenType('jwt')
  assert.equal(
    (await side.exchange({ requested_token_type })).json<Given>().issued_token_type,
    requested_token_type,
  )
  assert.equal(told(await side.exchange({ requested_token_type }, opaque)), '400 invalid_request')
})

// ── requests that are wrong ──────────────────────────────────────────────────────────────────────────

type Fields = Parameters<OauthSide['exchange']>[0]
type Case = readonly [what: string, fields: (side: OauthSide) => Fields, told: string]

const requests: readonly Case[] = [
  ['no grant type', () => ({ grant_type: undefined }), '400 invalid_request'],
  ['another grant type', () => ({ grant_type: 'client_credentials' }), '400 unsupported_grant_type'],
  ['no subject token', () => ({ subject_token: '' }), '400 invalid_request'],
  ['no type of it', () => ({ subject_token_type: undefined }), '400 invalid_request'],
  ['a type that is not taken', () => ({ subject_token_type: tokenType('saml2') }), '400 invalid_request'],
  ['a refresh token', () => ({ requested_token_type: tokenType('refresh_token') }), '400 invalid_request'],
  ['an actor token without its type', (side) => ({ actor_token: side.pod() }), '400 invalid_request'],
  [
    'the type of an actor token without one',
    () => ({ actor_token_type: tokenType('jwt') }),
    '400 invalid_request',
  ],
  ['a parameter twice', () => ({ scope: ['a', 'b'] }), '400 invalid_request'],
  ['a resource that is no URI', () => ({ resource: 'orders' }), '400 invalid_target'],
  ['a resource with a fragment', () => ({ resource: `${orders}#a` }), '400 invalid_target'],
  ['a resource that is not the rule’s', () => ({ resource: stock }), '400 invalid_target'],
  ['one audience of two that is not', () => ({ audience: [orders, stock] }), '400 invalid_target'],
  ['a scope that is none', () => ({ scope: 'a"b' }), '400 invalid_scope'],
  ['a scope that is not the rule’s', () => ({ scope: 'orders.read admin' }), '400 invalid_scope'],
  ['a client secret', () => ({ client_id: 'cli', client_secret: 'x' }), '401 invalid_client'],
  ['a client that is not registered', () => ({ client_id: 'stranger' }), '401 invalid_client'],
  ['a client that proves nothing', () => ({ client_id: 'batch' }), '401 invalid_client'],
  ['an assertion without its type', () => ({ client_assertion: 'x' }), '400 invalid_request'],
  ['an assertion that is no JWT', () => assertionOf('x'), '401 invalid_client'],
  ['an assertion of nobody', (side) => assertionOf(side.pod('nobody')), '401 invalid_client'],
  [
    'an assertion of another than client_id',
    (side) => ({ ...assertionOf(side.pod()), client_id: 'batch' }),
    '401 invalid_client',
  ],
]

const presented: readonly [what: string, claims: Record<string, unknown>, told: string][] = [
  ['another issuer', { iss: 'https://gitlab.test' }, '400 invalid_request'],
  ['another audience', { aud: 'https://elsewhere.test' }, '400 invalid_request'],
  ['no audience', { aud: undefined }, '400 invalid_request'],
  ['no subject', { sub: undefined }, '400 invalid_request'],
  ['no expiry', { exp: undefined }, '400 invalid_request'],
  ['an expiry that is past', { exp: 1 }, '400 invalid_request'],
  ['a beginning that is to come', { nbf: 4_000_000_000 }, '400 invalid_request'],
  ['a branch that no rule is for', { ref: 'dev' }, '400 invalid_request'],
  ['a branch that needs a client', { ref: 'nightly' }, '400 unauthorized_client'],
  ['a key that it is bound to', { cnf: { jkt: 'x' } }, '400 invalid_request'],
]

for (const [what, fields, expected] of [
  ...requests,
  ...presented.map(([what, claims, to]): Case => [what, (side) => ({ subject_token: side.job(claims) }), to]),
])
  test(`${what}: ${expected}`, async (t) => {
    const side = await oauthSide(t)
    const answer = await side.exchange(fields(side))
    assert.equal(told(answer), expected, answer.text)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const { error_description } = answer.json<{ error_description: string }>()
    assert.match(error_description, /^[ !#-[\]-~]+$/)
    assert.ok(error_description.includes(side.records.at(-1)!.requestId))
    assert.equal(side.records.at(-1)!.decision, 'deny')
  })

test('for RFC 7523 a token that will not do is the grant that is invalid', async (t) => {
  const side = await oauthSide(t)
  const by = (assertion: string) => side.post(`${onprem}/token`, { grant_type: assertionGrant, assertion })
  assert.equal(told(await by(side.job({ exp: 1 }))), '400 invalid_grant')
  assert.equal(told(await by(side.job({ ref: 'dev' }))), '400 invalid_grant')
})

test('a token without iat is taken: RFC 7523 does not ask for one', async (t) => {
  const side = await oauthSide(t)
  assert.equal((await side.exchange({ subject_token: side.job({ iat: undefined }) })).status, 200)
})

test('a signature by another key, and algorithms that are none, are refused', async (t) => {
  const side = await oauthSide(t)
  const { claims } = readJwt(side.job())
  const forged = signJwt(claims, strangeKey(side.sts.keys.signing(gitlab).kid))
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${side.job().split('.')[1]}.`
  for (const subject_token of [forged, none])
    assert.equal(told(await side.exchange({ subject_token })), '400 invalid_request')
})

test('an issuer that is away is no refusal: 503, for a subject token and for an assertion', async (t) => {
  const away = async () => {
    throw new Error('connection refused')
  }
  const document = { ...oauthTrust, issuers: oauthTrust.issuers.filter(({ url }) => url === gitlab) }
  const side = await oauthSide(t, { document, http: { public: away, any: away } })
  const now = side.seconds()
  const claims = { iss: cluster, sub: ordersPod, aud: onprem, iat: now, exp: now + 60 }
  const pod = signJwt(claims, strangeKey('1'))
  for (const fields of [{ subject_token: pod }, assertionOf(pod)])
    assert.equal(told(await side.exchange(fields)), '503 temporarily_unavailable')
})

test('GET, JSON, Basic and DPoP are refused, Basic in its own scheme', async (t) => {
  const side = await oauthSide(t)
  const got = await side.get(`${onprem}/token`)
  assert.deepEqual([told(got), got.headers.get('allow')], ['405 invalid_request', 'POST'])
  assert.equal(
    told(await side.exchange({}, onprem, { 'content-type': 'application/json' })),
    '400 invalid_request',
  )
  assert.equal(told(await side.exchange({}, onprem, { dpop: 'x' })), '400 invalid_request')
  const basic = await side.exchange({}, onprem, { authorization: 'Basic eDp5' })
  assert.equal(told(basic), '401 invalid_client')
  assert.match(basic.headers.get('www-authenticate')!, /^Basic /)
})

test('a refusal tells its caller nothing of the rules, and its operator each condition', async (t) => {
  const side = await oauthSide(t)
  const answer = await side.exchange({ subject_token: side.job({ ref: 'dev' }) })
  assert.ok(!answer.text.includes('main'))
  const { code, checks, nearMiss } = side.records.at(-1)!
  assert.equal(code, 'TRUST_DENIED')
  const condition = checks!.find((each) => each.check === 'term' && each.presented === 'dev')
  assert.deepEqual([condition?.outcome, condition?.expected], ['fail', 'main'])
  assert.match(nearMiss!, /"dev"/)
})

// ── clients ──────────────────────────────────────────────────────────────────────────────────────────

test('a client that signs for itself is let in once by each assertion', async (t) => {
  const side = await oauthSide(t)
  const subject_token = side.job({ ref: 'nightly' })
  const assertion = batchAssertion(side)
  const ask = (client_assertion: string) => side.exchange({ subject_token, ...assertionOf(client_assertion) })
  const first = await ask(assertion)
  assert.deepEqual([claimsIn(first).client_id, first.json<Given>().expires_in], ['batch', 300])
  assert.equal(side.records.at(-1)!.who!.client, 'batch')
  assert.equal(told(await ask(assertion)), '401 invalid_client')
  assert.match(side.records.at(-1)!.reason!, /was used before/)
  assert.equal((await ask(batchAssertion(side, { aud: `${onprem}/token` }))).status, 200)
})

const assertions: readonly [what: string, claims: Record<string, unknown>][] = [
  ['no jti', { jti: undefined }],
  ['an audience that is somebody else', { aud: opaque }],
  ['a life of two hours', { exp: 1_795_400_000 }],
  ['an expiry that is past', { exp: 1 }],
  ['another issuer', { iss: 'stock' }],
  ["another client's name", { iss: 'stock', sub: 'stock' }],
]

for (const [what, claims] of assertions)
  test(`an assertion with ${what} is no client's`, async (t) => {
    const side = await oauthSide(t)
    const subject_token = side.job({ ref: 'nightly' })
    const answer = await side.exchange({ subject_token, ...assertionOf(batchAssertion(side, claims)) })
    assert.equal(told(answer), '401 invalid_client')
  })

test("a pod's token is the assertion of its client as often as it is presented", async (t) => {
  const side = await oauthSide(t)
  const client = assertionOf(side.pod())
  const ask = () => side.exchange({ ...client, client_id: 'orders' })
  assert.equal(claimsIn(await ask()).client_id, 'orders')
  assert.equal((await ask()).status, 200)
})

test('a public client is named in the token and opens nothing that asks for a client', async (t) => {
  const side = await oauthSide(t)
  assert.equal(claimsIn(await side.exchange({ client_id: 'cli' })).client_id, 'cli')
  const subject_token = side.job({ ref: 'nightly' })
  assert.equal(told(await side.exchange({ client_id: 'cli', subject_token })), '400 unauthorized_client')
})

// ── chains ───────────────────────────────────────────────────────────────────────────────────────────

for (const server of [onprem, opaque])
  test(`an access token of ${server} is exchanged by the service that holds it, and only narrowed`, async (t) => {
    const side = await oauthSide(t)
    const token = await accessToken(side, 'orders.read stock.read', server)
    await side.clock.advance(600_000)
    const onward = (fields: Fields = {}) =>
      side.exchange(
        {
          ...assertionOf(side.pod('orders', {}, server)),
          subject_token: token,
          subject_token_type: tokenType('access_token'),
          resource: stock,
          ...fields,
        },
        server,
      )
    const { scope, expires_in } = (await onward()).json<Given>()
    assert.deepEqual([scope, expires_in], ['stock.read', 300])
    assert.equal(told(await onward({ scope: 'stock.write' })), '400 invalid_scope')
    // Another client has one rule left, and that has no stock.
    assert.equal(told(await onward({ ...assertionOf(side.pod('stock', {}, server)) })), '400 invalid_target')
    const narrowed = await onward({
      resource: orders,
      client_assertion: undefined,
      client_assertion_type: undefined,
    })
    assert.equal(narrowed.json<Given>().scope, 'orders.read')
    await side.clock.advance(300_000)
    assert.equal(told(await onward()), '400 invalid_request')
  })

test('what is no access token of this server is none, whoever signed it', async (t) => {
  const side = await oauthSide(t)
  const ofOther = await accessToken(side, 'orders.read', opaque)
  const key = side.sts.keys.signing(onprem)
  const { claims } = readJwt(await accessToken(side))
  const tokens = [
    side.job(),
    ofOther,
    'mayfly_at_x',
    signJwt(claims, key),
    signJwt(claims, strangeKey(key.kid), { typ: 'at+jwt' }),
  ]
  for (const subject_token of tokens) {
    const answer = await side.exchange({ subject_token, subject_token_type: tokenType('access_token') })
    assert.equal(told(answer), '400 invalid_request', subject_token)
  }
})

test('who acts for whom is nested, the latest outermost', async (t) => {
  const side = await oauthSide(t)
  const actor = { actor_token: side.pod('portal'), actor_token_type: tokenType('jwt') }
  const first = await side.exchange(actor)
  const portal = { iss: cluster, sub: 'system:serviceaccount:shop:portal' }
  assert.deepEqual(claimsIn(first).act, portal)
  assert.equal(claimsIn(first).sub, mainBranch)
  assert.equal(side.records.at(-1)!.who!.actor, `${portal.sub} of ${cluster}`)
  const client = assertionOf(side.pod())
  const token = {
    subject_token: first.json<Given>().access_token,
    subject_token_type: tokenType('access_token'),
  }
  const both = { ...token, ...client, resource: stock }
  const second = await side.exchange({ ...both, actor_token: side.pod(), actor_token_type: tokenType('jwt') })
  assert.deepEqual(claimsIn(second).act, { iss: cluster, sub: ordersPod, act: portal })
  assert.deepEqual(claimsIn(await side.exchange(both)).act, portal)
})

test('a chain of actors has an end', async (t) => {
  const side = await oauthSide(t)
  let act: object = { sub: '1' }
  for (let n = 2; n <= 5; n++) act = { sub: String(n), act }
  const actor = { actor_token: side.pod('portal'), actor_token_type: tokenType('jwt') }
  assert.equal(
    told(await side.exchange({ ...actor, subject_token: side.job({ act }) })),
    '400 invalid_request',
  )
})

test('a subject token that names its actor is good for that one alone', async (t) => {
  const side = await oauthSide(t)
  const subject_token = side.job({ may_act: { iss: cluster, sub: 'system:serviceaccount:shop:portal' } })
  const by = (name: string) =>
    side.exchange({ subject_token, actor_token: side.pod(name), actor_token_type: tokenType('jwt') })
  assert.equal((await by('portal')).status, 200)
  assert.equal(told(await by('other')), '400 invalid_request')
  assert.equal(told(await side.exchange({ subject_token })), '400 invalid_request')
})

test('the endpoints are found by their path under an address of this machine, and not under other names', async (t) => {
  const side = await oauthSide(t)
  const fields = {
    grant_type: exchangeGrant,
    subject_token: side.job(),
    subject_token_type: tokenType('jwt'),
  }
  assert.equal((await side.post('http://127.0.0.1:8787/onprem/token', fields)).status, 200)
  assert.equal((await side.post('https://gitlab.com/onprem/token', fields)).status, 404)
})

const someScopes = fc.subarray(['orders.read', 'orders.write', 'stock.read'])

test('no chain of exchanges ever has more scope, another audience or a longer life than the token before', async (t) => {
  const side = await oauthSide(t)
  const steps = fc.array(fc.record({ scopes: someScopes, waitMs: fc.integer({ min: 0, max: 400_000 }) }), {
    maxLength: 5,
  })
  const run = async (
    first: readonly string[],
    chain: readonly { scopes: readonly string[]; waitMs: number }[],
  ) => {
    let given = await side.exchange({ scope: first.join(' ') })
    for (const { scopes, waitMs } of chain) {
      await side.clock.advance(waitMs)
      const before = claimsIn(given)
      const subject = {
        subject_token: given.json<Given>().access_token,
        subject_token_type: tokenType('access_token'),
      }
      const answer = await side.exchange({ ...subject, scope: scopes.join(' ') })
      if (answer.status !== 200) continue
      const after = claimsIn(answer)
      const had = String(before.scope ?? '').split(' ')
      for (const scope of answer.json<Given>().scope?.split(' ') ?? []) assert.ok(had.includes(scope), scope)
      assert.ok(Number(after.exp) <= Number(before.exp))
      assert.equal(after.aud, before.aud)
      assert.equal(after.sub, before.sub)
      given = answer
    }
  }
  await fc.assert(fc.asyncProperty(someScopes, steps, run), { numRuns: 50 })
})
