import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { MayflyError } from '../errors.ts'
import { Secret } from '../secret.ts'
import { checkSignature, readSignature, type SignableRequest, signHeaders, signQuery } from './sigv4.ts'
import { canonicalPath, canonicalQuery, queryParameters } from './sigv4-canonical.ts'

const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const options = {
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: new Secret(secret),
    sessionToken: new Secret('a/session+token=='),
  },
  region: 'ap-northeast-2',
  service: 'sts',
  nowMs: Date.parse('2026-11-22T03:04:05Z'),
}
const plain: SignableRequest = {
  method: 'POST',
  path: '/',
  query: '',
  headers: [
    ['Host', 'sts.ap-northeast-2.amazonaws.com'],
    ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
  ],
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
}
const signed = with_(plain, signHeaders(plain, options))
const presigned = { ...plain, query: signQuery(plain, { ...options, expiresSeconds: 60 }) }

function with_(request: SignableRequest, headers: readonly (readonly [string, string])[]): SignableRequest {
  return { ...request, headers: [...request.headers, ...headers] }
}

/** The same request with one header changed, or dropped. */
function changed(request: SignableRequest, name: string, change: (value: string) => string | undefined) {
  const headers = request.headers.flatMap(([each, value]) => {
    if (each.toLowerCase() !== name) return [[each, value] as const]
    const other = change(value)
    return other === undefined ? [] : [[each, other] as const]
  })
  return { ...request, headers }
}

const check = (request: SignableRequest) => checkSignature(request, readSignature(request), secret)
const textOf = (act: () => void): string => {
  try {
    act()
  } catch (error) {
    return String((error as MayflyError).values.text)
  }
  return 'nothing was thrown'
}

test('a signature that was made here verifies here, in either form', () => {
  check(signed)
  check(presigned)
})

test('what was presented comes back in parts', () => {
  assert.deepEqual(readSignature(presigned), {
    form: 'query',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    date: '20261122',
    region: 'ap-northeast-2',
    service: 'sts',
    signedHeaders: ['content-type', 'host'],
    signature: /Signature=([0-9a-f]{64})$/.exec(presigned.query)![1],
    signedAtMs: options.nowMs,
    timestamp: '20261122T030405Z',
    expiresSeconds: 60,
    sessionToken: 'a/session+token==',
  })
})

test('a change of method, path, query, signed header or body is REQUEST_SIGNATURE', () => {
  const alterations: SignableRequest[] = [
    { ...signed, method: 'GET' },
    { ...signed, path: '/x' },
    { ...signed, query: 'Action=AssumeRole' },
    { ...signed, body: 'Action=AssumeRole&Version=2011-06-15' },
    changed(signed, 'host', () => 'sts.us-east-1.amazonaws.com'),
    changed(signed, 'content-type', () => undefined),
    { ...presigned, query: presigned.query.replace('X-Amz-Expires=60', 'X-Amz-Expires=61') },
    { ...presigned, query: `${presigned.query}&Action=AssumeRole` },
    changed(signed, 'authorization', (value) => value.slice(0, -1)),
    changed(signed, 'authorization', (value) => value.replace(/Signature=\w/, 'Signature=é')),
  ]
  for (const altered of alterations) assert.throws(() => check(altered), { code: 'REQUEST_SIGNATURE' })
})

test('a signed header that is absent is not taken for one that says undefined', () => {
  const odd = with_(plain, [['x-odd', 'undefined']])
  const request = with_(odd, signHeaders(odd, options))
  check(request)
  assert.throws(() => check(changed(request, 'x-odd', () => undefined)), { code: 'REQUEST_SIGNATURE' })
})

test('the order of headers, letter case of names and blanks around values do not matter', () => {
  const headers = signed.headers.map(([name, value]) => [name.toUpperCase(), `  ${value} `] as const)
  check({ ...signed, headers: headers.toReversed() })
})

test('a host outside of the signature is refused in the words of AWS', () => {
  const bare = changed(signed, 'authorization', (value) =>
    value.replace('content-type;host;', 'content-type;'),
  )
  assert.throws(() => check(bare), { code: 'REQUEST_SIGNATURE' })
  assert.equal(
    textOf(() => check(bare)),
    "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
  )
})

test('an unsigned header is let through, X-Amz-* or not, as by every service but S3', () => {
  check(with_(signed, [['x-amz-user-agent', 'aws-sdk-js/3']]))
  check(with_(signed, [['x-goog-cloud-target-resource', '//iam.googleapis.com/projects/1']]))
})

test('X-Amz-Content-Sha256 has to be the hash of the body, signed or not', () => {
  const hashed = with_(plain, signHeaders(plain, { ...options, signBody: true }))
  check(hashed)
  check(with_(signed, [['X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD']]))
  for (const claimed of ['0'.repeat(64), 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', ''])
    assert.throws(() => check(with_(signed, [['X-Amz-Content-Sha256', claimed]])), {
      code: 'REQUEST_SIGNATURE',
    })
})

test('UNSIGNED-PAYLOAD does not free the body from the signature', () => {
  const unsigned = with_(signed, [['X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD']])
  assert.throws(() => check({ ...unsigned, body: 'Action=AssumeRole' }), { code: 'REQUEST_SIGNATURE' })
})

test('a Date header in place of X-Amz-Date serves', () => {
  for (const zone of ['GMT', '-0000']) {
    const dated = with_(
      changed(signed, 'x-amz-date', () => undefined),
      [['Date', `Sun, 22 Nov 2026 03:04:05 ${zone}`]],
    )
    assert.equal(readSignature(dated).timestamp, '20261122T030405Z')
  }
})

test('a request without a signature is REQUEST_UNSIGNED', () => {
  assert.throws(() => readSignature(plain), { code: 'REQUEST_UNSIGNED' })
  assert.equal(
    textOf(() => readSignature(plain)),
    'Request is missing Authentication Token',
  )
})

test('an Authorization header without its parts names each, and shows itself as a hash only', () => {
  const bare = with_(plain, [['Authorization', 'AWS4-HMAC-SHA256 Credential=']])
  assert.throws(() => readSignature(bare), { code: 'REQUEST_INCOMPLETE' })
  assert.match(
    textOf(() => readSignature(bare)),
    /^Authorization header requires 'Credential' parameter\. Authorization header requires 'Signature' parameter\. Authorization header requires 'SignedHeaders' parameter\. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header\. \(Hashed with SHA-256 and encoded with Base64\) Authorization=[A-Za-z0-9+/]{43}=$/,
  )
})

test('a bearer token is REQUEST_INCOMPLETE and is not repeated', () => {
  const bearer = with_(plain, [['Authorization', 'Bearer secret-token']])
  assert.throws(
    () => readSignature(bearer),
    (error: MayflyError) =>
      error.code === 'REQUEST_INCOMPLETE' &&
      !JSON.stringify([error.message, error.values]).includes('secret-token'),
  )
})

test('each way in which a signature is incomplete has the text of AWS', () => {
  const authorization = (change: (value: string) => string) => changed(signed, 'authorization', change)
  const rows: [SignableRequest, string][] = [
    [
      authorization((value) => value.replace('HMAC', 'ECDSA-P256')),
      "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
    ],
    [
      authorization((value) => value.replace('/aws4_request', '')),
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIAIOSFODNN7EXAMPLE/20261122/ap-northeast-2/sts'",
    ],
    [
      changed(signed, 'x-amz-date', () => '20261322T030405Z'),
      "Date must be in ISO-8601 'basic format'. Got '20261322T030405Z'. See http://en.wikipedia.org/wiki/ISO_8601",
    ],
    [
      { ...presigned, query: presigned.query.replace(/X-Amz-Credential=[^&]*&/, '') },
      "AWS query-string parameters must include 'X-Amz-Credential'. Re-examine the query-string parameters.",
    ],
    [with_(plain, [['Authorization', 'AWS AKID:sig']]), 'AWS Signature Version 2 is not supported.'],
  ]
  for (const [request, text] of rows) {
    assert.throws(() => readSignature(request), { code: 'REQUEST_INCOMPLETE' })
    assert.equal(
      textOf(() => readSignature(request)),
      text,
    )
  }
})

test('a scope that contradicts the request is REQUEST_SIGNATURE', () => {
  const rows = [
    changed(signed, 'authorization', (value) => value.replace('/aws4_request', '/aws5_request')),
    changed(signed, 'x-amz-date', () => '20261123T030405Z'),
    { ...signed, query: 'X-Amz-Algorithm=AWS4-HMAC-SHA256' },
  ]
  for (const row of rows) assert.throws(() => readSignature(row), { code: 'REQUEST_SIGNATURE' })
})

test('a date that no calendar has is not taken for the next one that exists', () => {
  for (const date of [
    '20260230T000000Z',
    '20261122T240000Z',
    '20261122T006000Z',
    '00000101T000000Z',
    '2026-11-22',
  ])
    assert.throws(() => readSignature(changed(signed, 'x-amz-date', () => date)), {
      code: 'REQUEST_INCOMPLETE',
    })
})

test('an expiry out of range is refused, reading and writing', () => {
  for (const seconds of ['604801', '-1', '1e3', ''])
    assert.throws(
      () =>
        readSignature({ ...presigned, query: presigned.query.replace('Expires=60', `Expires=${seconds}`) }),
      { code: 'REQUEST_INCOMPLETE' },
    )
  assert.throws(() => signQuery(plain, { ...options, expiresSeconds: 604_801 }), RangeError)
})

test('repeated fields and parameters are refused, whatever their letter case (CVE-2022-2385)', () => {
  const rows = [
    { ...presigned, query: `${presigned.query}&x-amz-security-token=other` },
    { ...presigned, query: `X-Amz-Date=20261122T030405Z&${presigned.query}` },
    { ...signed, query: 'X-Amz-Date=1&x%2damz-date=2' },
    with_(signed, [['host', 'elsewhere.example']]),
    with_(signed, [['x-amz-date', '20261122T030405Z']]),
    with_(signed, [['AUTHORIZATION', 'AWS4-HMAC-SHA256 x=y']]),
    changed(signed, 'authorization', (value) => `${value}, Signature=0`),
  ]
  for (const row of rows) assert.throws(() => readSignature(row), { code: 'REQUEST_PARAMETER' })
})

test('signing anew replaces the signature that was there', () => {
  const again = signHeaders(signed, { ...options, nowMs: options.nowMs + 1000 })
  const replaced = [...plain.headers, ...again]
  check({ ...plain, headers: replaced })
})

test('a query means the same with %7E as with ~ and with + as with %20, and nothing more', () => {
  const canonical = (query: string) => canonicalQuery(queryParameters(query))
  assert.equal(canonical('b=%7e&a=x+y&&a=%2fz'), 'a=%2Fz&a=x%20y&b=~')
  assert.equal(canonical('a=100%&b=%zz'), 'a=100%25&b=%25zz')
  assert.equal(canonical('a'), 'a=')
})

test('a path is encoded once more than on the wire', () => {
  assert.equal(canonicalPath('/a%20b/ü', true), '/a%2520b/%C3%BC')
  assert.equal(canonicalPath('/../../a/./b/', true), '/a/b/')
})

test('each secret, date, region and service signs with a key of its own, however many there are', () => {
  for (let i = 0; i < 1100; i++) {
    const region = `r-${i % 1050}`
    const request = with_(plain, signHeaders(plain, { ...options, region }))
    assert.equal(readSignature(request).signature, derivedAnew(request, region))
  }
})

/** The signature by the derivation of AWS's page, with no key remembered. */
function derivedAnew(request: SignableRequest, region: string): string {
  const text = stringToSignOf(request)
  const chain = [`AWS4${secret}`, '20261122', region, 'sts', 'aws4_request', text]
  const last = chain.reduce<string | Buffer>(
    (key, each, i) => (i === 0 ? each : createHmac('sha256', key).update(each).digest()),
    '',
  )
  return Buffer.from(last).toString('hex')
}

function stringToSignOf(request: SignableRequest): string {
  try {
    checkSignature(request, { ...readSignature(request), signature: '' }, secret)
  } catch (error) {
    return String((error as MayflyError).values.stringToSign)
  }
  return assert.fail('an empty signature was accepted')
}

test('the names of signed headers are sorted, in whatever order they are presented', () => {
  const list = 'content-type;host;x-amz-date;x-amz-security-token'
  check(
    changed(signed, 'authorization', (value) => value.replace(list, list.split(';').toReversed().join(';'))),
  )
})

// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and sigv4-query-string-auth.html
const s3Scope = 'Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'
const s3Put: SignableRequest = {
  method: 'PUT',
  path: '/test%24file.text',
  query: '',
  headers: [
    ['Host', 'examplebucket.s3.amazonaws.com'],
    ['Date', 'Fri, 24 May 2013 00:00:00 GMT'],
    ['x-amz-date', '20130524T000000Z'],
    ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
    ['x-amz-content-sha256', '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072'],
    [
      'Authorization',
      `AWS4-HMAC-SHA256 ${s3Scope},SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd`,
    ],
  ],
  body: 'Welcome to Amazon S3.',
}
const s3Presigned: SignableRequest = {
  method: 'GET',
  path: '/test.txt',
  query:
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  headers: [['Host', 'examplebucket.s3.amazonaws.com']],
  body: '',
}

test("S3's own examples verify by the rules of S3, and by no others", () => {
  for (const request of [s3Put, s3Presigned]) {
    checkSignature(request, readSignature(request), secret, { s3: true })
    assert.throws(() => check(request), { code: 'REQUEST_SIGNATURE' })
  }
})

test('S3 lets no X-Amz-* header through that is outside of the signature', () => {
  const checkS3 = (request: SignableRequest) =>
    checkSignature(request, readSignature(request), secret, { s3: true })
  for (const request of [s3Put, s3Presigned]) {
    for (const name of ['x-amz-copy-source', 'X-Amz-Acl', 'x-amz-meta-owner'])
      assert.throws(() => checkS3(with_(request, [[name, 'x']])), { code: 'REQUEST_SIGNATURE' }, name)
    for (const name of ['x-amzn-trace-id', 'amz-sdk-request']) checkS3(with_(request, [[name, 'x']]))
  }
  // It stands in the signature as the hash of the body, whether or not it is named there.
  checkS3(with_(s3Presigned, [['X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD']]))
})

// docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, the seed request of its example
const s3Chunked: SignableRequest = {
  method: 'PUT',
  path: '/examplebucket/chunkObject.txt',
  query: '',
  headers: [
    ['Host', 's3.amazonaws.com'],
    ['x-amz-date', '20130524T000000Z'],
    ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
    ['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
    ['Content-Encoding', 'aws-chunked'],
    ['x-amz-decoded-content-length', '66560'],
    ['Content-Length', '66824'],
    [
      'Authorization',
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    ],
  ],
  body: 'chunks that the seed signature does not cover',
}

test('a body whose chunks are signed is REQUEST_UNSUPPORTED: nobody here checks their signatures', () => {
  const checkS3 = (request: SignableRequest) =>
    checkSignature(request, readSignature(request), secret, { s3: true })
  assert.throws(() => checkS3(s3Chunked), { code: 'REQUEST_UNSUPPORTED' })
  for (const declared of ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', 'STREAMING-X'])
    assert.throws(() => checkS3(changed(s3Chunked, 'x-amz-content-sha256', () => declared)), {
      code: 'REQUEST_UNSUPPORTED',
    })
})

test('a body whose hash S3 was told has to have that hash', () => {
  const altered = { ...s3Put, body: 'Welcome to Amazon S4.' }
  assert.throws(() => checkSignature(altered, readSignature(altered), secret, { s3: true }), {
    code: 'REQUEST_SIGNATURE',
  })
})
