import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { crc32c } from './crc32c.ts'
import { serveStorage } from './storage.ts'
import { bearer, scope } from './verdicts.ts'

describe('the Cloud Storage fake', () => {
  const authorization = { authorization: 'Bearer example' }
  const objects = (url: string) => `${url}/storage/v1/b/pictures/o`
  const upload = (url: string, type: string) => `${url}/upload/storage/v1/b/pictures/o?uploadType=${type}`

  it('gives back what was uploaded with its metadata, with the hashes that clients check', async () => {
    const storage = await serveStorage({ verify: bearer([scope('devstorage.read_write')]) })
    after(storage.close)
    const media = Buffer.from([0, 13, 10, 45, 45, 255])
    const parts = [
      '--b\r\ncontent-type: application/json\r\n\r\n{"name":"pets/cat"}\r\n',
      '--b\r\ncontent-type: image/png\r\n\r\n',
    ]
    const body = Buffer.concat([Buffer.from(parts.join('')), media, Buffer.from('\r\n--b--')])
    const headers = { ...authorization, 'content-type': 'multipart/related; boundary=b' }
    const stored = await fetch(upload(storage.url, 'multipart'), { method: 'POST', body, headers })
    assert.partialDeepStrictEqual(await stored.json(), { name: 'pets/cat', size: '6' })

    const answer = await fetch(`${objects(storage.url)}/pets%2Fcat?alt=media`, { headers: authorization })
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), media)
    assert.equal(answer.headers.get('content-type'), 'image/png')
    const md5 = createHash('md5').update(media).digest('base64')
    assert.equal(answer.headers.get('x-goog-hash'), `crc32c=${crc32c(media)},md5=${md5}`)
  })

  it('has the CRC that RFC 3720 means', () => {
    // The check value of CRC-32C, e3069283.
    assert.equal(crc32c(Buffer.from('123456789')), '4waSgw==')
  })

  it('takes the bytes at the address of a session, without a token', async () => {
    const storage = await serveStorage({ verify: bearer([scope('cloud-platform')]) })
    after(storage.close)
    const begin = { method: 'POST', body: '{"name":"cat"}', headers: authorization }
    const begun = await fetch(upload(storage.url, 'resumable'), begin)
    const session = begun.headers.get('location')!.replace('https:', 'http:')
    const put = await fetch(session, { method: 'PUT', body: 'a cat' })
    assert.partialDeepStrictEqual(await put.json(), { name: 'cat', size: '5' })
    const listed = await fetch(objects(storage.url), { headers: authorization })
    assert.partialDeepStrictEqual(await listed.json(), { items: [{ name: 'cat' }] })
    assert.equal((await fetch(`${session}0`, { method: 'PUT', body: 'a dog' })).status, 404)
  })

  it('takes a session piece by piece, and says how far it is', async () => {
    const storage = await serveStorage({ verify: bearer([scope('cloud-platform')]) })
    after(storage.close)
    const begin = { method: 'POST', body: '{"name":"cat"}', headers: authorization }
    const session = (await fetch(upload(storage.url, 'resumable'), begin)).headers.get('location')!
    const put = (body: string, range: string) =>
      fetch(session, { method: 'PUT', body, headers: { 'content-range': `bytes ${range}` } })
    const first = await put('a c', '0-2/*')
    assert.deepEqual([first.status, first.headers.get('range')], [308, 'bytes=0-2'])
    assert.equal(storage.objects.size, 0)
    assert.partialDeepStrictEqual(await (await put('at', '3-4/5')).json(), { name: 'cat', size: '5' })
    assert.equal(Buffer.from(storage.objects.get('pictures/cat')!.body).toString(), 'a cat')
  })

  it('reads the parts as gcloud and gsutil write them: Python’s quotes, and line feeds alone', async () => {
    const storage = await serveStorage({ verify: bearer([scope('cloud-platform')]) })
    after(storage.close)
    const body = [
      '--==b==\nContent-Type: application/json\n\n{"name":"cat"}\n',
      '--==b==\nContent-Type: text/plain\n\na\ncat\n--==b==--',
    ].join('')
    const headers = { ...authorization, 'content-type': "multipart/related; boundary='==b=='" }
    const stored = await fetch(upload(storage.url, 'multipart'), { method: 'POST', body, headers })
    assert.partialDeepStrictEqual(await stored.json(), { contentType: 'text/plain', size: '5' })
  })

  it('lists the buckets, and objects by prefix, delimiter and page', async () => {
    const storage = await serveStorage({ verify: bearer([scope('devstorage.read_only')]) })
    after(storage.close)
    for (const name of ['b', 'pets/cat', 'a', 'pets/dog', 'c'])
      storage.objects.set(`pictures/${name}`, {
        bucket: 'pictures',
        name,
        contentType: '',
        body: Buffer.of(1),
      })
    const list = async (query: string) => {
      const answer = await fetch(`${objects(storage.url)}?${query}`, { headers: authorization })
      const { items = [], ...rest } = (await answer.json()) as { items?: { name: string }[] }
      return { ...rest, names: items.map((each) => each.name).join() }
    }
    const kind = 'storage#objects'
    assert.deepEqual(await list('delimiter=/'), { kind, names: 'a,b,c', prefixes: ['pets/'] })
    assert.deepEqual(await list('prefix=pets/&delimiter=/'), { kind, names: 'pets/cat,pets/dog' })
    assert.deepEqual(await list('maxResults=2'), { kind, names: 'a,b', nextPageToken: '2' })
    assert.deepEqual(await list('maxResults=4&pageToken=2'), { kind, names: 'c,pets/cat,pets/dog' })
    const buckets = await fetch(`${storage.url}/storage/v1/b?project=acme`, { headers: authorization })
    assert.partialDeepStrictEqual(await buckets.json(), { items: [{ name: 'pictures' }] })
  })

  it('has no bucket that it was not given, and lets nobody write who may only read', async () => {
    const storage = await serveStorage({ verify: bearer([scope('devstorage.read_only')]) })
    after(storage.close)
    const missing = await fetch(`${storage.url}/storage/v1/b/films/o`, { headers: authorization })
    assert.partialDeepStrictEqual(await missing.json(), {
      error: { code: 404, message: 'The specified bucket does not exist.' },
    })
    const post = { method: 'POST', body: 'a cat', headers: authorization }
    assert.equal((await fetch(`${upload(storage.url, 'media')}&name=cat`, post)).status, 403)
  })

  it('asks for a bearer with a scope that admits Cloud Storage', async () => {
    const storage = await serveStorage({ verify: bearer([scope('bigquery')]) })
    after(storage.close)
    assert.equal((await fetch(objects(storage.url))).status, 401)
    assert.equal((await fetch(objects(storage.url), { headers: authorization })).status, 403)
    assert.deepEqual(storage.seen, [])
  })
})
