import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { AwsCredentials } from '../../src/credential.ts'
import { Secret } from '../../src/secret.ts'
import { type StsServer, serveSts } from '../../src/sts/serve.ts'
import { type Algorithm, signJwt } from '../../src/wire/jws.ts'
import { type SigningOptions, signHeaders, signQuery } from '../../src/wire/sigv4.ts'
import { type Cloud, region, roleArn, startCloud } from '../fakes/cloud.ts'
import { type Refused, type TokenTaker, tokenTakers } from '../token-takers.ts'

// Forged, altered, stale and misdirected proofs, over HTTP, at each front end that takes them. Each table begins with
// the proof that is good, so that every refusal below it is for the one thing that was changed.

const gitlab = 'https://gitlab.com'
const kubernetes = 'https://kubernetes.example'
const pool = `projects/111111111111/locations/global/workloadIdentityPools/bq-pool/providers`
const awsProvider = `//iam.googleapis.com/${pool}/aws-provider`
const gitlabProvider = `//iam.googleapis.com/${pool}/gitlab`
const minuteMs = 60_000

let cloud: Cloud
/** The token service as it stands in production, by the same keys and clock. */
let front: StsServer
let nowMs = Math.floor(Date.now() / 1000) * 1000

before(async () => {
  cloud = await startCloud({ now: () => nowMs })
  front = await serveSts({ sts: cloud.sts })
})
beforeEach(newSessions)
after(() => Promise.all([front.close(), cloud.close()]))

interface Answer {
  readonly status: number
  readonly code: string | undefined
}

// ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────

/** What every forgery starts from: the claims of a good token and the key that would have signed it. */
interface Good {
  readonly token: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly header: { readonly alg: string; readonly kid: string }
}

const forgeries: readonly (readonly [what: string, refusal: Refused, forge: (good: Good) => string])[] = [
  [
    'with another claim under the old signature',
    'forged',
    ({ token }) => altered(token, { sub: 'somebody-else' }),
  ],
  ['with another signature', 'forged', ({ token }) => token.replace(/[^.]+$/, flipped)],
  ['without a signature', 'malformed', ({ token }) => token.slice(0, token.lastIndexOf('.'))],
  ['with an empty signature', 'forged', ({ token }) => token.slice(0, token.lastIndexOf('.') + 1)],
  ['with alg none', 'malformed', (good) => unsigned(good, 'none')],
  ['with alg nOnE', 'malformed', (good) => unsigned(good, 'nOnE')],
  [
    'signed by HMAC with the public key in PEM',
    'malformed',
    (good) => hmacSigned(good, publicKey(gitlab).export({ type: 'spki', format: 'pem' })),
  ],
  [
    'signed by HMAC with the public key as a JWK',
    'malformed',
    (good) => hmacSigned(good, JSON.stringify(cloud.sts.keys.jwks(gitlab)![0])),
  ],
  ['signed by a key of the forger’s under the right kid', 'forged', (good) => signedBy(forger, good)],
  [
    'with the forger’s key in its header',
    'forged',
    (good) => signedBy(forger, good, { jwk: createPublicKey(forger).export({ format: 'jwk' }) }),
  ],
  [
    'with the address of the forger’s keys in its header',
    'forged',
    (good) => signedBy(forger, good, { jku: 'https://keys.example/jwks', x5u: 'https://keys.example/cert' }),
  ],
  [
    'signed by the key of another issuer that is trusted',
    'key',
    ({ claims }) => signJwt(claims, cloud.sts.keys.signing(kubernetes)),
  ],
  ['for an algorithm that its key is not for', 'malformed', (good) => signedBy(forgerEc, good, {}, 'ES256')],
  [
    'with a critical header that nobody knows',
    'malformed',
    ({ claims }) => signJwt(claims, cloud.sts.keys.signing(gitlab), { crit: ['b64'], b64: true }),
  ],
  [
    'that expired ten minutes ago',
    'expired',
    ({ claims }) => genuine({ ...claims, iat: seconds(-70), nbf: seconds(-70), exp: seconds(-10) }),
  ],
  [
    'for another audience',
    'audience',
    ({ claims }) => genuine({ ...claims, aud: 'https://elsewhere.example' }),
  ],
  [
    'for the right audience in capitals',
    'audience',
    ({ claims }) => genuine({ ...claims, aud: String(claims.aud).toUpperCase() }),
  ],
  [
    'of an issuer that nobody registered',
    'issuer',
    ({ claims }) => genuine({ ...claims, iss: 'https://gitlab.example' }),
  ],
  [
    'of an issuer that only begins like a registered one',
    'issuer',
    ({ claims }) => genuine({ ...claims, iss: 'https://gitlab.com@forger.example' }),
  ],
  [
    'of the right issuer with a slash too many',
    'issuer',
    ({ claims }) => genuine({ ...claims, iss: 'https://gitlab.com/' }),
  ],
  ['that is no JWT at all', 'malformed', () => 'not-a-token'],
  ['of 20,001 characters', 'large', (good) => padded(good, 20_001)],
  [
    'whose claims nest 40 levels deep',
    'malformed',
    ({ header, claims }) => signedAsWritten(header, withMember(claims, 'deep', nested(40))),
  ],
  [
    'whose claims nest 6,000 levels deep',
    'malformed',
    ({ header, claims }) => signedAsWritten(header, withMember(claims, 'deep', nested(6000))),
  ],
  [
    'with a claim twice',
    'malformed',
    ({ header, claims }) =>
      signedAsWritten(header, withMember({ ...claims, sub: 'x' }, 'sub', JSON.stringify(claims.sub))),
  ],
  [
    'with a claim twice, once in escapes',
    'malformed',
    ({ header, claims }) => signedAsWritten(header, withMember(claims, '\\u0073ub', '"x"')),
  ],
  [
    'with two algorithms in its header',
    'malformed',
    ({ header, claims }) => signedAsWritten(withMember({ ...header, alg: 'none' }, 'alg', '"RS256"'), claims),
  ],
]

for (const taker of tokenTakers)
  describe(`at ${taker.name}`, () => {
    const present = (token: string) => taker.present(token, cloud.server.url)
    it('a good token is accepted, and accepted again', async () => {
      const { token } = goodToken(taker)
      assert.deepEqual([await present(token), await present(token)], ['200', '200'])
    })
    it('a good token of 20,000 characters is accepted', async () => {
      assert.equal(await present(padded(goodToken(taker), 20_000)), '200')
    })
    for (const [what, refusal, forge] of forgeries)
      it(`a token ${what} is refused`, async () => {
        const allowed = allowedSoFar()
        assert.equal(await present(forge(goodToken(taker))), taker.refusals[refusal])
        assert.equal(allowedSoFar(), allowed)
      })
    it('a token without an expiry is refused', async () => {
      const { exp: _, ...endless } = goodToken(taker).claims
      assert.equal(await present(genuine(endless)), taker.refusals.malformed)
    })
  })

const allowedSoFar = () => cloud.records.filter((each) => each.decision === 'allow').length

function goodToken({ audience }: TokenTaker): Good {
  const inputs = { project: 'acme/shop', ref: 'main' }
  const { token, claims } = cloud.issue(gitlab, { inputs, audience: [audience] })
  const [header] = token.reveal().split('.')
  return { token: token.reveal(), claims, header: JSON.parse(Buffer.from(header!, 'base64url').toString()) }
}

const seconds = (minutes: number) => Math.floor(nowMs / 1000) + minutes * 60
const genuine = (claims: Readonly<Record<string, unknown>>) => signJwt(claims, cloud.sts.keys.signing(gitlab))
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const forger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const forgerEc = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const publicKey = (issuer: string) => createPublicKey(cloud.sts.keys.signing(issuer).key)

function flipped(text: string): string {
  return (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
}

function altered(token: string, changes: Readonly<Record<string, unknown>>): string {
  const [header, claims, signature] = token.split('.')
  const changed = { ...JSON.parse(Buffer.from(claims!, 'base64url').toString()), ...changes }
  return `${header}.${part(changed)}.${signature}`
}

/** By the issuer's own key, with a claim that makes it so long. */
function padded({ claims }: Good, length: number): string {
  const key = cloud.sts.keys.signing(gitlab)
  const made = (pad: number, header: string) => signJwt({ ...claims, pad: 'x'.repeat(pad) }, key, { header })
  const about = Math.floor(((length - made(0, '').length) * 3) / 4)
  // Three octets are four characters: what claims do not reach, the header does.
  for (const header of ['', 'x', 'xx', 'xxx'])
    for (let pad = about - 6; pad <= about + 6; pad++)
      if (made(pad, header).length === length) return made(pad, header)
  throw new Error(`no token has ${length} characters`)
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

/** A JSON text with a member more, whether or not it has one of that name. */
function withMember(members: Readonly<Record<string, unknown>>, name: string, json: string): string {
  return `${JSON.stringify(members).slice(0, -1)},"${name}":${json}}`
}

/** With the issuer's own key, as it would never write them. */
function signedAsWritten(header: object | string, claims: object | string): string {
  const written = (part: object | string) => (typeof part === 'string' ? part : JSON.stringify(part))
  const signed = [header, claims].map((each) => Buffer.from(written(each)).toString('base64url')).join('.')
  return `${signed}.${sign('sha256', Buffer.from(signed), cloud.sts.keys.signing(gitlab).key).toString('base64url')}`
}

function unsigned({ header, claims }: Good, alg: string): string {
  return `${part({ ...header, alg })}.${part(claims)}.`
}

function hmacSigned({ header, claims }: Good, secret: string | Buffer): string {
  const signed = `${part({ ...header, alg: 'HS256' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

function signedBy(
  key: KeyObject,
  { header, claims }: Good,
  extra = {},
  algorithm: Algorithm = 'RS256',
): string {
  return signJwt(claims, { kid: header.kid, key, algorithm }, extra)
}

// ── signed AWS requests ────────────────────────────────────────────────────────────────────────────────

interface Relayed {
  readonly url: string
  readonly method: string
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  readonly body?: string
}

const host = `sts.${region}.amazonaws.com`
const target = 'x-goog-cloud-target-resource'

/** A GetCallerIdentity request as Google takes it for a proof. */
function relayed({
  query = 'Action=GetCallerIdentity&Version=2011-06-15',
  audience = awsProvider,
  at = nowMs,
  credentials = session(),
} = {}): Relayed {
  const headers: [string, string][] = [
    ['host', host],
    [target, audience],
  ]
  const request = { method: 'POST', path: '/', query, headers, body: '' }
  const added = signHeaders(request, { credentials, region, service: 'sts', nowMs: at })
  const all = [...headers, ...added].map(([key, value]) => ({ key, value }))
  return { url: `https://${host}/?${query}`, method: 'POST', headers: all }
}

const roles = ['loader-task', 'reports-task'] as const
let sessions: ReadonlyMap<string, AwsCredentials>

async function newSessions(): Promise<void> {
  const minted = roles.map(async (role) => [role, await cloud.session(role, 'forger')] as const)
  sessions = new Map(await Promise.all(minted))
}

/** What a task has now, which is as old as the test at most. */
const session = (role: (typeof roles)[number] = 'loader-task') => sessions.get(role)!

const present = (request: Relayed) =>
  googleCall(
    awsProvider,
    'urn:ietf:params:aws:token-type:aws4_request',
    encodeURIComponent(JSON.stringify(request)),
  )

const withHeader = (request: Relayed, name: string, change: (value: string) => string): Relayed => ({
  ...request,
  headers: request.headers.map(({ key, value }) => ({
    key,
    value: key.toLowerCase() === name ? change(value) : value,
  })),
})

const relayedForgeries: readonly (readonly [what: string, forge: () => Relayed])[] = [
  [
    'with another signature',
    () =>
      withHeader(relayed(), 'authorization', (value) => value.replace(/.$/, (c) => (c === '0' ? '1' : '0'))),
  ],
  [
    'with another date',
    () =>
      withHeader(relayed(), 'x-amz-date', (value) => value.replace(/.Z$/, (c) => (c === '0Z' ? '1Z' : '0Z'))),
  ],
  [
    'with the session token of another session',
    () => withHeader(relayed(), 'x-amz-security-token', () => session('reports-task').sessionToken!.reveal()),
  ],
  ['with a session token that was altered', () => withHeader(relayed(), 'x-amz-security-token', flipped)],
  [
    'with keys that nobody issued',
    () => relayed({ credentials: { ...session(), secretAccessKey: new Secret('forged') } }),
  ],
  ['that was made for another audience', () => relayed({ audience: gitlabProvider })],
  [
    'whose audience was changed after signing',
    () => withHeader(relayed({ audience: gitlabProvider }), target, () => awsProvider),
  ],
  [
    'without an audience',
    () => ({ ...relayed(), headers: relayed().headers.filter(({ key }) => key !== target) }),
  ],
  ['for another action', () => relayed({ query: 'Action=GetSessionToken&Version=2011-06-15' })],
  [
    'for two actions',
    () => relayed({ query: 'Action=GetCallerIdentity&Version=2011-06-15&Action=GetSessionToken' }),
  ],
  [
    'for two actions that differ in case',
    () => relayed({ query: 'Action=GetCallerIdentity&Version=2011-06-15&action=GetSessionToken' }),
  ],
  [
    'with a parameter too many',
    () => relayed({ query: 'Action=GetCallerIdentity&Version=2011-06-15&RoleArn=x' }),
  ],
  ['that is older than 15 minutes', () => relayed({ at: nowMs - 15 * minuteMs - 1000 })],
  ['that is of the future', () => relayed({ at: nowMs + 15 * minuteMs + 1000 })],
  [
    'to another host',
    () => ({ ...relayed(), url: 'https://sts.forger.example/?Action=GetCallerIdentity&Version=2011-06-15' }),
  ],
  [
    'to a host that begins like AWS’s',
    () => ({
      ...relayed(),
      url: `https://${host}.forger.example/?Action=GetCallerIdentity&Version=2011-06-15`,
    }),
  ],
  [
    'to a host behind a user name',
    () => ({
      ...relayed(),
      url: `https://${host}@forger.example/?Action=GetCallerIdentity&Version=2011-06-15`,
    }),
  ],
  ['without TLS', () => ({ ...relayed(), url: relayed().url.replace('https:', 'http:') })],
  ['by GET', () => ({ ...relayed(), method: 'GET' })],
  ['with a body', () => ({ ...relayed(), body: 'Action=GetSessionToken' })],
  [
    'with a second host header',
    () => ({ ...relayed(), headers: [...relayed().headers, { key: 'Host', value: 'forger.example' }] }),
  ],
]

describe('at the Google token exchange, a signed GetCallerIdentity request', () => {
  it('that is good is accepted, and accepted again', async () => {
    const request = relayed()
    assert.deepEqual(await present(request), { status: 200, code: undefined })
    assert.deepEqual(await present(request), { status: 200, code: undefined })
  })
  for (const [what, forge] of relayedForgeries)
    it(`${what} is refused`, async () => {
      const forged = forge()
      const allowed = allowedSoFar()
      const { status, code } = await present(forged)
      assert.equal(status, 400)
      assert.match(code ?? '', /^invalid_(grant|request)$/)
      assert.equal(allowedSoFar(), allowed)
    })
  it('of a session that has ended is refused', async () => {
    const credentials = session()
    nowMs += 61 * minuteMs
    assert.equal((await present(relayed({ credentials }))).status, 400)
    await newSessions()
    assert.equal((await present(relayed())).status, 200)
  })
})

const callerIdentity = 'Action=GetCallerIdentity&Version=2011-06-15'
const assumeRole = `Action=AssumeRole&Version=2011-06-15&RoleSessionName=forger&RoleArn=${encodeURIComponent(roleArn('deploy'))}`

interface Sent {
  readonly body?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A GetCallerIdentity request to the token service itself, signed, and what is sent in its place. */
async function signed(options: Partial<SigningOptions> = {}, change: (sent: Sent) => Sent = (sent) => sent) {
  const own: [string, string][] = [
    ['host', new URL(cloud.server.url).host],
    ['content-type', 'application/x-www-form-urlencoded'],
  ]
  const request = { method: 'POST', path: '/', query: '', headers: own, body: callerIdentity }
  const added = signHeaders(request, { credentials: session(), region, service: 'sts', nowMs, ...options })
  const { body, query, headers } = change({
    body: callerIdentity,
    headers: Object.fromEntries([...own, ...added]),
  })
  return xmlAnswer(
    await fetch(`${cloud.server.url}/${query ? `?${query}` : ''}`, {
      method: 'POST',
      body: body!,
      headers: headers!,
    }),
  )
}

describe('at AWS STS, a signed request', () => {
  it('that is good is accepted, and accepted again', async () => {
    const credentials = session()
    assert.deepEqual(await signed({ credentials }), { status: 200, code: undefined })
    assert.deepEqual(await signed({ credentials }), { status: 200, code: undefined })
  })
  it('whose body was altered is refused', async () => {
    const answer = await signed({}, (sent) => ({ ...sent, body: assumeRole }))
    assert.deepEqual(answer, { status: 403, code: 'SignatureDoesNotMatch' })
  })
  it('to which a query was added is refused', async () => {
    const answer = await signed({}, (sent) => ({ ...sent, query: 'RoleSessionName=forger' }))
    assert.deepEqual(answer, { status: 403, code: 'SignatureDoesNotMatch' })
  })
  it('that is older than 15 minutes is refused', async () => {
    const answer = await signed({ nowMs: nowMs - 15 * minuteMs - 1000 })
    assert.deepEqual(answer, { status: 403, code: 'SignatureDoesNotMatch' })
  })
  it('that is presigned for an hour is refused after 15 minutes', async () => {
    const headers: [string, string][] = [['host', new URL(cloud.server.url).host]]
    const request = { method: 'GET', path: '/', query: callerIdentity, headers, body: '' }
    const options = { credentials: session(), region, service: 'sts', nowMs, expiresSeconds: 3600 }
    const url = `${cloud.server.url}/?${signQuery(request, options)}`
    assert.equal((await fetch(url)).status, 200)
    nowMs += 16 * minuteMs
    assert.deepEqual(await xmlAnswer(await fetch(url)), { status: 403, code: 'SignatureDoesNotMatch' })
  })
  it('for another service is refused', async () => {
    assert.deepEqual(await signed({ service: 's3' }), { status: 403, code: 'SignatureDoesNotMatch' })
  })
  it('with the session token of another session is refused', async () => {
    const credentials = { ...session(), sessionToken: session('reports-task').sessionToken! }
    assert.deepEqual(await signed({ credentials }), { status: 403, code: 'InvalidClientTokenId' })
  })
  it('without its session token is refused', async () => {
    const { accessKeyId, secretAccessKey } = session()
    const answer = await signed({ credentials: { accessKeyId, secretAccessKey } })
    assert.deepEqual(answer, { status: 403, code: 'InvalidClientTokenId' })
  })
  it('of a session that has ended is refused', async () => {
    const credentials = session()
    nowMs += 61 * minuteMs
    assert.deepEqual(await signed({ credentials }), { status: 403, code: 'ExpiredToken' })
  })
  it('that is not signed is refused', async () => {
    const answer = await awsCall({ Action: 'GetCallerIdentity' })
    assert.deepEqual(answer, { status: 403, code: 'MissingAuthenticationToken' })
  })
})

/** A signed request octet for octet, with what a client of HTTP would not send besides. */
async function smuggled(
  extra: readonly string[],
  { body = callerIdentity, query = '' } = {},
): Promise<Answer> {
  const headers: [string, string][] = [['host', new URL(front.url).host]]
  const path = `/${query && `?${query}`}`
  const request = { method: 'POST', path: '/', query, headers, body }
  const added = signHeaders(request, { credentials: session(), region, service: 'sts', nowMs })
  const lines = [...headers, ...added].map(([name, value]) => `${name}: ${value}`)
  const head = [
    `POST ${path} HTTP/1.1`,
    ...lines,
    `Content-Length: ${body.length}`,
    'Connection: close',
    ...extra,
  ]
  const socket = connect(front.port, '127.0.0.1').end(`${head.join('\r\n')}\r\n\r\n${body}`)
  const answer = (await text(socket)).split('HTTP/1.1 ')
  assert.equal(answer.length, 2, 'one answer to one request')
  return { status: Number(answer[1]!.slice(0, 3)), code: /<Code>(\w+)<\/Code>/.exec(answer[1]!)?.[1] }
}

const malformed = { status: 400, code: 'ValidationError' }
const noHttp = { status: 400, code: undefined }
const twice = 'Action=GetCallerIdentity&Version=2011-06-15&action=GetSessionToken'
const smugglings: readonly (readonly [what: string, send: () => Promise<Answer>, expected: Answer])[] = [
  ['a parameter twice in other letter case, signed so,', () => smuggled([], { body: twice }), malformed],
  [
    'a parameter in the query and another time in the form',
    () => smuggled([], { query: 'ACTION=GetSessionToken' }),
    malformed,
  ],
  ['a second date', () => smuggled(['x-amz-date: 20200101T000000Z']), malformed],
  ['a second session token', () => smuggled(['X-AMZ-Security-Token: other']), malformed],
  ['a second signature', () => smuggled(['authorization: AWS4-HMAC-SHA256 Credential=x']), malformed],
  ['a second Host', () => smuggled(['HOST: sts.amazonaws.com']), { status: 421, code: undefined }],
  ['a body by two lengths', () => smuggled(['Transfer-Encoding: chunked']), { status: 400, code: undefined }],
  ['a header that is folded', () => smuggled([' folded: x']), noHttp],
]

describe('at AWS STS, a signed request smuggles in', () => {
  it('nothing, and is accepted', async () => {
    assert.deepEqual(await smuggled([]), { status: 200, code: undefined })
  })
  for (const [what, send, expected] of smugglings)
    it(`${what} and is refused`, async () => {
      const allowed = allowedSoFar()
      assert.deepEqual(await send(), expected)
      assert.equal(allowedSoFar(), allowed)
    })
})

describe('a Google access token', () => {
  const impersonate = (token: string) =>
    fetch(
      `${cloud.server.url}/v1/projects/-/serviceAccounts/loader@acme.iam.gserviceaccount.com:generateAccessToken`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ scope: ['https://www.googleapis.com/auth/cloud-platform'] }),
      },
    ).then((answer) => answer.status)

  it('is worth nothing once it was altered, or has expired', async () => {
    const answer = await fetch(
      `${cloud.server.url}/v1/token`,
      exchangeOf(
        awsProvider,
        'urn:ietf:params:aws:token-type:aws4_request',
        encodeURIComponent(JSON.stringify(relayed())),
      ),
    )
    const { access_token: token } = (await answer.json()) as { access_token: string }
    assert.equal(await impersonate(token), 200)
    for (const at of [8, Math.floor(token.length / 2), token.length - 3])
      assert.equal(await impersonate(token.slice(0, at) + flipped(token.slice(at))), 401)
    nowMs += 61 * minuteMs
    assert.equal(await impersonate(token), 401)
  })
})

// ── calls ──────────────────────────────────────────────────────────────────────────────────────────────

async function awsCall(parameters: Readonly<Record<string, string>>): Promise<Answer> {
  const body = new URLSearchParams({ Version: '2011-06-15', ...parameters })
  return xmlAnswer(await fetch(cloud.server.url, { method: 'POST', body }))
}

async function xmlAnswer(answer: Response): Promise<Answer> {
  return { status: answer.status, code: /<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1] }
}

function exchangeOf(audience: string, subject_token_type: string, subject_token: string): RequestInit {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    audience,
    subject_token_type,
    subject_token,
  }
  return { method: 'POST', body: new URLSearchParams(form) }
}

async function googleCall(audience: string, type: string, token: string): Promise<Answer> {
  const answer = await fetch(`${cloud.server.url}/v1/token`, exchangeOf(audience, type, token))
  const { error } = (await answer.json()) as { error?: string }
  return { status: answer.status, code: error }
}
