import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { ephemeralKeys } from '../keys/key-ring.ts'
import { checkJws, readJwt, verificationKey } from '../wire/jws.ts'
import { discoveryDocument, discoveryUrl, jwksDocument, jwksUrl, type OwnIssuer } from './discovery.ts'
import { issueToken } from './issuer.ts'

const cluster = { url: 'https://kubernetes.example/c1/', shape: 'kubernetes', algorithm: 'ES256' } as const
const gitlab = { url: 'https://gitlab.com', shape: 'gitlab', algorithm: 'ES256' } as const
const keys = ephemeralKeys([cluster, gitlab])
const nowMs = Date.parse('2026-11-22T00:00:00Z')

test('a token verifies with a key of the JWKS, and with no other', () => {
  for (const issuer of [cluster, gitlab]) {
    const jwt = readJwt(issueToken({ issuer, keys, nowMs }).token.reveal())
    const [jwk] = jwksDocument(issuer, keys).keys
    checkJws(jwt, verificationKey(jwk)!)
    const [other] = jwksDocument(issuer, ephemeralKeys([issuer])).keys
    assert.throws(() => checkJws(jwt, verificationKey(other)!), { code: 'PROOF_SIGNATURE' })
  }
})

test('the header has what the platform writes', () => {
  const header = (issuer: OwnIssuer) => readJwt(issueToken({ issuer, keys, nowMs }).token.reveal()).header
  const { kid } = keys.signing(cluster.url)
  assert.deepEqual(header(cluster), { alg: 'ES256', kid })
  assert.equal(header(gitlab).typ, 'JWT')
})

test('claims may be replaced and left out', () => {
  const { claims, token } = issueToken({
    issuer: gitlab,
    keys,
    nowMs,
    claims: { sub: 'other', jti: undefined },
  })
  assert.equal(claims.sub, 'other')
  assert.equal('jti' in claims, false)
  assert.deepEqual(readJwt(token.reveal()).claims, claims)
})

test('a token may have expired when it is made', () => {
  const { claims } = issueToken({ issuer: gitlab, keys, nowMs, lifetimeSeconds: -60 })
  assert.equal(claims.exp, nowMs / 1000 - 60)
})

test('a token does not print itself', () => {
  const issued = issueToken({ issuer: gitlab, keys, nowMs })
  assert.equal(inspect(issued).includes(issued.token.reveal()), false)
  assert.equal(JSON.stringify(issued).includes(issued.token.reveal()), false)
})

test('an issuer that is not ours signs nothing', () => {
  const issuer = { ...gitlab, url: 'https://gitlab.example' }
  assert.throws(() => issueToken({ issuer, keys, nowMs }), { code: 'KEY_FILE' })
})

test('the discovery document of a cluster has exactly the five members of the API server', () => {
  assert.deepEqual(discoveryDocument(cluster), {
    issuer: 'https://kubernetes.example/c1/',
    jwks_uri: 'https://kubernetes.example/c1/openid/v1/jwks',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  })
})

test('every platform publishes its keys in its own place', () => {
  const url = 'https://issuer.example'
  const at = (shape: OwnIssuer['shape']) => jwksUrl({ url, shape, algorithm: 'RS256' })
  assert.equal(at('gitlab'), `${url}/oauth/discovery/keys`)
  assert.equal(at('github'), `${url}/.well-known/jwks`)
  assert.equal(at('kubernetes'), `${url}/openid/v1/jwks`)
  assert.equal(discoveryUrl({ url: `${url}/` }), `${url}/.well-known/openid-configuration`)
})

test('GitLab and GitHub say what clients look for in a discovery document', () => {
  for (const shape of ['gitlab', 'github'] as const) {
    const document = discoveryDocument({ url: 'https://issuer.example', shape, algorithm: 'RS256' })
    assert.equal(document.issuer, 'https://issuer.example')
    assert.deepEqual(document.id_token_signing_alg_values_supported, ['RS256'])
    assert.ok((document.claims_supported as string[]).includes('sub'))
    assert.ok((document.subject_types_supported as string[]).includes('public'))
  }
})
