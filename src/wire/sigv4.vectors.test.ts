import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Secret } from '../secret.ts'
import {
  checkSignature,
  readSignature,
  type SignableRequest,
  type SigningOptions,
  signHeaders,
  signQuery,
} from './sigv4.ts'
import { canonicalHeaders, canonicalQuery, canonicalRequest, queryParameters } from './sigv4-canonical.ts'

// The 38 cases of awslabs/aws-c-auth (tests/aws-signing-test-suite/v4), gathered in one file outside the repository.
const file = fileURLToPath(new URL('../../../shared/vectors/sigv4.json', import.meta.url))
const absent = !existsSync(file) && `the official SigV4 cases are not at ../shared/vectors/sigv4.json`

interface Expected {
  readonly canonicalRequest: string
  readonly stringToSign: string
  readonly signature: string
  readonly signedRequest: string
}

interface Case {
  readonly name: string
  readonly context: {
    readonly credentials: {
      readonly access_key_id: string
      readonly secret_access_key: string
      readonly token?: string
    }
    readonly expiration_in_seconds: number
    readonly normalize: boolean
    readonly region: string
    readonly service: string
    readonly sign_body: boolean
    readonly omit_session_token?: boolean
    readonly timestamp: string
  }
  readonly request: string
  readonly header: Expected
  readonly query: Expected
}

const cases: readonly Case[] = absent ? [] : JSON.parse(readFileSync(file, 'utf8')).cases

test('the official SigV4 cases are all here', { skip: absent }, () => {
  assert.equal(cases.length, 38)
})

for (const each of cases) {
  const { context } = each
  const request = parseRequest(each.request)
  const options = signingOptions(context)
  const secret = context.credentials.secret_access_key
  const checking = { normalizePath: context.normalize, omitSessionToken: context.omit_session_token ?? false }

  test(`${each.name}: signed in headers, it has the official signature`, () => {
    const signed = signHeaders(request, options)
    const expected = parseRequest(each.header.signedRequest).headers.slice(request.headers.length)
    assert.deepEqual(lowerNames(signed), lowerNames(expected))
  })

  test(`${each.name}: signed in the query, it is the official request`, () => {
    const query = signQuery(request, { ...options, expiresSeconds: context.expiration_in_seconds })
    assert.equal(query, parseRequest(each.query.signedRequest).query)
  })

  for (const form of ['header', 'query'] as const) {
    const expected = each[form]
    const official = parseRequest(expected.signedRequest)

    test(`${each.name}: the official ${form} signature verifies, and no other secret or body does`, () => {
      const presented = readSignature(official)
      assert.equal(presented.form, form)
      assert.equal(presented.signature, expected.signature)
      assert.equal(presented.sessionToken, context.credentials.token)
      assert.equal(presented.signedAtMs, Date.parse(context.timestamp))
      assert.equal(
        canonicalOf(official, presented.signedHeaders, expected, checking),
        expected.canonicalRequest,
      )
      checkSignature(official, presented, secret, checking)
      const refused = { code: 'REQUEST_SIGNATURE' }
      assert.throws(() => checkSignature(official, presented, `${secret}x`, checking), refused)
      const altered = { ...official, body: `${official.body}x` }
      assert.throws(() => checkSignature(altered, presented, secret, checking), refused)
    })

    test(`${each.name}: the ${form} string to sign is the official one`, () => {
      const presented = readSignature(official)
      assert.throws(
        () => checkSignature(official, { ...presented, signature: '0'.repeat(64) }, secret, checking),
        (error: { values: Record<string, string> }) => error.values.stringToSign === expected.stringToSign,
      )
    })
  }
}

function canonicalOf(
  request: SignableRequest,
  signedHeaders: readonly string[],
  expected: Expected,
  { normalizePath, omitSessionToken }: { normalizePath: boolean; omitSessionToken: boolean },
): string {
  const left = queryParameters(request.query).filter(
    ([name]) => name !== 'X-Amz-Signature' && !(omitSessionToken && name === 'X-Amz-Security-Token'),
  )
  return canonicalRequest({
    method: request.method,
    path: request.path,
    normalizePath,
    query: canonicalQuery(left),
    headers: canonicalHeaders(request.headers),
    signedHeaders,
    bodyHash: expected.canonicalRequest.slice(-64),
  })
}

function signingOptions(context: Case['context']): SigningOptions {
  const { credentials } = context
  return {
    credentials: {
      accessKeyId: credentials.access_key_id,
      secretAccessKey: new Secret(credentials.secret_access_key),
      ...(credentials.token !== undefined && { sessionToken: new Secret(credentials.token) }),
    },
    region: context.region,
    service: context.service,
    nowMs: Date.parse(context.timestamp),
    normalizePath: context.normalize,
    signBody: context.sign_body,
    omitSessionToken: context.omit_session_token ?? false,
  }
}

function parseRequest(text: string): SignableRequest {
  const split = text.indexOf('\n\n')
  const head = split < 0 ? text.trimEnd() : text.slice(0, split)
  const body = split < 0 ? '' : text.slice(split + 2)
  const [start = '', ...lines] = head.split('\n')
  const [method = ''] = start.split(' ', 1)
  const target = start.slice(method.length + 1, start.lastIndexOf(' '))
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  const headers: [string, string][] = []
  for (const line of lines) {
    if (line.startsWith(' ')) headers.at(-1)![1] += `\n${line}`
    else headers.push([line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
  }
  return { method, path, query, headers, body }
}

function lowerNames(headers: readonly (readonly [string, string])[]): string[] {
  return headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort()
}
