import assert from 'node:assert/strict'
import { sign } from 'node:crypto'
import { test } from 'node:test'
import {
  type Answer,
  mainBranch,
  pool,
  provider,
  strangeKey,
  type TrustSide,
  tokenOf,
  trustSide,
} from '../../../test/trust-side.ts'
import { verifyAccessToken } from '../public.ts'

const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'
const name = `https:${provider}/gitlab`

/** The form of a token exchange, as Google's libraries send it. */
function exchangeForm(subjectToken: string, more: Record<string, string | undefined> = {}) {
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    audience: `${provider}/gitlab`,
    scope: cloudPlatform,
    subject_token: subjectToken,
    ...more,
  }
}

const goodToken = (side: TrustSide, claims = {}, made = {}) => tokenOf(side, { aud: name, ...claims }, made)

function assertError(answer: Answer, error: string, description: string): void {
  assert.equal(answer.text, JSON.stringify({ error, error_description: description }))
  assert.equal(answer.status, 400)
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=UTF-8')
}

test('a trusted token becomes the access token of a federated principal', async () => {
  const side = trustSide()
  const answer = await side.form('/v1/token', exchangeForm(goodToken(side)))
  assert.equal(answer.status, 200, answer.text)
  const { access_token, ...rest } = answer.json()
  assert.deepEqual(rest, {
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3600,
  })
  assert.match(access_token as string, /^ya29\.[\w-]+$/)
  const identity = verifyAccessToken(access_token as string, { keys: side.sts.keys, nowMs: side.clock.now() })
  assert.deepEqual(identity, {
    type: 'google',
    principal: { type: 'federated', pool, subject: mainBranch, groups: [], attributes: { ref: 'main' } },
    scopes: [cloudPlatform],
    expiresAtMs: side.clock.now() + 3_600_000,
  })
})

test('the same in JSON with camelCase names is taken', async () => {
  const side = trustSide()
  const members = {
    grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
    subjectTokenType: 'urn:ietf:params:oauth:token-type:id_token',
    audience: `${provider}/gitlab`,
    scope: cloudPlatform,
    subjectToken: goodToken(side),
    options: null,
  }
  const request = { method: 'POST', path: '/v1/token', query: '', body: JSON.stringify(members) }
  const answer = await side.send({ ...request, headers: [['Content-Type', 'application/json']] })
  assert.equal(answer.status, 200, answer.text)
})

test("a token is for the provider's full name, with https: or without", async () => {
  const side = trustSide()
  for (const aud of [name, `${provider}/gitlab`, ['x', name]])
    assert.equal((await side.form('/v1/token', exchangeForm(goodToken(side, { aud })))).status, 200)
})

const cases: Readonly<
  Record<
    string,
    readonly [
      (side: TrustSide) => Record<string, string | undefined>,
      error: string,
      description: string,
      code: string,
    ]
  >
> = {
  'another audience': [
    (side) => exchangeForm(goodToken(side, { aud: 'https://user-audience.test' })),
    'invalid_grant',
    'The audience in ID Token [https://user-audience.test] does not match the expected audience.',
    'PROOF_AUDIENCE',
  ],
  'several other audiences': [
    (side) => exchangeForm(goodToken(side, { aud: ['a', 'b'] })),
    'invalid_grant',
    'The audience in ID Token [a, b] does not match the expected audience.',
    'PROOF_AUDIENCE',
  ],
  'another issuer': [
    (side) => exchangeForm(goodToken(side, { iss: 'https://gitlab.example' })),
    'invalid_grant',
    'The issuer in ID Token https://gitlab.example does not match the expected ones: https://gitlab.com',
    'PROOF_ISSUER',
  ],
  'a token for a provider of AWS, whose account is not told': [
    (side) => exchangeForm(goodToken(side), { audience: `${provider}/aws-provider` }),
    'invalid_grant',
    'The issuer in ID Token https://gitlab.com does not match the expected ones: an AWS account',
    'PROOF_ISSUER',
  ],
  'a token that the condition rejects': [
    (side) => exchangeForm(goodToken(side, { namespace_path: 'evil' })),
    'unauthorized_client',
    'The given credential is rejected by the attribute condition.',
    'TRUST_CONDITION',
  ],
  'a provider that is not registered': [
    (side) => exchangeForm(goodToken(side), { audience: `${provider}/nothing` }),
    'invalid_target',
    'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
    'TRUST_PROVIDER',
  ],
  'a provider that is disabled': [
    (side) =>
      exchangeForm(goodToken(side, { aud: `${provider}/closed` }), { audience: `${provider}/closed` }),
    'invalid_target',
    'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
    'TRUST_PROVIDER',
  ],
  'an audience with https:': [
    (side) => exchangeForm(goodToken(side), { audience: name }),
    'invalid_request',
    'Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.',
    'REQUEST_PARAMETER',
  ],
  'a subject of more than 127 bytes': [
    (side) => exchangeForm(goodToken(side, { sub: 's'.repeat(128) })),
    'invalid_grant',
    'The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.',
    'TRUST_MAPPING',
  ],
  'an expired token': [
    (side) => exchangeForm(goodToken(side, { iat: side.seconds() - 3600, exp: side.seconds() })),
    'invalid_grant',
    'ID Token issued at 1795302000 is stale to sign-in.',
    'PROOF_EXPIRED',
  ],
}

for (const [what, [form, error, description, code]] of Object.entries(cases))
  test(`${what} is refused in the words of Google`, async () => {
    const side = trustSide()
    assertError(await side.form('/v1/token', form(side)), error, description)
    assert.equal(side.records.at(-1)?.code, code)
  })

const forgeries: Readonly<Record<string, readonly [(side: TrustSide) => string, code: string]>> = {
  'alg none': [
    (side) =>
      `${Buffer.from('{"alg":"none","kid":"x"}').toString('base64url')}.${goodToken(side).split('.')[1]}.`,
    'PROOF_ALGORITHM',
  ],
  'no kid': [
    (side) => {
      const header = Buffer.from('{"alg":"RS256"}').toString('base64url')
      const signed = `${header}.${goodToken(side).split('.')[1]}`
      const { key } = side.sts.keys.signing('https://gitlab.com')
      return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
    },
    'PROOF_CLAIM',
  ],
  'an algorithm that Google does not take': [
    (side) =>
      goodToken(side, {}, { key: { ...side.sts.keys.signing('https://gitlab.com'), algorithm: 'PS256' } }),
    'PROOF_ALGORITHM',
  ],
  'another key under the same name': [
    (side) => goodToken(side, {}, { key: strangeKey(side.sts.keys.signing('https://gitlab.com').kid) }),
    'PROOF_SIGNATURE',
  ],
  'a life of more than a day': [
    (side) => goodToken(side, { exp: side.seconds() + 86_401 }),
    'PROOF_LIFETIME',
  ],
  'an issue time ahead of the clock': [
    (side) => goodToken(side, { iat: side.seconds() + 301, exp: side.seconds() + 400 }),
    'PROOF_NOT_YET_VALID',
  ],
  'no subject': [(side) => goodToken(side, { sub: undefined }), 'PROOF_CLAIM'],
  'no audience': [(side) => goodToken(side, { aud: undefined }), 'PROOF_CLAIM'],
}

for (const [what, [forge, code]] of Object.entries(forgeries))
  test(`a token with ${what} is refused`, async () => {
    const side = trustSide()
    const answer = await side.form('/v1/token', exchangeForm(forge(side)))
    assert.deepEqual([answer.status, answer.json().error], [400, 'invalid_grant'])
    assert.equal(side.records.at(-1)?.code, code)
  })

test('a form that says two things, or cannot be read, is told so in words', async () => {
  const side = trustSide()
  for (const body of ['=x', 'a=1&A=2', 'a=%zz']) {
    const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const
    const answer = await side.send({ method: 'POST', path: '/v1/token', query: '', headers, body })
    assertError(answer, 'invalid_request', 'The request is malformed.')
  }
})

test('what is missing is invalid_request, before anything is verified', async () => {
  const side = trustSide()
  for (const more of [
    { grant_type: 'client_credentials' },
    { requested_token_type: undefined },
    { scope: undefined },
    { scope: ' ' },
    { subject_token: undefined },
    { subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
    { options: '[]' },
    { options: encodeURIComponent('{"userProject":7}') },
    { options: '{"userProject":"not a project"}' },
  ]) {
    const answer = await side.form('/v1/token', exchangeForm(goodToken(side), more))
    assert.deepEqual([answer.status, answer.json().error], [400, 'invalid_request'], JSON.stringify(more))
  }
})

test('what Google does and Mayfly does not is refused by its name', async () => {
  const side = trustSide()
  const tokenType = 'urn:ietf:params:oauth:token-type'
  for (const [more, named] of [
    [{ subject_token_type: `${tokenType}:saml2` }, 'SAML assertions'],
    [{ subject_token_type: `${tokenType}:mtls` }, 'X.509 certificates'],
    [
      { requested_token_type: `${tokenType}:access_boundary_intermediary_token` },
      'access boundaries that clients',
    ],
    [
      { audience: '//iam.googleapis.com/locations/global/workforcePools/staff/providers/okta' },
      'workforce identity pools',
    ],
    [{ actor_token: 'x' }, 'actor_token'],
    [{ options: '{"novelty":true}' }, 'options.novelty'],
  ] as const) {
    const answer = await side.form('/v1/token', exchangeForm(goodToken(side), more))
    const { error, error_description } = answer.json<Record<string, string>>()
    assert.deepEqual(
      [answer.status, error, side.records.at(-1)?.code],
      [400, 'invalid_request', 'REQUEST_UNSUPPORTED'],
    )
    assert.match(error_description!, new RegExp(`^Mayfly does not support ${named}`))
  }
})

test('a project for quota is taken, encoded once more or not', async () => {
  const side = trustSide()
  for (const options of [
    '',
    '{"userProject":"acme"}',
    encodeURIComponent('{"userProject": "111111111111"}'),
    '{}',
  ])
    assert.equal(
      (await side.form('/v1/token', exchangeForm(goodToken(side), { options }))).status,
      200,
      options,
    )
})

test('the refusal by a condition is explained to the operator, term by term', async () => {
  const side = trustSide()
  await side.form('/v1/token', exchangeForm(goodToken(side, { namespace_path: 'evil' })))
  const { checks = [], requestId } = side.records.at(-1)!
  const term = checks.find((each) => each.check === 'term')
  assert.deepEqual([term?.outcome, term?.presented, term?.expected], ['fail', 'evil', 'acme'])
  assert.equal(side.sts.audit.refusal(requestId)?.requestId, requestId)
})
