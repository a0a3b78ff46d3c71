import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../test/clock.ts'
import { failure, unsignedJwt } from '../../test/workload.ts'
import { audiencesOf, isFor, jwtProof, peekClaims } from './jwt.ts'

test('a token that lives is a proof, and its text stays secret', () => {
  const token = unsignedJwt({ sub: 'me' })
  const proof = jwtProof({ what: 'the token', token, clock: testClock() })
  assert.equal(proof.token.reveal(), token)
  assert.ok(!JSON.stringify(proof).includes(token))
})

test('an expired token is refused here, saying by how much and by whose clock', () => {
  const clock = testClock()
  const token = unsignedJwt({ exp: clock.now() / 1000 - 720 })
  assert.throws(
    () => jwtProof({ what: 'the token in /t', token, clock }),
    failure(
      'PROOF_EXPIRED',
      'the token in /t',
      'expired 12 min ago',
      "this machine's clock",
      '2026-11-22T00:00:00Z',
    ),
  )
})

test('a token is expired from the very second of its exp, and not before', () => {
  const clock = testClock()
  const token = unsignedJwt({ exp: clock.now() / 1000 + 1 })
  jwtProof({ what: 'the token', token, clock })
  clock.jump(1000)
  assert.throws(() => jwtProof({ what: 'the token', token, clock }), failure('PROOF_EXPIRED', '0 s ago'))
})

test('an absurd exp neither crashes nor passes', () => {
  const clock = testClock()
  const prove = (exp: number) => jwtProof({ what: 'it', token: unsignedJwt({ exp }), clock })
  assert.throws(() => prove(-8.64e15), failure('PROOF_EXPIRED'))
  assert.throws(() => prove(-1e300), failure('PROOF_MALFORMED'))
})

test('a text that is no JWT is PROOF_MALFORMED, and the message does not repeat it', () => {
  const text = 'hunter2-hunter2'
  assert.throws(
    () => jwtProof({ what: 'the token', token: text, clock: testClock() }),
    (error: { code: string; message: string }) =>
      error.code === 'PROOF_MALFORMED' && !error.message.includes('hunter2'),
  )
  assert.equal(peekClaims(text), undefined)
})

test('aud may be a text or a list, and anything else in it does not count', () => {
  assert.deepEqual(audiencesOf({ aud: 'a' }), ['a'])
  assert.deepEqual(audiencesOf({ aud: ['a', 7, 'b'] }), ['a', 'b'])
  assert.deepEqual(audiencesOf({}), [])
})

test('an audience is compared exactly, save that a provider may be written with https:', () => {
  const provider = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q'
  assert.ok(isFor({ aud: `https:${provider}` }, provider))
  assert.ok(isFor({ aud: [provider] }, `https:${provider}`))
  assert.ok(!isFor({ aud: 'sts.amazonaws.com' }, 'STS.amazonaws.com'))
  assert.ok(!isFor({ aud: 'https://a.example' }, '//a.example'))
})
