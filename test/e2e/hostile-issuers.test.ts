import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { generateIssuerKey, type IssuerKey } from '../../src/keys/signing.ts'
import { type AuditRecord, createAudit } from '../../src/sts/audit.ts'
import { createSts } from '../../src/sts/create.ts'
import { serveSts } from '../../src/sts/serve.ts'
import { type Http, outboundHttp } from '../../src/wire/http.ts'
import { signJwt } from '../../src/wire/jws.ts'
import type { Resolve } from '../../src/wire/lookup.ts'
import { type TestClock, testClock } from '../clock.ts'
import {
  type HostileIssuer,
  hostileIssuer,
  json,
  type Lines,
  type Manners,
  serveHostileIssuer,
} from '../fakes/hostile-issuer.ts'
import { job, type TokenTaker, tokenTakers, trustInJob } from '../token-takers.ts'

// An issuer that somebody registered and that means ill, or was taken over, at each front end that asks issuers for keys.
// It is a real server over TLS; every token is one that would be good if its issuer were.

const discovery = '/.well-known/openid-configuration'
const mebibyte = 1024 * 1024
const minuteMs = 60_000

/** A token service that knows no keys yet. */
async function opened(http: Http, issuer = hostileIssuer) {
  const clock: TestClock = testClock()
  const records: AuditRecord[] = []
  const { now } = clock
  const unused: Http = async () => assert.fail('no registration lets discovery reach any address')
  const audit = createAudit({ sinks: [(record) => records.push(record)], now })
  const sts = createSts({ document: trustInJob(issuer), now, audit, http: { public: http, any: unused } })
  const server = await serveSts({ sts })
  const token = (taker: TokenTaker, key: IssuerKey, kid = key.kid) => {
    const seconds = Math.floor(clock.now() / 1000)
    const claims = { iss: issuer, sub: job, aud: taker.audience, iat: seconds, exp: seconds + 3600 }
    return signJwt(claims, { ...key, kid })
  }
  return {
    clock,
    records,
    close: server.close,
    present: (taker: TokenTaker, key: IssuerKey, kid?: string) =>
      taker.present(token(taker, key, kid), server.url),
  }
}

type Opened = Awaited<ReturnType<typeof opened>>

let issuer: HostileIssuer
let side: Opened

before(async () => {
  issuer = await serveHostileIssuer()
})
after(() => issuer.close())
afterEach(() => side.close())

/** More than anybody wants to keep of one refusal, a thousand of which stay in memory. */
const longestRecord = 16 * 1024

/** Whatever the issuer did: the caller hears that its keys cannot be had, and the record is no larger for it. */
async function isAway(taker: TokenTaker, key = issuer.key): Promise<void> {
  assert.equal(await side.present(taker, key), taker.refusals.away)
  const record = side.records.at(-1)!
  assert.deepEqual([record.decision, record.code], ['deny', 'PROOF_DISCOVERY'])
  assert.ok(JSON.stringify(record).length < longestRecord, `${JSON.stringify(record).length} characters`)
}

// ── documents ──────────────────────────────────────────────────────────────────────────────────────────

const text =
  (body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Manners =>
  (response) =>
    response.writeHead(status, headers).end(body)

/** Goes on for as long as anybody listens. */
const endless: Manners = (response) => {
  response.writeHead(200)
  const more = () => {
    while (!response.destroyed && response.write('[['.repeat(32 * 1024)));
  }
  response.on('drain', more)
  more()
}

const silent: Manners = () => {}
/** A character now and then, without an end. */
const dripping: Manners = (response) => {
  response.writeHead(200).write('{')
  const drip = setInterval(() => response.write(' '), 5)
  response.on('close', () => clearInterval(drip))
}
const drippingHeaders: Manners = ({ socket }) => {
  socket?.write('HTTP/1.1 200 OK\r\n')
  const drip = setInterval(() => socket?.write('x-drip: x\r\n'), 5)
  socket?.on('close', () => clearInterval(drip))
}

const document = (changes: Readonly<Record<string, unknown>>) =>
  json({ issuer: hostileIssuer, jwks_uri: `${hostileIssuer}/jwks`, ...changes })
const other = generateIssuerKey('ES256')
const long = 'x'.repeat(mebibyte - 200)

/** How the first document is given, and that it is the end: the JWKS is not asked for. */
const discoveries: Readonly<Record<string, Manners>> = {
  'of more than a mebibyte': document({ pad: 'x'.repeat(mebibyte) }),
  'without an end': endless,
  'never given': silent,
  'given a character at a time': dripping,
  'announced a header at a time': drippingHeaders,
  'that breaks off': (response) => response.writeHead(200, { 'content-length': '100' }).write('{"issuer":'),
  'in a header of 64 KiB': text('{}', 200, { 'x-long': 'x'.repeat(64 * 1024) }),
  'that is elsewhere': text('', 302, { location: `${hostileIssuer}/jwks` }),
  'that moved to a metadata service for good': text('', 308, { location: 'http://169.254.169.254/latest' }),
  'of another issuer': document({ issuer: 'https://other.example' }),
  'of an issuer with a slash more': document({ issuer: `${hostileIssuer}/` }),
  'of an issuer whose name is a mebibyte long': document({ issuer: long }),
  'of no issuer': document({ issuer: undefined }),
  'with keys at a mebibyte of address': document({ jwks_uri: `https://${long}` }),
  'with keys over plain HTTP': document({ jwks_uri: 'http://hostile.example/jwks' }),
  'with keys in a file': document({ jwks_uri: 'file:///etc/passwd' }),
  'with keys at this machine': document({ jwks_uri: 'https://127.0.0.1/jwks' }),
  'with keys at localhost': document({ jwks_uri: 'https://keys.localhost/jwks' }),
  'with keys at a metadata service': document({ jwks_uri: 'https://169.254.169.254/latest/meta-data' }),
  'with keys at an address in another notation': document({ jwks_uri: 'https://0x7f.1/jwks' }),
  'with keys behind a user name': document({ jwks_uri: 'https://hostile.example@127.0.0.1/jwks' }),
  'that nests half a million levels deep': text('['.repeat(500_000)),
  'of another status': text(JSON.stringify({ issuer: hostileIssuer }), 500),
}

/** How the second one is given. */
const keySets: Readonly<Record<string, Manners>> = {
  'of more than a mebibyte': json({ keys: [], pad: 'x'.repeat(mebibyte) }),
  'without an end': endless,
  'never given': silent,
  'given a character at a time': dripping,
  'that are elsewhere': text('', 307, { location: `${hostileIssuer}${discovery}` }),
  'that are a hundred and one': (response) =>
    json({ keys: Array(101).fill(issuer.key.jwk) })(response, undefined as never),
  'that are no list': json({ keys: { 0: 'x' } }),
  'that nest half a million levels deep': text(`{"keys":${'['.repeat(500_000)}`),
}

/** Keys that verify nothing: what is signed by them is by a key that its issuer does not have. */
const uselessKeys: readonly (readonly [what: string, jwk: (jwk: IssuerKey['jwk']) => unknown])[] = [
  ['a secret', () => ({ kty: 'oct', k: 'AAAA', kid: 'x', alg: 'HS256' })],
  ['for encryption', (jwk) => ({ ...jwk, use: 'enc' })],
  ['for another algorithm', (jwk) => ({ ...jwk, alg: 'ES384' })],
  ['off its curve', (jwk) => ({ ...jwk, x: jwk.y })],
  ['null', () => null],
  ['somebody else’s', () => other.jwk],
]

for (const taker of tokenTakers)
  describe(`at ${taker.name}, an issuer`, () => {
    beforeEach(async () => {
      issuer.behave({})
      side = await opened(issuer.http)
    })
    const ended = async (lines: Lines, paths: readonly string[]) => {
      issuer.behave(lines)
      await isAway(taker)
      assert.deepEqual([issuer.asked, issuer.elsewhere], [paths, []])
    }
    it('that means well is believed, within the bounds of size and time', async () => {
      issuer.limits.length = 0
      assert.equal(await side.present(taker, issuer.key), '200')
      assert.deepEqual(issuer.asked, [discovery, '/jwks'])
      for (const { timeoutMs, maxBytes } of issuer.limits)
        assert.ok(timeoutMs! <= 5000 && maxBytes === mebibyte)
    })
    for (const [what, manners] of Object.entries(discoveries))
      it(`with a discovery document ${what} is of no use`, () => ended({ discovery: manners }, [discovery]))
    for (const [what, manners] of Object.entries(keySets))
      it(`with keys ${what} is of no use`, () => ended({ jwks: manners }, [discovery, '/jwks']))
    for (const [what, jwk] of uselessKeys)
      it(`with a key that is ${what} signs nothing`, async () => {
        issuer.behave({ jwks: json({ keys: [jwk(issuer.key.jwk)] }) })
        const refusal = await side.present(taker, issuer.key)
        assert.notEqual(refusal, '200')
        assert.match(side.records.at(-1)!.code!, /^PROOF_(KEY|ALGORITHM)$/)
      })
  })

// ── private addresses ──────────────────────────────────────────────────────────────────────────────────

/** Registered where nobody should have: by addresses, by names that are this machine, and by what is behind a name. */
const privateIssuers = [
  'https://127.0.0.1',
  'https://10.0.0.1',
  'https://192.168.1.1',
  'https://169.254.169.254',
  'https://100.100.100.200',
  'https://localhost',
  'https://issuer.localhost',
  'https://inside.example',
]

for (const taker of tokenTakers)
  describe(`at ${taker.name}, discovery that leads inside`, () => {
    for (const url of privateIssuers)
      it(`is not begun: ${url}`, async () => {
        const resolve: Resolve = (_host, _options, callback) =>
          callback(null, [
            { address: '2d00::1', family: 6 },
            { address: '10.1.2.3', family: 4 },
          ])
        side = await opened(outboundHttp({ reach: 'public', resolve }), url)
        await isAway(taker)
        assert.match(side.records.at(-1)!.reason!, /only public addresses may be asked/)
      })
  })

// ── keys that come and go ──────────────────────────────────────────────────────────────────────────────

for (const taker of tokenTakers)
  describe(`at ${taker.name}, of an issuer`, () => {
    beforeEach(async () => {
      issuer.behave({})
      side = await opened(issuer.http)
    })
    const presentMany = (many: number, key: IssuerKey, kid: (i: number) => string) =>
      Promise.all(Array.from({ length: many }, (_, i) => side.present(taker, key, kid(i))))

    it('a flood of keys that it does not have costs it one look a minute, however it answers', async () => {
      const flood = () => presentMany(100, other, (i) => `made-up-${i}`)
      const refused = new Set([taker.refusals.key])
      assert.deepEqual(new Set(await flood()), refused)
      assert.deepEqual(issuer.asked, [discovery, '/jwks'])
      side.clock.jump(minuteMs - 1)
      assert.deepEqual(new Set(await flood()), refused)
      assert.equal(issuer.asked.length, 2)
      side.clock.jump(1)
      assert.deepEqual(new Set(await flood()), refused)
      assert.equal(issuer.asked.length, 4)
      issuer.behave({ discovery: silent })
      side.clock.jump(minuteMs)
      assert.deepEqual(new Set(await flood()), refused)
      assert.equal(issuer.asked.length, 1)
      assert.equal(await side.present(taker, issuer.key), '200', 'its own tokens pass meanwhile')
    })

    it('a flood while it is away is one look in ten seconds', async () => {
      issuer.behave({ discovery: text('', 503) })
      const flood = () => presentMany(50, issuer.key, () => issuer.key.kid)
      for (const looks of [1, 1]) {
        assert.deepEqual(new Set(await flood()), new Set([taker.refusals.away]))
        assert.equal(issuer.asked.length, looks)
      }
      side.clock.jump(10_000)
      await flood()
      assert.equal(issuer.asked.length, 2)
    })

    it('that has another key at every look, the last one that was seen counts and no other', async () => {
      const keys = Array.from({ length: 4 }, () => generateIssuerKey('ES256'))
      let looks = 0
      issuer.behave({ jwks: (...to) => json({ keys: [keys[looks++ % 4]!.jwk] })(...to) })
      const told = () => Promise.all(keys.map((key) => side.present(taker, key)))
      const only = (i: number) => keys.map((_, at) => (at === i ? '200' : taker.refusals.key))
      assert.equal(await side.present(taker, keys[0]!), '200')
      assert.deepEqual(await told(), only(0))
      side.clock.jump(minuteMs)
      assert.equal(await side.present(taker, keys[1]!), '200')
      assert.deepEqual(await told(), only(1))
      assert.equal(looks, 2)
    })

    it('that withdrew a key, tokens of it end ten minutes later', async () => {
      assert.equal(await side.present(taker, issuer.key), '200')
      issuer.behave({ jwks: json({ keys: [other.jwk] }) })
      side.clock.jump(10 * minuteMs)
      assert.equal(await side.present(taker, issuer.key), taker.refusals.key)
      assert.equal(await side.present(taker, other), '200')
    })

    it('that goes bad, its last good keys count for an hour', async () => {
      assert.equal(await side.present(taker, issuer.key), '200')
      issuer.behave({
        discovery: document({ issuer: 'https://other.example' }),
        jwks: json({ keys: [other.jwk] }),
      })
      side.clock.jump(60 * minuteMs - 1)
      assert.equal(await side.present(taker, issuer.key), '200')
      assert.equal(await side.present(taker, other), taker.refusals.key)
      side.clock.jump(1)
      await isAway(taker)
    })
  })
