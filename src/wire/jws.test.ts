import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { compactVerify, importJWK, SignJWT } from 'jose'
import { type Algorithm, checkJws, readJwt, signJwt, verificationKey } from './jws.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pairs: Record<Algorithm, { publicKey: KeyObject; privateKey: KeyObject }> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: p256,
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: generateKeyPairSync('ed25519'),
}
const algorithms = Object.keys(pairs) as Algorithm[]
const claims = {
  iss: 'https://issuer.example',
  sub: 'system:serviceaccount:ns:ä',
  aud: ['a', 'b'],
  exp: 2_000_000_000,
}

const jwkOf = (algorithm: Algorithm) => pairs[algorithm].publicKey.export({ format: 'jwk' })
const keyOf = (algorithm: Algorithm) => verificationKey(jwkOf(algorithm))!
const ours = (algorithm: Algorithm, header = {}) =>
  signJwt(claims, { kid: 'k1', key: pairs[algorithm].privateKey, algorithm }, header)
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const verify = (token: string, algorithm: Algorithm) => checkJws(readJwt(token), keyOf(algorithm))

for (const algorithm of algorithms) {
  test(`${algorithm}: what we sign, jose verifies`, async () => {
    const { payload, protectedHeader } = await compactVerify(
      ours(algorithm),
      await importJWK(jwkOf(algorithm), algorithm),
    )
    assert.deepEqual(JSON.parse(new TextDecoder().decode(payload)), claims)
    assert.deepEqual(protectedHeader, { alg: algorithm, kid: 'k1', typ: 'JWT' })
  })

  test(`${algorithm}: what jose signs, we verify, and not once a claim was altered`, async () => {
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, kid: 'k1' })
      .sign(pairs[algorithm].privateKey)
    verify(token, algorithm)
    assert.deepEqual(readJwt(token).claims, claims)
    const [header, , signature] = token.split('.')
    const altered = [header, encoded({ ...claims, sub: 'admin' }), signature].join('.')
    assert.throws(() => verify(altered, algorithm), { code: 'PROOF_SIGNATURE' })
  })

  test(`${algorithm}: another key of the same kind does not verify, nor an empty signature`, () => {
    const token = ours(algorithm)
    const empty = token.slice(0, token.lastIndexOf('.') + 1)
    assert.throws(() => verify(empty, algorithm), { code: 'PROOF_SIGNATURE' })
    assert.throws(() => checkJws(readJwt(token), otherKey(algorithm)), { code: 'PROOF_SIGNATURE' })
  })
}

function otherKey(algorithm: Algorithm) {
  const { crv } = jwkOf(algorithm)
  const pair =
    crv === undefined
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : crv === 'Ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: crv })
  return verificationKey(pair.publicKey.export({ format: 'jwk' }))!
}

test('a token without a signature (alg none) is PROOF_ALGORITHM, in any letter case', () => {
  for (const alg of ['none', 'None', 'NONE', ''])
    assert.throws(() => verify(`${encoded({ alg })}.${encoded(claims)}.`, 'RS256'), {
      code: 'PROOF_ALGORITHM',
    })
})

test('HS256 with the public key as its secret is PROOF_ALGORITHM', () => {
  const signed = `${encoded({ alg: 'HS256' })}.${encoded(claims)}`
  for (const format of ['pem', 'der'] as const) {
    const secret = rsa.publicKey.export({ type: 'spki', format: format as 'pem' })
    const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    assert.throws(() => verify(token, 'RS256'), { code: 'PROOF_ALGORITHM' })
  }
})

test('an algorithm of another type of key is PROOF_ALGORITHM, never tried', () => {
  assert.throws(() => verify(ours('RS256'), 'ES256'), { code: 'PROOF_ALGORITHM' })
  assert.throws(() => verify(ours('ES256'), 'RS256'), { code: 'PROOF_ALGORITHM' })
  assert.throws(() => verify(ours('ES256'), 'ES384'), { code: 'PROOF_ALGORITHM' })
})

test('the alg of a JWK narrows it down: a PS256 token does not verify with an RS256 key', () => {
  const key = verificationKey({ ...jwkOf('RS256'), alg: 'RS256' })!
  assert.deepEqual(key.algorithms, ['RS256'])
  assert.throws(() => checkJws(readJwt(ours('PS256')), key), { code: 'PROOF_ALGORITHM' })
})

test('an ECDSA signature in DER is PROOF_SIGNATURE: JOSE has r and s side by side', () => {
  const signed = ours('ES256').split('.').slice(0, 2).join('.')
  const der = sign('sha256', Buffer.from(signed), { key: p256.privateKey, dsaEncoding: 'der' })
  assert.throws(() => verify(`${signed}.${der.toString('base64url')}`, 'ES256'), { code: 'PROOF_SIGNATURE' })
})

test('a PSS signature with a salt of another length is PROOF_SIGNATURE (RFC 7518 §3.5)', () => {
  const signed = ours('PS256').split('.').slice(0, 2).join('.')
  const salted = sign('sha256', Buffer.from(signed), { key: rsa.privateKey, padding: 6, saltLength: 20 })
  assert.throws(() => verify(`${signed}.${salted.toString('base64url')}`, 'PS256'), {
    code: 'PROOF_SIGNATURE',
  })
})

test('a zero ECDSA signature (CVE-2022-21449) is PROOF_SIGNATURE', () => {
  const signed = ours('ES256').split('.').slice(0, 2).join('.')
  const zero = Buffer.alloc(64).toString('base64url')
  assert.throws(() => verify(`${signed}.${zero}`, 'ES256'), { code: 'PROOF_SIGNATURE' })
})

test('crit is refused even when the signature holds', () => {
  const token = ours('ES256', { crit: ['b64'], b64: false })
  assert.throws(() => verify(token, 'ES256'), { code: 'PROOF_ALGORITHM' })
})

test('a token has one text: other spellings of the same octets are PROOF_MALFORMED', () => {
  const token = ours('EdDSA')
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const last = signature.at(-1)!
  const next = String.fromCharCode(last.charCodeAt(0) + 1)
  const rows = [
    `${token}.`,
    `${header}.${payload}`,
    `${header}.${payload}=.${signature}`,
    `${header}.${payload}.${signature}==`,
    ` ${token}`,
    `${header}.${payload}\n.${signature}`,
    `${header}.${payload}.${signature.slice(0, -1)}${next}`,
    `${header}..${signature}`,
    '',
  ]
  for (const row of rows) assert.throws(() => readJwt(row), { code: 'PROOF_MALFORMED' }, JSON.stringify(row))
})

test('a double member, octets that are not UTF-8, or a header without alg is PROOF_MALFORMED', () => {
  const part = (text: string | Buffer) => Buffer.from(text).toString('base64url')
  const header = encoded({ alg: 'RS256' })
  const rows = [
    `${header}.${part('{"sub":"a","sub":"b"}')}.AA`,
    `${part('{"alg":"none","alg":"RS256"}')}.${encoded(claims)}.AA`,
    `${header}.${part(Buffer.from('{"sub":"\xff"}', 'latin1'))}.AA`,
    `${header}.${encoded([claims])}.AA`,
    `${encoded({ typ: 'JWT' })}.${encoded(claims)}.AA`,
    `${encoded({ alg: 1 })}.${encoded(claims)}.AA`,
    `${encoded({ alg: 'RS256', kid: {} })}.${encoded(claims)}.AA`,
  ]
  for (const row of rows) assert.throws(() => readJwt(row), { code: 'PROOF_MALFORMED' })
})

test('a token beyond the limit is PROOF_TOO_LARGE', () => {
  assert.throws(() => readJwt('a'.repeat(20_001)), { code: 'PROOF_TOO_LARGE' })
  assert.throws(() => readJwt(ours('ES256'), 100), { code: 'PROOF_TOO_LARGE' })
})

test('keys that are not for verifying are left out', () => {
  const jwk = jwkOf('RS256')
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
  const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' })
  const rows = [
    { ...jwk, use: 'enc' },
    { ...jwk, key_ops: ['encrypt'] },
    { ...jwk, alg: 'RSA-OAEP' },
    { ...jwk, alg: 'HS256' },
    { ...jwk, e: 'AQ' },
    { ...jwk, n: 1 },
    { ...jwk, kid: 7 },
    weak,
    koblitz,
    { kty: 'oct', k: 'AAAA', alg: 'HS256' },
    { kty: '__proto__' },
    { ...jwkOf('ES256'), x: 'AAAA' },
    null,
    'key',
  ]
  for (const row of rows) assert.equal(verificationKey(row), undefined, JSON.stringify(row))
})

test('a key that says it is for signatures is taken, with its kid', () => {
  const key = verificationKey({ ...jwkOf('ES256'), use: 'sig', key_ops: ['verify'], kid: 'k', alg: 'ES256' })
  assert.equal(key?.kid, 'k')
})

test('a private JWK that an issuer published by mistake yields its public half alone', () => {
  assert.equal(verificationKey(p256.privateKey.export({ format: 'jwk' }))?.key.type, 'public')
})

test('the header may name another typ or none, and never another alg or kid', () => {
  assert.equal(readJwt(ours('ES256', { typ: 'at+jwt' })).header.typ, 'at+jwt')
  assert.deepEqual(readJwt(ours('ES256', { typ: undefined, alg: 'none', kid: 'x' })).header, {
    alg: 'ES256',
    kid: 'k1',
  })
})

test('a key does not sign by an algorithm of another type of key', () => {
  assert.throws(() => signJwt({}, { kid: 'k', key: p256.privateKey, algorithm: 'RS256' }), {
    code: 'PROOF_ALGORITHM',
  })
})
