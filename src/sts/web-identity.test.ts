import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import {
  gitlab,
  strangeKey,
  strangersKeys,
  type TrustSide,
  tokenOf,
  trustSide,
  webIdentity,
} from '../../test/trust-side.ts'

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const partsOf = (token: string) => token.split('.') as [string, string, string]
const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())

/** Each makes a token that must not pass out of the means of somebody without the issuer's key. */
const forgeries: Readonly<Record<string, readonly [(side: TrustSide) => string, code: string]>> = {
  'claims that were altered': [
    (side) => {
      const [header, claims, signature] = partsOf(
        tokenOf(side, { sub: 'project_path:evil/shop:ref_type:branch:ref:main' }),
      )
      const altered = { ...decoded(claims), sub: 'project_path:acme/shop:ref_type:branch:ref:main' }
      return `${header}.${encoded(altered)}.${signature}`
    },
    'PROOF_SIGNATURE',
  ],
  'a signature of another token': [
    (side) => {
      const [header, claims] = partsOf(tokenOf(side))
      return `${header}.${claims}.${partsOf(tokenOf(side, { jti: 'other' }))[2]}`
    },
    'PROOF_SIGNATURE',
  ],
  'no signature': [
    (side) => {
      const [header, claims] = partsOf(tokenOf(side))
      return `${header}.${claims}.`
    },
    'PROOF_SIGNATURE',
  ],
  'alg none': [
    (side) => `${encoded({ alg: 'none', typ: 'JWT' })}.${partsOf(tokenOf(side))[1]}.`,
    'PROOF_ALGORITHM',
  ],
  'alg NONE in another letter case': [
    (side) => `${encoded({ alg: 'nOnE', typ: 'JWT' })}.${partsOf(tokenOf(side))[1]}.`,
    'PROOF_ALGORITHM',
  ],
  'an HMAC with the public key as its secret': [
    (side) => {
      const [jwk] = side.sts.keys.jwks(gitlab) ?? []
      const signed = `${encoded({ alg: 'HS256', typ: 'JWT', kid: jwk?.kid })}.${partsOf(tokenOf(side))[1]}`
      return `${signed}.${createHmac('sha256', JSON.stringify(jwk)).update(signed).digest('base64url')}`
    },
    'PROOF_ALGORITHM',
  ],
  "another key under the issuer's key ID": [
    (side) => tokenOf(side, {}, { key: strangeKey(side.sts.keys.signing(gitlab).kid) }),
    'PROOF_SIGNATURE',
  ],
  'a key ID that the issuer does not publish': [
    (side) => tokenOf(side, {}, { key: strangeKey('mine') }),
    'PROOF_KEY',
  ],
  "another token service's key for the same issuer": [
    (side) => tokenOf(side, {}, { key: strangersKeys().signing(gitlab) }),
    'PROOF_KEY',
  ],
  "another issuer's key": [
    (side) => tokenOf(side, {}, { key: side.sts.keys.signing('https://kubernetes.example') }),
    'PROOF_KEY',
  ],
  "the issuer's key for an algorithm that is not its own": [
    (side) => tokenOf(side, {}, { key: { ...side.sts.keys.signing(gitlab), algorithm: 'RS512' } }),
    'PROOF_ALGORITHM',
  ],
  'a key that the token brings along': [
    (side) => {
      const key = strangeKey('mine')
      return tokenOf(
        side,
        {},
        { key, header: { jwk: { kty: 'RSA', kid: 'mine' }, jku: 'https://evil.example/jwks' } },
      )
    },
    'PROOF_KEY',
  ],
  'an extension that must be understood': [
    (side) => tokenOf(side, {}, { header: { crit: ['b64'] } }),
    'PROOF_ALGORITHM',
  ],
  'an issuer that only begins like the registered one': [
    (side) => tokenOf(side, { iss: 'https://gitlab.com@evil.example' }),
    'PROOF_ISSUER',
  ],
  'an issuer in another letter case': [
    (side) => tokenOf(side, { iss: 'https://GitLab.com' }),
    'PROOF_ISSUER',
  ],
  'another audience': [(side) => tokenOf(side, { aud: 'https://evil.example' }), 'PROOF_AUDIENCE'],
  'an azp in place of the audience': [
    (side) => tokenOf(side, { azp: 'https://evil.example' }),
    'PROOF_AUDIENCE',
  ],
  'two audiences': [(side) => tokenOf(side, { aud: ['https://user-audience.test', 'x'] }), 'PROOF_AUDIENCE'],
  'an end that is long past': [(side) => tokenOf(side, { exp: side.seconds() - 3600 }), 'PROOF_EXPIRED'],
  'a beginning that is far ahead': [
    (side) => tokenOf(side, { nbf: side.seconds() + 301 }),
    'PROOF_NOT_YET_VALID',
  ],
  'an issue time that is far ahead': [
    (side) => tokenOf(side, { iat: side.seconds() + 301 }),
    'PROOF_NOT_YET_VALID',
  ],
  'an end that is no number': [(side) => tokenOf(side, { exp: 'never' }), 'PROOF_CLAIM'],
  'an end beyond all dates': [(side) => tokenOf(side, { exp: 253_402_300_800 }), 'PROOF_CLAIM'],
  'a number that cannot be read exactly': [(side) => tokenOf(side, { user_id: 2 ** 53 }), 'PROOF_MALFORMED'],
  'an empty audience': [(side) => tokenOf(side, { aud: [] }), 'PROOF_CLAIM'],
}

for (const [what, [forge, code]] of Object.entries(forgeries))
  test(`a token with ${what} is refused`, async () => {
    const side = trustSide()
    const token = forge(side)
    const answer = await side.form('/', webIdentity(token))
    assert.equal(side.records.at(-1)?.code, code)
    assert.equal(side.records.at(-1)?.decision, 'deny')
    assert.ok(answer.status >= 400 && answer.status < 500, answer.text)
    assert.equal(answer.xml('SessionToken'), undefined)
  })

test('no refusal repeats the token or a part of it, on the wire or in the audit', async () => {
  const side = trustSide()
  for (const [forge] of Object.values(forgeries)) {
    const token = forge(side)
    const told = (await side.form('/', webIdentity(token))).text + JSON.stringify(side.records.at(-1))
    for (const part of partsOf(token)) assert.ok(part === '' || !told.includes(part))
  }
})

test('what AWS takes is taken: a numeric sub, times as text, one audience in a list, azp before aud', async () => {
  const side = trustSide()
  const now = side.seconds()
  const accepted = [
    { aud: ['https://user-audience.test'] },
    { iat: String(now), exp: String(now + 600) },
    { aud: ['x', 'y'], azp: 'https://user-audience.test' },
  ]
  for (const claims of accepted)
    assert.equal(
      (await side.form('/', webIdentity(tokenOf(side, claims)))).status,
      200,
      JSON.stringify(claims),
    )
  await side.form('/', webIdentity(tokenOf(side, { sub: 42 })))
  assert.equal(side.records.at(-1)?.who?.subject, '42')
})

test('a token that is used twice is accepted twice, as the clouds do', async () => {
  const side = trustSide()
  const token = tokenOf(side)
  for (let i = 0; i < 2; i += 1) assert.equal((await side.form('/', webIdentity(token))).status, 200)
})

test('several audiences without azp are told so in the words of AWS', async () => {
  const side = trustSide()
  const answer = await side.form('/', webIdentity(tokenOf(side, { aud: ['a', 'b'] })))
  assert.equal(
    answer.xml('Message'),
    'Token audience contains more than one audience while authorized party is not present',
  )
})
