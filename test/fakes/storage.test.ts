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

  it('asks for a bearer with a scope that admits Cloud Storage', async () => {
    const storage = await serveStorage({ verify: bearer([scope('bigquery')]) })
    after(storage.close)
    assert.equal((await fetch(objects(storage.url))).status, 401)
    assert.equal((await fetch(objects(storage.url), { headers: authorization })).status, 403)
    assert.deepEqual(storage.seen, [])
  })
})
