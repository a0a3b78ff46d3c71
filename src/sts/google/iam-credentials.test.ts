import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bigquery,
  callAccount,
  delegates,
  delegationTrust,
  federatedToken,
  type Refusal,
  relay,
  trusted,
} from '../../../test/google-side.ts'
import { loader, mainBranch, pool, storyTrust, storyTrustWith, trustSide } from '../../../test/trust-side.ts'
import { checkJws, readJwt, verificationKey } from '../../wire/jws.ts'
import { googleIssuer } from '../mint.ts'
import { verifyAccessToken } from '../public.ts'

const stranger = { ...trusted, subject: 'project_path:evil/shop:ref_type:branch:ref:main' }

test('a bound principal obtains an access token of the service account', async () => {
  const side = trustSide()
  const answer = await callAccount(side, 'generateAccessToken')
  assert.equal(answer.status, 200, answer.text)
  const { accessToken, expireTime, ...others } = answer.json()
  assert.deepEqual(others, {})
  assert.equal(expireTime, '2026-11-22T01:00:00Z')
  const identity = verifyAccessToken(accessToken as string, { keys: side.sts.keys, nowMs: side.clock.now() })
  assert.deepEqual(identity.principal, {
    type: 'service-account',
    email: loader,
    uniqueId: '100000000000000000001',
  })
  assert.deepEqual(identity.scopes, [bigquery])
})

test('nulls, empty delegates, a shorter life, an escaped address and a unique ID are taken', async () => {
  const side = trustSide()
  const python = await callAccount(side, 'generateAccessToken', {
    body: { delegates: null, scope: [bigquery], lifetime: null },
  })
  assert.equal(python.json().expireTime, '2026-11-22T01:00:00Z')
  const short = await callAccount(side, 'generateAccessToken', {
    body: { delegates: [], scope: [bigquery], lifetime: '600s' },
  })
  assert.equal(short.json().expireTime, '2026-11-22T00:10:00Z')
  for (const account of [encodeURIComponent(loader), '100000000000000000001'])
    assert.equal((await callAccount(side, 'generateAccessToken', { account })).status, 200)
})

test("an ID token is signed by Google's issuer, which is one of ours", async () => {
  const side = trustSide()
  const answer = await callAccount(side, 'generateIdToken', {
    body: { audience: 'https://run.example', includeEmail: true },
  })
  const jwt = readJwt(answer.json().token as string)
  const now = side.seconds()
  assert.deepEqual(jwt.claims, {
    aud: 'https://run.example',
    azp: '100000000000000000001',
    email: loader,
    email_verified: true,
    exp: now + 3600,
    iat: now,
    iss: googleIssuer,
    sub: '100000000000000000001',
  })
  const { keys } = (await (await side.app.request('https://www.googleapis.com/oauth2/v3/certs')).json()) as {
    keys: unknown[]
  }
  checkJws(jwt, verificationKey(keys[0])!)
  const bare = await callAccount(side, 'generateIdToken', { body: { audience: 'x' } })
  assert.equal(readJwt(bare.json().token as string).claims.email, undefined)
})

test('an ID token names its presenter by the e-mail address where a library asks for that', async () => {
  const side = trustSide()
  for (const yes of [true, 'true']) {
    const body = { audience: 'x', includeEmail: yes, useEmailAzp: yes }
    const { token } = (await callAccount(side, 'generateIdToken', { body })).json<{ token: string }>()
    const { azp, email, sub } = readJwt(token).claims
    assert.deepEqual([azp, email, sub], [loader, loader, '100000000000000000001'])
  }
  for (const includeEmail of ['yes', 1, {}])
    assert.equal(
      (await callAccount(side, 'generateIdToken', { body: { audience: 'x', includeEmail } })).status,
      400,
    )
})

for (const [method, permission] of [
  ['generateAccessToken', 'iam.serviceAccounts.getAccessToken'],
  ['generateIdToken', 'iam.serviceAccounts.getOpenIdToken'],
] as const)
  test(`${method} without a binding is PERMISSION_DENIED byte for byte`, async () => {
    const side = trustSide()
    const body = { scope: [bigquery], audience: 'x' }
    const expected = {
      error: {
        code: 403,
        message: `Permission '${permission}' denied on resource (or it may not exist).`,
        status: 'PERMISSION_DENIED',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'IAM_PERMISSION_DENIED',
            domain: 'iam.googleapis.com',
            metadata: { permission },
          },
        ],
      },
    }
    for (const given of [
      { body, token: federatedToken(side, stranger) },
      { body, account: 'closed@acme.iam.gserviceaccount.com' },
    ]) {
      const answer = await callAccount(side, method, given)
      assert.equal(answer.status, 403)
      assert.equal(answer.text, `${JSON.stringify(expected, null, 2)}\n`)
    }
  })

test('an account that is not there is NOT_FOUND byte for byte', async () => {
  const side = trustSide()
  const account = 'nobody@acme.iam.gserviceaccount.com'
  const expected = {
    error: { code: 404, message: `Not found; Gaia id not found for email ${account}`, status: 'NOT_FOUND' },
  }
  const answer = await callAccount(side, 'generateAccessToken', { account })
  assert.deepEqual([answer.status, answer.text], [404, `${JSON.stringify(expected, null, 2)}\n`])
})

test('a lifetime of more than an hour is refused in the words of Google', async () => {
  const side = trustSide()
  const answer = await callAccount(side, 'generateAccessToken', {
    body: { scope: [bigquery], lifetime: '3601s' },
  })
  assert.deepEqual(answer.json(), {
    error: {
      code: 400,
      message: 'The access token lifetime cannot exceed 3600 seconds.',
      status: 'INVALID_ARGUMENT',
    },
  })
})

test('an account that its organization lists may have tokens of twelve hours, and not of more', async () => {
  const [home] = storyTrust.google
  const serviceAccounts = home!.serviceAccounts.map((each) => ({
    ...each,
    credentialLifetimeExtension: true,
  }))
  const side = trustSide({ document: { ...storyTrust, google: [{ ...home!, serviceAccounts }] } })
  const asked = (lifetime: string) =>
    callAccount(side, 'generateAccessToken', { body: { scope: [bigquery], lifetime } })
  assert.equal((await asked('43200s')).json().expireTime, '2026-11-22T12:00:00Z')
  assert.equal((await callAccount(side, 'generateAccessToken')).json().expireTime, '2026-11-22T01:00:00Z')
  const longer = (await asked('43201s')).json<Refusal>()
  assert.equal(longer.error.message, 'The access token lifetime cannot exceed 43200 seconds.')
})

test('a body that means nothing is INVALID_ARGUMENT', async () => {
  const side = trustSide()
  for (const body of [
    '{',
    '[]',
    {},
    { scope: 'x' },
    { scope: [] },
    { scope: [1] },
    { scope: [bigquery], lifetime: '1h' },
  ]) {
    const answer = await callAccount(side, 'generateAccessToken', { body })
    assert.deepEqual(answer.json(), {
      error: { code: 400, message: 'Request contains an invalid argument.', status: 'INVALID_ARGUMENT' },
    })
  }
})

const through = (...names: string[]) => ({ body: { scope: [bigquery], delegates: delegates(...names) } })

test('a chain of delegates reaches an account on which only the last of them is bound', async () => {
  const side = trustSide({ document: delegationTrust() })
  assert.equal((await callAccount(side, 'generateAccessToken')).status, 403)
  for (const [name, body] of [
    [relay, through(relay).body],
    ['100000000000000000003', through('100000000000000000003').body],
    [relay, { scope: [bigquery], delegates: [relay] }],
  ] as const) {
    const answer = await callAccount(side, 'generateAccessToken', { body })
    assert.equal(answer.status, 200, answer.text)
    const { principal } = verifyAccessToken(answer.json().accessToken as string, {
      keys: side.sts.keys,
      nowMs: side.clock.now(),
    })
    assert.deepEqual(principal, { type: 'service-account', email: loader, uniqueId: '100000000000000000001' })
    assert.deepEqual(side.records.at(-1)?.via, [name])
  }
})

test('a link that does not hold is named: the permission to the caller, its place to the operator', async () => {
  const handsOut = trustSide({ document: delegationTrust('roles/iam.workloadIdentityUser') })
  const first = await callAccount(handsOut, 'generateAccessToken', through(relay))
  assert.equal(
    first.json<Refusal>().error.message,
    "Permission 'iam.serviceAccounts.implicitDelegation' denied on resource (or it may not exist).",
  )
  assert.match(handsOut.records.at(-1)?.reason ?? '', /on relay@.* \(link 1 of 2 of the delegation chain\)/)

  const closed = trustSide({
    document: delegationTrust(
      'roles/iam.serviceAccountTokenCreator',
      'roles/iam.serviceAccountOpenIdTokenCreator',
    ),
  })
  const last = await callAccount(closed, 'generateAccessToken', through(relay))
  assert.equal(
    last.json<Refusal>().error.message,
    "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
  )
  assert.match(
    closed.records.at(-1)?.reason ?? '',
    /^serviceAccount:relay@.* on loader@.* \(link 2 of 2 of the delegation chain\)/,
  )
})

test('a delegate that is not there is refused, and one that is not named well', async () => {
  const side = trustSide({ document: delegationTrust() })
  const absent = await callAccount(
    side,
    'generateAccessToken',
    through('nobody@acme.iam.gserviceaccount.com', relay),
  )
  assert.deepEqual([absent.status, side.records.at(-1)?.code], [404, 'TRUST_SERVICE_ACCOUNT'])
  assert.match(side.records.at(-1)?.reason ?? '', /nobody@.* \(link 1 of 3 of the delegation chain\)/)
  for (const wrong of [
    relay,
    [`serviceAccounts/${relay}`],
    [`projects/acme/serviceAccounts/${relay}`],
    [1],
    {},
  ]) {
    const answer = await callAccount(side, 'generateAccessToken', {
      body: { scope: [bigquery], delegates: wrong },
    })
    assert.deepEqual([answer.status, answer.json<Refusal>().error.status], [400, 'INVALID_ARGUMENT'])
  }
})

test('no token, a foreign one, an altered one and an expired one are 401', async () => {
  const side = trustSide()
  const token = federatedToken(side)
  const altered = token.slice(0, 60) + (token[60] === 'A' ? 'B' : 'A') + token.slice(61)
  for (const each of [undefined, 'ya29.foreign', altered, token.slice(5), federatedToken(trustSide())]) {
    const answer = await callAccount(side, 'generateAccessToken', { token: each })
    assert.deepEqual([answer.status, answer.json<Refusal>().error.status], [401, 'UNAUTHENTICATED'])
  }
  side.clock.jump(3_600_000)
  assert.equal((await callAccount(side, 'generateAccessToken', { token })).status, 401)
  assert.equal(side.records.at(-1)?.code, 'REQUEST_CREDENTIAL_EXPIRED')
})

test('a token without a scope for it reaches no service account', async () => {
  const side = trustSide()
  const answer = await callAccount(side, 'generateAccessToken', {
    token: federatedToken(side, trusted, [bigquery]),
  })
  assert.equal(answer.json<Refusal>().error.message, 'Request had insufficient authentication scopes.')
})

test('a token ends with the pool that it came by', async () => {
  const side = trustSide()
  const token = federatedToken(side)
  side.sts.register({ ...storyTrust, google: storyTrust.google.map((each) => ({ ...each, pools: [] })) })
  assert.equal((await callAccount(side, 'generateAccessToken', { token })).status, 401)
})

test('a token ends with its pool, and not with the provider, when either is deleted', async () => {
  const expireTime = '2026-12-22T00:00:00Z'
  const without = (...place: (string | number)[]) =>
    trustSide({ document: storyTrustWith(['google', 0, 'pools', 0, ...place, 'expireTime'], expireTime) })
  assert.equal((await callAccount(without(), 'generateAccessToken')).status, 401)
  assert.equal((await callAccount(without('providers', 1), 'generateAccessToken')).status, 200)
})

test('a disabled account gives no tokens, and the operator is told that it is disabled', async () => {
  const side = trustSide({ document: storyTrustWith(['google', 0, 'serviceAccounts', 0, 'disabled'], true) })
  const answer = await callAccount(side, 'generateAccessToken')
  assert.equal(answer.json<Refusal>().error.status, 'PERMISSION_DENIED')
  assert.equal(side.records.at(-1)?.checks?.[0]?.hint, 'The service account is disabled')
  const token = federatedToken(side, { type: 'service-account', email: loader })
  assert.equal((await callAccount(side, 'generateAccessToken', { token })).status, 401)
})

test("a role in the project's policy counts for every account of the project", async () => {
  const members = [`principal://iam.googleapis.com/${pool}/subject/${mainBranch}`]
  const bindings = [{ role: 'roles/iam.serviceAccountTokenCreator', members }]
  const side = trustSide({ document: storyTrustWith(['google', 0, 'bindings'], bindings) })
  const closed = { account: 'closed@acme.iam.gserviceaccount.com' }
  assert.equal((await callAccount(side, 'generateAccessToken', closed)).status, 200)
  const token = federatedToken(side, { type: 'service-account', email: loader })
  await callAccount(side, 'generateAccessToken', { ...closed, token })
  assert.equal(side.records.at(-1)?.checks?.[0]?.source, 'project.bindings[0].members[0]')
})
