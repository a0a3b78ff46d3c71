import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { sealingWith } from './sealing.ts'

const old = randomBytes(32)
const current = randomBytes(32)
const sealing = sealingWith([current, old])

test('what was sealed opens for the same purpose and no other', () => {
  const sealed = sealing.seal('aws session', '{"role":"deploy"}')
  assert.match(sealed, /^[\w-]+$/)
  assert.equal(sealing.unseal('aws session', sealed), '{"role":"deploy"}')
  assert.equal(sealing.unseal('google token', sealed), undefined)
})

test('any text survives sealing', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      (text) => sealing.unseal('p', sealing.seal('p', text)) === text,
    ),
    { numRuns: 50 },
  )
})

test('the same record sealed twice gives two texts', () => {
  assert.notEqual(sealing.seal('p', 'same'), sealing.seal('p', 'same'))
})

test('no nonce comes twice', () => {
  const nonces = Array.from({ length: 1000 }, () =>
    Buffer.from(sealing.seal('p', ''), 'base64url').toString('hex', 5, 17),
  )
  assert.equal(new Set(nonces).size, nonces.length)
})

test('a text that was altered anywhere does not open', () => {
  const sealed = sealing.seal('p', 'a record')
  for (let i = 0; i < sealed.length; i++) {
    const other = sealed[i] === 'A' ? 'B' : 'A'
    assert.equal(sealing.unseal('p', sealed.slice(0, i) + other + sealed.slice(i + 1)), undefined, `at ${i}`)
  }
})

test('another spelling of the same bytes does not open', () => {
  const sealed = sealing.seal('p', 'a record')
  for (const other of [`${sealed}=`, `${sealed}\n`, ` ${sealed}`, `${sealed.slice(0, 9)}!${sealed.slice(9)}`])
    assert.equal(sealing.unseal('p', other), undefined, JSON.stringify(other))
})

test('rubbish does not open and does not throw', () => {
  fc.assert(fc.property(fc.string(), (text) => sealing.unseal('p', text) === undefined))
  assert.equal(sealing.unseal('p', 'A'.repeat(10_000_000)), undefined)
})

test('what an old master sealed still opens, and the secrets that follow from it stay', () => {
  const before = sealingWith([old])
  const sealed = before.seal('p', 'from before')
  assert.equal(sealing.unseal('p', sealed), 'from before')
  assert.equal(sealing.deriveSecrets('p', 'AKIA')[1], before.deriveSecrets('p', 'AKIA')[0])
})

test('a master that is gone opens nothing', () => {
  assert.equal(sealingWith([current]).unseal('p', sealingWith([old]).seal('p', 'gone')), undefined)
})

test('a derived secret has 40 base64 characters and follows from text and purpose', () => {
  const secretOf = (purpose: string, text: string) => sealing.deriveSecrets(purpose, text)[0]!
  const secret = secretOf('p', 'AKIA1')
  assert.match(secret, /^[A-Za-z0-9+/]{40}$/)
  assert.equal(secretOf('p', 'AKIA1'), secret)
  assert.notEqual(secretOf('q', 'AKIA1'), secret)
  assert.notEqual(secretOf('p', 'AKIA2'), secret)
})

test('a master of another length is KEY_FILE', () => {
  assert.throws(() => sealingWith([randomBytes(16)]), { code: 'KEY_FILE' })
  assert.throws(() => sealingWith([]), { code: 'KEY_FILE' })
})
