import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { AwsCredentials } from '../../src/credential.ts'
import { Secret } from '../../src/secret.ts'
import { type Algorithm, signJwt } from '../../src/wire/jws.ts'
import { type SigningOptions, signHeaders, signQuery } from '../../src/wire/sigv4.ts'
import { type Cloud, region, roleArn, startCloud } from '../fakes/cloud.ts'

// Forged, altered, stale and misdirected proofs, over HTTP, at each front end that takes them. Each table begins with
// the proof that is good, so that every refusal below it is for the one thing that was changed.

const gitlab = 'https://gitlab.com'
const kubernetes = 'https://kubernetes.example'
const pool = `projects/111111111111/locations/global/workloadIdentityPools/bq-pool/providers`
const awsProvider = `//iam.googleapis.com/${pool}/aws-provider`
const gitlabProvider = `//iam.googleapis.com/${pool}/gitlab`
const minuteMs = 60_000

let cloud: Cloud
let nowMs = Math.floor(Date.now() / 1000) * 1000

before(async () => {
  cloud = await startCloud({ now: () => nowMs })
})
beforeEach(newSessions)
after(() => cloud.close())

interface Answer {
  readonly status: number
  readonly code: string | undefined
}

// ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────

/** A token service that takes a GitLab token, and what it says of a bad one. */
interface TokenTaker {
  readonly name: string
  readonly audience: string
  present(token: string): Promise<Answer>
  readonly refusals: Readonly<Record<'forged' | 'expired' | 'audience' | 'issuer' | 'malformed', string>>
}

const takers: readonly TokenTaker[] = [
  {
    name: 'AssumeRoleWithWebIdentity',
    audience: 'https://user-audience.test',
    present: (WebIdentityToken) =>
      awsCall({
        Action: 'AssumeRoleWithWebIdentity',
        RoleArn: roleArn('deploy'),
        RoleSessionName: 'forger',
        WebIdentityToken,
      }),
    refusals: {
      forged: 'InvalidIdentityToken',
      expired: 'ExpiredTokenException',
      audience: 'InvalidIdentityToken',
      issuer: 'InvalidIdentityToken',
      malformed: 'InvalidIdentityToken',
    },
  },
  {
    name: 'the Google token exchange',
    audience: `https:${gitlabProvider}`,
    present: (token) => googleCall(gitlabProvider, 'urn:ietf:params:oauth:token-type:jwt', token),
    refusals: {
      forged: 'invalid_grant',
      expired: 'invalid_grant',
      audience: 'invalid_grant',
      issuer: 'invalid_grant',
      malformed: 'invalid_grant',
    },
  },
]

/** What every forgery starts from: the claims of a good token and the key that would have signed it. */
interface Good {
  readonly token: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly header: { readonly alg: string; readonly kid: string }
}

type Refusal = keyof TokenTaker['refusals']

const forgeries: readonly (readonly [what: string, refusal: Refusal, forge: (good: Good) => string])[] = [
  [
    'with another claim under the old signature',
    'forged',
    ({ token }) => altered(token, { sub: 'somebody-else' }),
  ],
  ['with another signature', 'forged', ({ token }) => token.replace(/[^.]+$/, flipped)],
  ['without a signature', 'malformed', ({ token }) => token.slice(0, token.lastIndexOf('.'))],
  ['with an empty signature', 'forged', ({ token }) => token.slice(0, token.lastIndexOf('.') + 1)],
  ['with alg none', 'forged', (good) => unsigned(good, 'none')],
  ['with alg nOnE', 'forged', (good) => unsigned(good, 'nOnE')],
  [
    'signed by HMAC with the public key in PEM',
    'forged',
    (good) => hmacSigned(good, publicKey(gitlab).export({ type: 'spki', format: 'pem' })),
  ],
  [
    'signed by HMAC with the public key as a JWK',
    'forged',
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
    'forged',
    ({ claims }) => signJwt(claims, cloud.sts.keys.signing(kubernetes)),
  ],
  ['for an algorithm that its key is not for', 'forged', (good) => signedBy(forgerEc, good, {}, 'ES256')],
  [
    'with a critical header that nobody knows',
    'forged',
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
]

for (const taker of takers)
  describe(`at ${taker.name}`, () => {
    it('a good token is accepted, and accepted again', async () => {
      const { token } = goodToken(taker)
      assert.deepEqual(await taker.present(token), { status: 200, code: undefined })
      assert.deepEqual(await taker.present(token), { status: 200, code: undefined })
    })
    for (const [what, refusal, forge] of forgeries)
      it(`a token ${what} is refused`, async () => {
        const code = taker.refusals[refusal]
        const allowed = allowedSoFar()
        assert.deepEqual(await taker.present(forge(goodToken(taker))), { status: 400, code })
        assert.equal(allowedSoFar(), allowed)
      })
    it('a token without an expiry is refused', async () => {
      const { exp: _, ...endless } = goodToken(taker).claims
      assert.equal((await taker.present(genuine(endless))).status, 400)
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
