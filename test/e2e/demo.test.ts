import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayfly, run } from '../fakes/run.ts'

test('`mayfly demo` plays the four stories, ends by itself and prints no secret', async () => {
  const ran = await run([mayfly, 'demo'], process.env, { timeoutMs: 120_000 })
  assert.equal(ran.code, 0, ran.out + ran.err)
  for (const number of [1, 2, 3, 4]) assert.match(ran.out, new RegExp(`✓ story ${number} holds`))
  assert.equal(ran.out.match(/ holds$/gm)?.length, 4)
  // Session keys, access tokens and JWTs, by what they begin with.
  assert.doesNotMatch(ran.out + ran.err, /\bASIA[A-Z2-7]{16}|ya29\.|eyJ[\w-]{20}/)
})
