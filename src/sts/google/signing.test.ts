import assert from 'node:assert/strict'
import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  callAccount,
  delegates,
  delegationTrust,
  federatedToken,
  type Refusal,
  relay,
} from '../../../test/google-side.ts'
import { loader, storyTrust, type TrustSide, trustSide } from '../../../test/trust-side.ts'
import { checkJws, readJwt, verificationKey } from '../../wire/jws.ts'

/** The stories' trust, with the pipeline as a token creator: workloadIdentityUser signs nothing. */
const mayEverything = delegationTrust()
const through = delegates(relay)
const sign = (side: TrustSide, method: string, payload: unknown, account = loader) =>
  callAccount(side, method, { account, body: { delegates: through, payload } })
const published = async (side: TrustSide, path: string, name = loader) =>
  (await side.app.request(`https://www.googleapis.com${path}/${name}`)).json() as Promise<
    Record<string, string>
  >
const paths = ['/service_accounts/v1', '/service_accounts/v1/metadata', '/robot/v1/metadata']

test('a blob is signed by a key that a verifier finds as a JWK and in a certificate', async () => {
  const side = trustSide({ document: mayEverything })
  const blob = Buffer.from('GOOG4-RSA-SHA256\n20261122T000000Z')
  const answer = await sign(side, 'signBlob', blob.toString('base64'))
  const { keyId, signedBlob, ...others } = answer.json<{ keyId: string; signedBlob: string }>()
  assert.deepEqual(others, {}, answer.text)
  const signature = Buffer.from(signedBlob, 'base64')
  for (const path of paths) {
    const { keys } = (await published(side, `${path}/jwk`)) as unknown as { keys: { kid: string }[] }
    const jwk = keys.find(({ kid }) => kid === keyId)!
    assert.ok(verify('sha256', blob, createPublicKey({ key: jwk as never, format: 'jwk' }), signature), path)
    const pem = (await published(side, `${path}/x509`, encodeURIComponent(loader)))[keyId]
    const certificate = new X509Certificate(pem!)
    assert.ok(verify('sha256', blob, certificate.publicKey, signature), path)
    assert.equal(certificate.subject, `CN=${loader}`)
    assert.ok(certificate.verify(certificate.publicKey))
    assert.ok(!certificate.ca)
  }
  const [last] = side.records.slice(-1)
  assert.deepEqual([last?.action, last?.target, last?.via], ['SignBlob', loader, [relay]])
  assert.match(last?.rule ?? '', /iam.serviceAccounts.signBlob/)
})

test('a JWT is signed as its claims were written, and by the account alone', async () => {
  const side = trustSide({ document: mayEverything })
  const payload = `{"sub": "user@example.com",\n "exp": ${side.seconds() + 43_200}, "big": 1.50}`
  const answer = await sign(side, 'signJwt', payload)
  const { keyId, signedJwt } = answer.json<{ keyId: string; signedJwt: string }>()
  const jwt = readJwt(signedJwt)
  assert.deepEqual(jwt.header, { typ: 'JWT', alg: 'RS256', kid: keyId })
  assert.equal(Buffer.from(signedJwt.split('.')[1]!, 'base64url').toString(), payload)
  const keysOf = async (name: string) =>
    ((await published(side, '/service_accounts/v1/jwk', name)) as unknown as { keys: unknown[] }).keys
  checkJws(jwt, verificationKey((await keysOf('100000000000000000001'))[0])!)
  const [relays] = await keysOf(relay)
  assert.throws(() => checkJws(jwt, verificationKey(relays)!))
})

test('claims that end in the past or over 12 hours ahead are not signed, nor what are no claims', async () => {
  const side = trustSide({ document: mayEverything })
  const now = side.seconds()
  for (const exp of [now - 1, now + 43_201, now + 0.5, String(now + 60), null]) {
    const answer = await sign(side, 'signJwt', JSON.stringify({ sub: 'x', exp }))
    assert.deepEqual(
      [answer.status, answer.json<Refusal>().error.status],
      [400, 'INVALID_ARGUMENT'],
      `${exp}`,
    )
  }
  for (const payload of [undefined, '', 'x', '[]', '{"a":1,"a":2}', { sub: 'x' }])
    assert.equal((await sign(side, 'signJwt', payload)).status, 400, `${payload}`)
  for (const payload of [undefined, '', 'a', 'a b', '====', 1])
    assert.equal((await sign(side, 'signBlob', payload)).status, 400, `${payload}`)
})

test('a signature holds after the token service has started anew', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-signing-'))
  t.after(() => rm(folder, { recursive: true }))
  const setting = { document: mayEverything, keyFile: join(folder, 'keys.json') }
  const answer = await sign(trustSide(setting), 'signBlob', 'bWVvdw==')
  const { keyId, signedBlob } = answer.json<{ keyId: string; signedBlob: string }>()
  const pem = (await published(trustSide(setting), '/robot/v1/metadata/x509'))[keyId]
  const { publicKey } = new X509Certificate(pem!)
  assert.ok(verify('sha256', Buffer.from('meow'), publicKey, Buffer.from(signedBlob, 'base64')))
})

test('without a role that signs, nothing is signed', async () => {
  const side = trustSide()
  for (const [method, permission] of [
    ['signBlob', 'iam.serviceAccounts.signBlob'],
    ['signJwt', 'iam.serviceAccounts.signJwt'],
  ] as const) {
    const answer = await callAccount(side, method, {
      body: { payload: method === 'signJwt' ? '{}' : 'bWVvdw==' },
    })
    assert.equal(
      answer.json<Refusal>().error.message,
      `Permission '${permission}' denied on resource (or it may not exist).`,
    )
  }
})

test('there are no keys of an account that is not registered, and no other methods', async () => {
  const side = trustSide({ document: storyTrust })
  for (const path of [
    '/service_accounts/v1/jwk/nobody@acme.iam.gserviceaccount.com',
    '/robot/v1/metadata/x509/x',
  ])
    assert.equal((await side.app.request(`https://www.googleapis.com${path}`)).status, 404)
  const token = federatedToken(side)
  for (const method of ['signEverything', 'constructor'])
    assert.equal((await callAccount(side, method, { token })).status, 400)
})

test("the keys of Google's ID tokens are there as certificates too", async () => {
  const side = trustSide()
  const { token } = (await callAccount(side, 'generateIdToken', { body: { audience: 'x' } })).json<{
    token: string
  }>()
  const jwt = readJwt(token)
  const certificates = (await (
    await side.app.request('https://www.googleapis.com/oauth2/v1/certs')
  ).json()) as Record<string, string>
  const key = new X509Certificate(certificates[jwt.header.kid!]!).publicKey
  checkJws(jwt, { key, algorithms: ['RS256'] })
})
