import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { crc32c } from './crc32c.ts'

// What Cloud Storage's JSON API answers, as far as the fake plays it.

export interface StoredObject {
  readonly bucket: string
  readonly name: string
  readonly contentType: string
  readonly body: Uint8Array
}

const largestPage = 1000

/** Objects in the order of their names; those with the delimiter after the prefix as one prefix. */
export function listing(found: readonly StoredObject[], query: Readonly<Record<string, string>>) {
  const { prefix = '', delimiter, pageToken = '0', maxResults = largestPage } = query
  const cut = ({ name }: StoredObject) => (delimiter ? name.indexOf(delimiter, prefix.length) : -1)
  const inside = found
    .filter((each) => each.name.startsWith(prefix))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const plain = inside.filter((each) => cut(each) < 0)
  const from = Number(pageToken)
  const end = from + Math.min(Number(maxResults), largestPage)
  const items = plain.slice(from, end).map(objectResource)
  const prefixes = inside
    .filter((each) => cut(each) >= 0)
    .map((each) => each.name.slice(0, cut(each) + delimiter!.length))
  return {
    kind: 'storage#objects',
    ...(items.length > 0 && { items }),
    ...(prefixes.length > 0 && { prefixes: [...new Set(prefixes)] }),
    ...(end < plain.length && { nextPageToken: String(end) }),
  }
}

/** The bytes, with the sums by which every client checks them. */
export function media(c: Context, object: StoredObject) {
  const { md5Hash, crc32c, size, generation } = objectResource(object)
  return c.body(new Uint8Array(object.body), 200, {
    'content-type': object.contentType,
    'x-goog-generation': generation,
    'x-goog-hash': `crc32c=${crc32c},md5=${md5Hash}`,
    'x-goog-stored-content-length': size,
  })
}

export function bucketResource(name: string) {
  return {
    kind: 'storage#bucket',
    id: name,
    name,
    location: 'US',
    storageClass: 'STANDARD',
    metageneration: '1',
  }
}

export function objectResource({ bucket, name, body, contentType }: StoredObject) {
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
