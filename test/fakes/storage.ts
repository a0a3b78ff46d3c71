import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import type { GoogleIdentity } from '../../src/sts/ask.ts'
import { admitter, answerRefusal, GoogleRefusal } from './google-service.ts'
import { readMultipart } from './multipart.ts'
import { type ServeOptions, serveApp } from './serve.ts'
import type { VerifyBearer, Visits } from './service.ts'
import { bucketResource, listing, media, objectResource, type StoredObject } from './storage-answers.ts'

export interface StorageOptions extends ServeOptions {
  readonly verify: VerifyBearer
  /** Those of the one project that there is; an upload makes none. */
  readonly buckets?: readonly string[]
}

const writers = ['devstorage.full_control', 'devstorage.read_write', 'cloud-platform']
const readers = [...writers, 'devstorage.read_only', 'cloud-platform.read-only']

/**
 * A small Cloud Storage (JSON API), for whoever `verify` lets in: buckets, objects with prefixes and pages, download,
 * and upload in each of its three ways.
 * @see https://cloud.google.com/storage/docs/json_api/v1
 */
export async function serveStorage({ verify, buckets = ['pictures'], ...place }: StorageOptions) {
  const visits: Visits<GoogleIdentity> = { seen: [], turnedAway: [] }
  const objects = new Map<string, StoredObject>()
  const sessions = new Map<string, StoredObject>()
  const mayRead = admitter({ verify, visits, scopes: readers })
  const mayWrite = admitter({ verify, visits, scopes: writers })
  const app = new Hono()

  const bucketOf = (c: Context) => {
    const bucket = c.req.param('bucket')!
    if (!buckets.includes(bucket))
      throw new GoogleRefusal(404, 'NOT_FOUND', 'The specified bucket does not exist.')
    return bucket
  }
  const store = (c: Context, object: StoredObject) => {
    objects.set(`${object.bucket}/${object.name}`, object)
    return c.json(objectResource(object))
  }

  /** Who replaces an object has to be able to delete it. */
  const questionsOf = ({ bucket, name }: StoredObject) => {
    const needed = objects.has(`${bucket}/${name}`) ? ['create', 'delete'] : ['create']
    const resource = objectName(bucket, name)
    return needed.map((each) => ({ permission: `storage.objects.${each}`, resource }))
  }

  app.get('/storage/v1/b', async (c) => {
    await mayRead(c, `buckets.list ${c.req.query('project')}`, {
      permission: 'storage.buckets.list',
      resource: 'projects/_',
    })
    return c.json({ kind: 'storage#buckets', items: buckets.map(bucketResource) })
  })

  app.get('/storage/v1/b/:bucket', async (c) => {
    const bucket = c.req.param('bucket')
    await mayRead(c, `buckets.get ${bucket}`, {
      permission: 'storage.buckets.get',
      resource: bucketName(bucket),
    })
    return c.json(bucketResource(bucketOf(c)))
  })

  app.get('/storage/v1/b/:bucket/o', async (c) => {
    const named = c.req.param('bucket')
    await mayRead(c, `objects.list ${named}`, {
      permission: 'storage.objects.list',
      resource: bucketName(named),
      objectListPrefix: c.req.query('prefix') ?? '',
    })
    const bucket = bucketOf(c)
    return c.json(
      listing(
        [...objects.values()].filter((each) => each.bucket === bucket),
        c.req.query(),
      ),
    )
  })

  const get = async (c: Context) => {
    const { bucket, name } = c.req.param() as { bucket: string; name: string }
    await mayRead(c, `objects.get ${bucket}/${name}`, {
      permission: 'storage.objects.get',
      resource: objectName(bucket, name),
    })
    const found = objects.get(`${bucketOf(c)}/${name}`)
    if (!found) throw new GoogleRefusal(404, 'NOT_FOUND', `No such object: ${bucket}/${name}`)
    return c.req.query('alt') === 'media' ? media(c, found) : c.json(objectResource(found))
  }
  app.get('/storage/v1/b/:bucket/o/:name', get)
  app.get('/download/storage/v1/b/:bucket/o/:name', get)

  app.post('/upload/storage/v1/b/:bucket/o', async (c) => {
    const object = await readUpload(c, c.req.param('bucket'))
    await mayWrite(c, `objects.insert ${object.bucket}`, ...questionsOf(object))
    bucketOf(c)
    if (c.req.query('uploadType') !== 'resumable') return store(c, object)
    const id = randomUUID()
    sessions.set(id, object)
    return c.body(null, 200, { location: `${origin(c)}${c.req.path}?uploadType=resumable&upload_id=${id}` })
  })

  // The address of the session is the permission: Cloud Storage asks for no other here.
  app.put('/upload/storage/v1/b/:bucket/o', async (c) => {
    const id = c.req.query('upload_id') ?? ''
    const begun = sessions.get(id)
    if (!begun) throw new GoogleRefusal(404, 'NOT_FOUND', 'There is no such upload session')
    const object = { ...begun, body: Buffer.concat([begun.body, await bytesOf(c)]) }
    sessions.set(id, object)
    const [, last, total] = /(\d+|\*)\/(\d+|\*)$/.exec(c.req.header('content-range') ?? '') ?? []
    // `bytes 0-*/*` is all of it, from a client that does not know beforehand how much that is.
    const isWhole = total === undefined || last === '*' || Number(total) === object.body.length
    if (isWhole) return store(c, object)
    const range = object.body.length > 0 ? { range: `bytes=0-${object.body.length - 1}` } : {}
    return c.body(null, 308 as 200, range)
  })

  app.notFound((c) => answerRefusal(notPlayed(c), c))
  app.onError(answerRefusal)
  return { ...(await serveApp(app, place)), ...visits, objects }
}

const binary = 'application/octet-stream'

const bucketName = (bucket: string) => `projects/_/buckets/${bucket}`
const objectName = (bucket: string, name: string) => `${bucketName(bucket)}/objects/${name}`

/** The object that an upload is for; of a resumable one the bytes are still to come. */
async function readUpload(c: Context, bucket: string): Promise<StoredObject> {
  const { uploadType, name: named } = c.req.query()
  const type = c.req.header('content-type')
  if (uploadType === 'media')
    return { bucket, name: nameOf(named), contentType: type ?? binary, body: await bytesOf(c) }
  if (uploadType === 'multipart') {
    const parts = readMultipart(type, await bytesOf(c))
    if (!parts) throw new GoogleRefusal(400, 'INVALID_ARGUMENT', `There are no two parts in ${type}`)
    const { metadata, media: body, contentType } = parts
    return { bucket, name: nameOf(named ?? metadata.name), contentType, body }
  }
  if (uploadType !== 'resumable')
    throw new GoogleRefusal(400, 'INVALID_ARGUMENT', `There is no uploadType ${uploadType}`)
  const metadata = JSON.parse((await c.req.text()) || '{}')
  const contentType = c.req.header('x-upload-content-type') ?? metadata.contentType ?? binary
  return { bucket, name: nameOf(named ?? metadata.name), contentType, body: new Uint8Array() }
}

const bytesOf = async ({ req }: Context) => new Uint8Array(await req.arrayBuffer())
const notPlayed = ({ req }: Context) =>
  new GoogleRefusal(400, 'UNIMPLEMENTED', `This Cloud Storage does not play ${req.method} ${req.path}`)

function nameOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new GoogleRefusal(400, 'INVALID_ARGUMENT', 'Required')
}

/** Where this is to whoever asked: TLS ends before the clouds' own names reach it. */
function origin({ req }: Context): string {
  const host = req.header('host') ?? ''
  return `${host.endsWith('.googleapis.com') ? 'https' : 'http'}://${host}`
}
