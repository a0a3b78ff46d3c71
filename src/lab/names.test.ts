import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { test } from 'node:test'
import { decode, encode } from 'dns-packet'
import { answerTo, serveNames } from './names.ts'

const lookup = (name: string) => (name === 'sts.amazonaws.com' ? '127.0.0.1' : undefined)

test('a name that is played has its address, in any case and with the root’s dot', async (t) => {
  const server = await serveNames(lookup, 0)
  t.after(() => server.close())
  const resolver = new Resolver()
  resolver.setServers([`127.0.0.1:${server.port}`])
  for (const name of ['sts.amazonaws.com', 'STS.amazonaws.com', 'sts.amazonaws.com.'])
    assert.deepEqual(await resolver.resolve4(name), ['127.0.0.1'])
  await assert.rejects(resolver.resolve6('sts.amazonaws.com'), { code: 'ENODATA' })
  await assert.rejects(resolver.resolve4('example.com'), { code: 'ENOTFOUND' })
})

test('a question for a record of a kind that we do not know is answered too, so that nobody waits', () => {
  // Clients ask for HTTPS records, which are 65.
  const query = encode({
    id: 7,
    type: 'query',
    questions: [{ name: 'sts.amazonaws.com', type: 'UNKNOWN_65' as 'A' }],
  })
  const { id, type, answers } = decode(Buffer.from(answerTo(query, lookup)!))
  assert.deepEqual([id, type, answers], [7, 'response', []])
})

test('what is no query is not answered', () => {
  assert.equal(answerTo(Buffer.from('not DNS at all'), lookup), undefined)
  assert.equal(answerTo(Buffer.alloc(0), lookup), undefined)
})
