import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bigquery, callAccount, cloudPlatform, federatedToken } from '../../../test/google-side.ts'
import { loader, mainBranch, pool, strangeKey, type TrustSide, trustSide } from '../../../test/trust-side.ts'
import { signJwt } from '../../wire/jws.ts'
import { googleIssuer } from '../mint.ts'

const email = 'https://www.googleapis.com/auth/userinfo.email'
const uniqueId = '100000000000000000001'

async function accountToken(side: TrustSide, scope = [bigquery, email]): Promise<string> {
  return (await callAccount(side, 'generateAccessToken', { body: { scope } })).json<{ accessToken: string }>()
    .accessToken
}

const get = (side: TrustSide, path: string, query: string) =>
  side.send({ method: 'GET', path, query, headers: [], body: '' })

const invalid = '{"error":"invalid_token","error_description":"Invalid Value"}'

test('token information tells of a live access token, by parameter, form or bearer, and of nothing else', async () => {
  const side = trustSide()
  const token = await accountToken(side)
  const expected = {
    azp: uniqueId,
    aud: uniqueId,
    sub: uniqueId,
    scope: `${bigquery} ${email}`,
    exp: String(side.seconds() + 3600),
    expires_in: '3600',
    email: loader,
    email_verified: 'true',
    access_type: 'online',
  }
  for (const path of ['/tokeninfo', '/oauth2/v3/tokeninfo'])
    assert.deepEqual((await get(side, path, `access_token=${token}`)).json(), expected)
  assert.deepEqual((await side.form('/tokeninfo', { access_token: token })).json(), expected)
  assert.deepEqual((await side.form('/tokeninfo', {}, { Authorization: `Bearer ${token}` })).json(), expected)
  for (const access_token of ['ya29.foreign', await accountToken(trustSide())]) {
    const refused = await side.form('/tokeninfo', { access_token })
    assert.deepEqual([refused.status, refused.text], [400, invalid])
  }
  assert.equal((await get(side, '/tokeninfo', '')).text, invalid)
  side.clock.jump(3_600_000)
  assert.equal((await get(side, '/tokeninfo', `access_token=${token}`)).status, 400)
})

test('versions 1 and 2 tell the same by other names', async () => {
  const side = trustSide()
  const token = await accountToken(side)
  for (const path of ['/oauth2/v1/tokeninfo', '/oauth2/v2/tokeninfo'])
    assert.deepEqual((await get(side, path, `access_token=${token}`)).json(), {
      issued_to: uniqueId,
      audience: uniqueId,
      user_id: uniqueId,
      scope: `${bigquery} ${email}`,
      expires_in: 3600,
      email: loader,
      verified_email: true,
      access_type: 'online',
    })
})

test('without the scope for it, an access token does not tell the e-mail address', async () => {
  const side = trustSide()
  const told = (
    await get(side, '/tokeninfo', `access_token=${await accountToken(side, [cloudPlatform])}`)
  ).json()
  assert.deepEqual([told.aud, told.email, told.sub], [uniqueId, undefined, undefined])
})

test('token information tells of an ID token that is ours: its header and claims, as texts', async () => {
  const side = trustSide()
  const body = { audience: 'https://run.example', includeEmail: true }
  const { token } = (await callAccount(side, 'generateIdToken', { body })).json<{ token: string }>()
  const { kid } = side.sts.keys.signing(googleIssuer)
  const times = { exp: side.seconds() + 3600, iat: side.seconds() }
  assert.deepEqual((await get(side, '/tokeninfo', `id_token=${token}`)).json(), {
    aud: 'https://run.example',
    azp: uniqueId,
    email: loader,
    email_verified: 'true',
    exp: String(times.exp),
    iat: String(times.iat),
    iss: googleIssuer,
    sub: uniqueId,
    alg: 'RS256',
    kid,
    typ: 'JWT',
  })
  const first = (await get(side, '/oauth2/v1/tokeninfo', `id_token=${token}`)).json()
  assert.deepEqual(
    [first.audience, first.email_verified, first.expires_in],
    ['https://run.example', true, 3600],
  )
  const forged = signJwt({ iss: googleIssuer, ...times }, strangeKey(kid))
  const others = signJwt({ iss: googleIssuer, ...times }, side.sts.keys.signing('https://gitlab.com'))
  for (const each of ['x', forged, others])
    assert.equal((await get(side, '/tokeninfo', `id_token=${each}`)).text, invalid)
  side.clock.jump(3_600_000)
  assert.equal((await get(side, '/tokeninfo', `id_token=${token}`)).text, invalid)
})

test('introspection says active of a live token, and only that it is not of any other', async () => {
  const side = trustSide()
  const token = federatedToken(side)
  const name = `principal://iam.googleapis.com/${pool}/subject/${mainBranch}`
  const expected = {
    active: true,
    scope: cloudPlatform,
    username: name,
    exp: side.seconds() + 3600,
    iat: side.seconds(),
    sub: name,
    iss: 'https://sts.googleapis.com/',
  }
  const hint = { token_type_hint: 'urn:ietf:params:oauth:token-type:access_token' }
  assert.deepEqual((await side.form('/v1/introspect', { token })).json(), expected)
  const basic = { Authorization: `Basic ${Buffer.from('client:secret').toString('base64')}` }
  assert.deepEqual((await side.form('/v1/introspect', { token, ...hint }, basic)).json(), expected)
  const json = JSON.stringify({ token, tokenTypeHint: 'access_token' })
  const request = { method: 'POST', path: '/v1/introspect', query: '', body: json }
  assert.deepEqual(
    (await side.send({ ...request, headers: [['Content-Type', 'application/json']] })).json(),
    expected,
  )
  assert.equal((await side.form('/v1/introspect', { token: 'x' })).text, '{"active":false}')
  side.clock.jump(3_600_000)
  assert.equal((await side.form('/v1/introspect', { token })).text, '{"active":false}')
})

test('introspection knows a service account by its address and its unique ID', async () => {
  const side = trustSide()
  const { username, sub } = (await side.form('/v1/introspect', { token: await accountToken(side) })).json()
  assert.deepEqual([username, sub], [loader, uniqueId])
})

test('introspection of nothing is invalid_request', async () => {
  const side = trustSide()
  const answer = await side.form('/v1/introspect', { token_type_hint: 'access_token' })
  assert.deepEqual([answer.status, answer.json().error], [400, 'invalid_request'])
})
