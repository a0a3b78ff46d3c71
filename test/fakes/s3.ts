import { createHash, randomUUID } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { type Context, Hono } from 'hono'
import type { AwsIdentity } from '../../src/sts/ask.ts'
import type { SignableRequest } from '../../src/wire/sigv4.ts'
import { readAwsChunked } from './aws-chunked.ts'
import { type Bindings, type ServeOptions, serveApp, signable } from './serve.ts'
import { escapeXml, turnAway, type VerifyAws, type Visits } from './service.ts'

interface StoredObject {
  readonly body: Uint8Array
  readonly contentType: string
  readonly owner: string
}

/** An answer that is an error, in S3's own words. */
class S3Error extends Error {
  readonly status: 400 | 403 | 404 | 501
  readonly code: string

  constructor(status: 400 | 403 | 404 | 501, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** A small S3: PutObject and GetObject, the bucket in the path or in the host name, for whoever `verify` lets in. */
export async function serveS3({ verify, ...place }: ServeOptions & { readonly verify: VerifyAws }) {
  const visits: Visits<AwsIdentity> = { seen: [], turnedAway: [] }
  const objects = new Map<string, StoredObject>()
  const app = new Hono<Bindings>()

  const admit = async (request: SignableRequest, call: string) => {
    try {
      const identity = await verify(request, 's3')
      visits.seen.push({ identity, call })
      return identity
    } catch (error) {
      throw refusal(turnAway(visits, error).code)
    }
  }

  app.put('/:place{.+}', async (c) => {
    const request = await signable(c)
    const place = placeOf(request)
    const { arn: owner } = await admit(request, `PutObject ${place}`)
    const body = payload(request)
    objects.set(place, { body, owner, contentType: c.req.header('content-type') ?? 'binary/octet-stream' })
    return c.body(null, 200, { ...requestId(), etag: etag(body) })
  })

  app.get('/:place{.+}', async (c) => {
    const request = await signable(c)
    const place = placeOf(request)
    await admit(request, `GetObject ${place}`)
    const found = objects.get(place)
    if (!found) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.')
    const headers = { ...requestId(), etag: etag(found.body), 'content-type': found.contentType }
    return c.body(new Uint8Array(found.body), 200, { ...headers, ...checksum(found.body) })
  })

  app.notFound((c) => answer(c, new S3Error(501, 'NotImplemented', 'This S3 has PutObject and GetObject.')))
  app.onError((error, c) => {
    if (error instanceof S3Error) return answer(c, error)
    throw error
  })
  return { ...(await serveApp(app, place)), ...visits, objects }
}

/** `bucket/key`, decoded. */
function placeOf({ path, headers }: SignableRequest): string {
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? ''
  const bucket = /^([a-z0-9.-]+)\.s3[.-][a-z0-9.-]*amazonaws\.com$/.exec(host)?.[1]
  const place = decodeURIComponent(path.slice(1))
  return bucket === undefined ? place : `${bucket}/${place}`
}

/** The object's bytes, once what the headers promise of them holds. */
function payload(request: SignableRequest & { body: Uint8Array }): Uint8Array {
  const header = (name: string) => request.headers.find(([key]) => key.toLowerCase() === name)?.[1]
  const promised = header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD'
  if (promised === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
    const { body, trailers } = readAwsChunked(request.body)
    if (body.length !== Number(header('x-amz-decoded-content-length')))
      throw new S3Error(400, 'IncompleteBody', 'You did not provide the number of bytes you promised.')
    checkChecksums(body, (name) => trailers[name])
    return body
  }
  if (promised.startsWith('STREAMING-'))
    throw new S3Error(501, 'NotImplemented', `This S3 does not read ${promised}.`)
  if (promised !== 'UNSIGNED-PAYLOAD' && promised !== sha256(request.body).toString('hex'))
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', 'The provided hash does not match what was computed.')
  checkChecksums(request.body, header)
  return request.body
}

const digests: Readonly<Record<string, (body: Uint8Array) => Buffer>> = {
  crc32: crc32Bytes,
  sha1: (body) => createHash('sha1').update(body).digest(),
  sha256,
}

function checkChecksums(body: Uint8Array, presented: (name: string) => string | undefined) {
  for (const [name, digest] of Object.entries(digests)) {
    const value = presented(`x-amz-checksum-${name}`)
    if (value !== undefined && value !== digest(body).toString('base64'))
      throw new S3Error(400, 'BadDigest', `The ${name} you specified did not match what we received.`)
  }
}

function sha256(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest()
}

function crc32Bytes(body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return bytes
}

const checksum = (body: Uint8Array) => ({ 'x-amz-checksum-crc32': crc32Bytes(body).toString('base64') })
const etag = (body: Uint8Array) => `"${createHash('md5').update(body).digest('hex')}"`
const requestId = () => ({ 'x-amz-request-id': randomUUID().slice(0, 16).toUpperCase() })

/** S3's words for what the verification said. */
function refusal(code: string): S3Error {
  switch (code) {
    case 'REQUEST_CREDENTIAL_EXPIRED':
      return new S3Error(400, 'ExpiredToken', 'The provided token has expired.')
    case 'REQUEST_EXPIRED':
    case 'REQUEST_NOT_YET_VALID':
      return new S3Error(
        403,
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
      )
    case 'REQUEST_CREDENTIAL':
      return new S3Error(
        403,
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
      )
    case 'REQUEST_SIGNATURE':
      return new S3Error(
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided.',
      )
    default:
      return new S3Error(403, 'AccessDenied', 'Access Denied')
  }
}

function answer(c: Context, { status, code, message }: S3Error) {
  const id = requestId()
  const text = `<Code>${code}</Code><Message>${escapeXml(message)}</Message>`
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${text}<RequestId>${id['x-amz-request-id']}</RequestId></Error>`
  return c.body(xml, status, { ...id, 'content-type': 'application/xml' })
}
