import { createHash, randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import type { GoogleIdentity } from '../../src/sts/ask.ts'
import { crc32c } from './crc32c.ts'
import { admitter, answerRefusal, GoogleRefusal } from './google-service.ts'
import { readMultipart } from './multipart.ts'
import { type ServeOptions, serveApp } from './serve.ts'
import type { VerifyBearer, Visits } from './service.ts'

interface StoredObject {
  readonly bucket: string
  readonly name: string
  readonly contentType: string
  readonly body: Uint8Array
}

const scopes = ['devstorage.full_control', 'devstorage.read_write', 'cloud-platform']

/**
 * A small Cloud Storage (JSON API), for whoever `verify` lets in: upload with the metadata in one request (multipart) or
 * by a session in one piece (resumable), download, list.
 * @see https://cloud.google.com/storage/docs/uploads-downloads
 */
export async function serveStorage({ verify, ...place }: ServeOptions & { readonly verify: VerifyBearer }) {
  const visits: Visits<GoogleIdentity> = { seen: [], turnedAway: [] }
  const objects = new Map<string, StoredObject>()
  const sessions = new Map<string, Omit<StoredObject, 'body'>>()
  const admit = admitter({ verify, visits, scopes })
  const app = new Hono()
  const store = (c: Context, object: StoredObject) => {
    objects.set(`${object.bucket}/${object.name}`, object)
    return c.json(resource(object))
  }

  app.post('/upload/storage/v1/b/:bucket/o', async (c) => {
    const bucket = c.req.param('bucket')
    const { uploadType, name: inQuery } = c.req.query()
    await admit(c, `objects.insert ${bucket}`)
    if (uploadType === 'multipart') {
      const { metadata, media, contentType } = readMultipart(c.req.header('content-type'), await bytesOf(c))
      return store(c, { bucket, name: inQuery ?? String(metadata.name), contentType, body: media })
    }
    if (uploadType !== 'resumable')
      throw new GoogleRefusal(400, 'INVALID_ARGUMENT', `This Cloud Storage has no uploadType ${uploadType}.`)
    const metadata = JSON.parse((await c.req.text()) || '{}')
    const contentType = c.req.header('x-upload-content-type') ?? binary
    const id = randomUUID()
    sessions.set(id, { bucket, name: inQuery ?? String(metadata.name), contentType })
    const location = `https://${c.req.header('host')}${c.req.path}?uploadType=resumable&upload_id=${id}`
    return c.body(null, 200, { location })
  })

  // The address of the session is the permission: Cloud Storage asks for no other here.
  app.put('/upload/storage/v1/b/:bucket/o', async (c) => {
    const begun = sessions.get(c.req.query('upload_id') ?? '')
    if (!begun) throw new GoogleRefusal(404, 'NOT_FOUND', 'No such upload session')
    return store(c, { ...begun, body: await bytesOf(c) })
  })

  app.get('/storage/v1/b/:bucket/o', async (c) => {
    const bucket = c.req.param('bucket')
    await admit(c, `objects.list ${bucket}`)
    const items = [...objects.values()].filter((each) => each.bucket === bucket).map(resource)
    return c.json({ kind: 'storage#objects', ...(items.length > 0 && { items }) })
  })

  const download = async (c: Context) => {
    const { bucket, name } = c.req.param() as { bucket: string; name: string }
    await admit(c, `objects.get ${bucket}/${name}`)
    const found = objects.get(`${bucket}/${name}`)
    if (!found) throw new GoogleRefusal(404, 'NOT_FOUND', `No such object: ${bucket}/${name}`)
    if (c.req.query('alt') !== 'media') return c.json(resource(found))
    const { md5Hash, crc32c, size } = resource(found)
    const hashes = { 'x-goog-hash': `crc32c=${crc32c},md5=${md5Hash}`, 'x-goog-stored-content-length': size }
    return c.body(new Uint8Array(found.body), 200, { 'content-type': found.contentType, ...hashes })
  }
  app.get('/storage/v1/b/:bucket/o/:name', download)
  app.get('/download/storage/v1/b/:bucket/o/:name', download)
  app.onError(answerRefusal)
  return { ...(await serveApp(app, place)), ...visits, objects }
}

const binary = 'application/octet-stream'

async function bytesOf(c: Context): Promise<Uint8Array> {
  return new Uint8Array(await c.req.arrayBuffer())
}

function resource({ bucket, name, body, contentType }: StoredObject) {
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/1`,
    bucket,
    name,
    contentType,
    generation: '1',
    metageneration: '1',
    storageClass: 'STANDARD',
    size: String(body.length),
    md5Hash: createHash('md5').update(body).digest('base64'),
    crc32c: crc32c(body),
  }
}
