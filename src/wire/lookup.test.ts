import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { test } from 'node:test'
import { lookupWithin, type Reach, type Resolve } from './lookup.ts'

const at =
  (...addresses: string[]): Resolve =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

function lookup(host: string, reach: Reach, resolve: Resolve): Promise<string[]> {
  return new Promise((done, failed) => {
    lookupWithin(reach, resolve)(host, { all: true }, (error, addresses) =>
      error ? failed(error) : done((addresses as LookupAddress[]).map((each) => each.address)),
    )
  })
}

test('where the reach is public, one private address among public ones refuses the name', async () => {
  const both = ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c']
  assert.deepEqual(await lookup('a.example', 'public', at(...both)), both)
  for (const hidden of ['10.0.0.1', '169.254.169.254', '::1', 'fd00::1', '::ffff:10.0.0.1'])
    await assert.rejects(lookup('a.example', 'public', at(...both, hidden)), /a\.example is at/)
})

test('the addresses that were checked are the ones that are handed on, from one resolution', async () => {
  let asked = 0
  const rebinding: Resolve = (host, options, callback) =>
    at(asked++ === 0 ? '93.184.215.14' : '127.0.0.1')(host, options, callback)
  assert.deepEqual(await lookup('a.example', 'public', rebinding), ['93.184.215.14'])
  assert.equal(asked, 1)
})

test('where any address will do, a private one is handed on', async () => {
  assert.deepEqual(await lookup('sts.internal', 'any', at('10.0.0.1')), ['10.0.0.1'])
})

test('localhost is never asked of DNS', async () => {
  const never: Resolve = () => assert.fail('DNS was asked')
  assert.deepEqual(await lookup('sts.localhost', 'any', never), ['127.0.0.1', '::1'])
  await assert.rejects(lookup('localhost', 'public', never))
})

test('a caller that wants one address gets the first', async () => {
  const one = await new Promise((done) => {
    lookupWithin('any', at('10.0.0.1', '10.0.0.2'))('a.example', {}, (_error, address, family) =>
      done([address, family]),
    )
  })
  assert.deepEqual(one, ['10.0.0.1', 4])
})

test("the resolver's failure is passed on", async () => {
  const failing: Resolve = (_host, _options, callback) =>
    callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), [])
  await assert.rejects(lookup('a.example', 'public', failing), { code: 'ENOTFOUND' })
})
