import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../test/clock.ts'
import type { ErrorCode } from '../errors.ts'
import { MayflyError } from '../errors.ts'
import type { Keys } from '../keys/keys.ts'
import { generateIssuerKey, type IssuerKey } from '../keys/signing.ts'
import type { Http, HttpRequest, HttpResponse } from '../wire/http.ts'
import { verificationKey } from '../wire/jws.ts'
import { keySource } from './key-source.ts'

const issuer = 'https://issuer.example/team'
const jwksUri = 'https://keys.example/jwks'
const trusted = { issuer, reach: 'public' } as const
const [first, second] = [generateIssuerKey('ES256'), generateIssuerKey('ES256')]
const header = ({ kid }: { kid: string }) => ({ alg: 'ES256', kid })

const noneOfOurs = { jwks: () => undefined } as unknown as Keys
const fails = (code: ErrorCode) => (error: unknown) => error instanceof MayflyError && error.code === code

/** An issuer on the far side of HTTP, and what it was asked. */
function remote(
  answers: { discovery?: unknown; keys?: readonly IssuerKey[]; fail?: () => HttpResponse | undefined } = {},
) {
  const clock = testClock()
  const asked: HttpRequest[] = []
  const at = {
    discovery: { issuer, jwks_uri: jwksUri } as unknown,
    keys: [first] as readonly IssuerKey[],
    ...answers,
  }
  const http: Http = async (request) => {
    asked.push(request)
    const failed = at.fail?.()
    if (failed) return failed
    const document = request.url === jwksUri ? { keys: at.keys.map(({ jwk }) => jwk) } : at.discovery
    return {
      status: 200,
      headers: {},
      body: typeof document === 'string' ? document : JSON.stringify(document),
    }
  }
  const never: Http = async () => assert.fail('this reach must not be used')
  const source = keySource({ keys: noneOfOurs, http: { public: http, any: never }, now: clock.now })
  return { clock, asked, at, key: async (each: { kid: string }) => source.key(trusted, header(each)) }
}

test('keys are found by discovery, within the bounds of size and time, and fetched once', async () => {
  const { key, asked } = remote()
  assert.equal((await key(first)).kid, first.kid)
  await key(first)
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['https://issuer.example/team/.well-known/openid-configuration', jwksUri],
  )
  for (const { timeoutMs, maxBytes } of asked) assert.ok(timeoutMs! <= 5_000 && maxBytes === 1024 * 1024)
})

test('both documents have to come within five seconds, together', async () => {
  const spent = 20
  const { key, asked } = remote({
    fail() {
      for (const began = performance.now(); performance.now() - began < spent; );
      return undefined
    },
  })
  await key(first)
  assert.ok(asked[1]!.timeoutMs! <= 5_000 - spent)
})

test('a storm of tokens is one fetch', async () => {
  const { key, asked } = remote()
  await Promise.all(Array.from({ length: 50 }, () => key(first)))
  assert.equal(asked.length, 2)
})

test('keys are fetched again after ten minutes', async () => {
  const { key, asked, clock, at } = remote()
  await key(first)
  at.keys = [second]
  clock.jump(10 * 60_000 - 1)
  await key(first)
  assert.equal(asked.length, 2)
  clock.jump(1)
  await assert.rejects(key(first), fails('PROOF_KEY'))
  assert.equal((await key(second)).kid, second.kid)
})

test('an unknown key is looked for at most once a minute, however the issuer answers', async () => {
  const { key, asked, clock, at } = remote()
  await key(first)
  clock.jump(60_000)
  at.keys = [first, second]
  assert.equal((await key(second)).kid, second.kid)
  assert.equal(asked.length, 4)
  for (let i = 0; i < 20; i += 1) await assert.rejects(key({ kid: `made-up-${i}` }), fails('PROOF_KEY'))
  assert.equal(asked.length, 4)
  clock.jump(60_000)
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => assert.rejects(key({ kid: `made-up-${i}` }), fails('PROOF_KEY'))),
  )
  assert.equal(asked.length, 6)
  // The attempt counts, not its success.
  at.fail = () => ({ status: 500, headers: {}, body: '' })
  clock.jump(60_000)
  for (let i = 0; i < 20; i += 1) await assert.rejects(key({ kid: `made-up-${i}` }), fails('PROOF_KEY'))
  assert.equal(asked.length, 7)
})

test('keys in hand outlive an outage of less than an hour', async () => {
  const { key, clock, at } = remote()
  await key(first)
  at.fail = () => ({ status: 503, headers: {}, body: '' })
  clock.jump(60 * 60_000 - 1)
  assert.equal((await key(first)).kid, first.kid)
  clock.jump(1)
  await assert.rejects(key(first), fails('PROOF_DISCOVERY'))
})

test('a failure is remembered for ten seconds', async () => {
  const { key, asked, clock, at } = remote({ fail: () => ({ status: 503, headers: {}, body: '' }) })
  for (let i = 0; i < 5; i += 1) await assert.rejects(key(first), fails('PROOF_DISCOVERY'))
  assert.equal(asked.length, 1)
  clock.jump(10_000)
  at.fail = () => undefined
  assert.equal((await key(first)).kid, first.kid)
})

for (const [what, discovery] of [
  ['names another issuer', { issuer: `${issuer}/`, jwks_uri: jwksUri }],
  ['names no issuer', { jwks_uri: jwksUri }],
  ['names no JWKS', { issuer }],
  ['names a JWKS by plain HTTP', { issuer, jwks_uri: 'http://keys.example/jwks' }],
  ['names a JWKS on this machine by plain HTTP', { issuer, jwks_uri: 'http://127.0.0.1/jwks' }],
  ['names a file', { issuer, jwks_uri: 'file:///etc/passwd' }],
  ['is a list', []],
  ['is no JSON', '<html>'],
] as const)
  test(`a discovery document that ${what} is of no use`, async () => {
    const { key, asked } = remote({ discovery })
    await assert.rejects(key(first), fails('PROOF_DISCOVERY'))
    assert.equal(asked.length, 1)
  })

test('a redirect is not followed', async () => {
  const { key, asked } = remote({ fail: () => ({ status: 302, headers: { location: jwksUri }, body: '' }) })
  await assert.rejects(key(first), fails('PROOF_DISCOVERY'))
  assert.equal(asked.length, 1)
})

test('a set of more than a hundred keys is refused', async () => {
  const { key } = remote({ keys: Array.from({ length: 101 }, () => first) })
  await assert.rejects(key(first), fails('PROOF_DISCOVERY'))
})

test('a key of one issuer is no key of another', async () => {
  const { at, clock } = remote()
  const http: Http = async ({ url }) => {
    const own = url.startsWith('https://one.example') ? first : second
    const { origin } = new URL(url)
    const document = url.endsWith('/jwks')
      ? { keys: [own.jwk] }
      : { issuer: origin, jwks_uri: `${origin}/jwks` }
    return { status: 200, headers: {}, body: JSON.stringify(document) }
  }
  assert.ok(at)
  const source = keySource({ keys: noneOfOurs, http: { public: http, any: http }, now: clock.now })
  const of = async (name: string, key: IssuerKey) =>
    source.key({ issuer: `https://${name}.example`, reach: 'public' }, header(key))
  assert.equal((await of('one', first)).kid, first.kid)
  await assert.rejects(of('two', first), fails('PROOF_KEY'))
})

test('uploaded keys and our own are never fetched', async () => {
  const never: Http = async () => assert.fail('nothing may be fetched')
  const keys = { jwks: (url: string) => (url === issuer ? [first.jwk] : undefined) } as unknown as Keys
  const source = keySource({ keys, http: { public: never, any: never }, now: () => 0 })
  assert.equal((await source.key(trusted, header(first))).kid, first.kid)
  const uploaded = {
    issuer: 'https://other.example',
    reach: 'public',
    keys: [verificationKey(second.jwk)!],
  } as const
  assert.equal((await source.key(uploaded, header(second))).kid, second.kid)
  assert.throws(() => source.key(uploaded, header(first)), fails('PROOF_KEY'))
})

test('a token that names no key is taken where its issuer leaves no choice', async () => {
  const never: Http = async () => assert.fail('nothing may be fetched')
  const source = keySource({ keys: noneOfOurs, http: { public: never, any: never }, now: () => 0 })
  const held = (...keys: IssuerKey[]) => ({ ...trusted, keys: keys.map(({ jwk }) => verificationKey(jwk)!) })
  assert.equal((await source.key(held(first), { alg: 'ES256' })).kid, first.kid)
  assert.throws(() => source.key(held(first, second), { alg: 'ES256' }), fails('PROOF_KEY'))
  assert.throws(() => source.key(held(first), { alg: 'RS256' }), fails('PROOF_KEY'))
})
