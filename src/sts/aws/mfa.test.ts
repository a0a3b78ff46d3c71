import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ephemeralKeys } from '../../keys/key-ring.ts'
import { mfaCode, mfaCodes, mfaSeeds } from './mfa.ts'

test('codes are those of RFC 6238, appendix B', () => {
  const seed = Buffer.from('12345678901234567890')
  for (const [seconds, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [20_000_000_000, '353130'],
  ] as const)
    assert.equal(mfaCode(seed, seconds * 1000), code)
})

test('a code is taken a step early or late, never twice, and none that is older than one that was taken', () => {
  const { sealing } = ephemeralKeys([])
  let nowMs = 1_000_000_000_000
  const codes = mfaCodes(sealing, () => nowMs)
  const at = (steps: number) => mfaCode(mfaSeeds('device', sealing)[0]!, nowMs + steps * 30_000)
  assert.equal(codes.takes('device', at(2)), false)
  assert.equal(codes.takes('device', at(-2)), false)
  assert.equal(codes.takes('device', at(0)), true)
  assert.equal(codes.takes('device', at(0)), false)
  assert.equal(codes.takes('device', at(-1)), false)
  assert.equal(codes.takes('another', at(0)), false)
  nowMs += 30_000
  assert.equal(codes.takes('device', at(0)), true)
})

test('after five wrong codes a device waits, twice as long after each that follows, and a good one ends that', () => {
  const { sealing } = ephemeralKeys([])
  let nowMs = 1_000_000_000_000
  const codes = mfaCodes(sealing, () => nowMs)
  const good = () => mfaCode(mfaSeeds('device', sealing)[0]!, nowMs)
  const wrong = () => codes.takes('device', good() === '000000' ? '111111' : '000000')
  for (let i = 0; i < 6; i++) wrong()
  assert.equal(codes.takes('device', good()), false, 'waits 30 seconds')
  nowMs += 30_000
  wrong()
  nowMs += 59_999
  assert.equal(codes.takes('device', good()), false, 'waits a minute')
  nowMs += 1
  assert.equal(codes.takes('device', good()), true)
  nowMs += 30_000
  assert.equal(wrong(), false)
  assert.equal(codes.takes('device', good()), true, 'begins anew')
  for (let i = 0; i < 40; i++) {
    wrong()
    nowMs += 3_600_000
  }
  assert.equal(codes.takes('device', good()), true, 'waits no longer than an hour')
})
