import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { failure, folderOf, testWorld, unsignedJwt } from '../../test/workload.ts'
import type { SourceChoice } from '../plan.ts'
import { tokenFile } from './token-file.ts'

const usual = { value: 'sts.amazonaws.com', usual: true }
const signal = new AbortController().signal

async function proveFrom(choice: SourceChoice, audience = usual) {
  const proof = await tokenFile(testWorld(), choice).prove(audience, signal)
  return proof.kind === 'jwt' ? proof.token.reveal() : proof.kind
}

const fileOf = (context: TestContext, text: string) => join(folderOf(context, { token: text }), 'token')

test('a token is read from its file without the newline at the end', async (t) => {
  const token = unsignedJwt({ sub: 'me' })
  assert.equal(await proveFrom({ file: fileOf(t, `${token}\n`) }), token)
})

test('the file is read anew at every call', async (t) => {
  const file = fileOf(t, unsignedJwt({ sub: 'old' }))
  const source = tokenFile(testWorld({ AWS_WEB_IDENTITY_TOKEN_FILE: file }))
  await source.prove(usual, signal)
  const fresh = unsignedJwt({ sub: 'new' })
  writeFileSync(file, fresh)
  const proof = await source.prove(usual, signal)
  assert.equal(proof.kind === 'jwt' && proof.token.reveal(), fresh)
})

test('the configured file beats AWS_WEB_IDENTITY_TOKEN_FILE', async (t) => {
  const token = unsignedJwt({ sub: 'configured' })
  const world = testWorld({ AWS_WEB_IDENTITY_TOKEN_FILE: '/absent' })
  const proof = await tokenFile(world, { file: fileOf(t, token) }).prove(usual, signal)
  assert.equal(proof.kind === 'jwt' && proof.token.reveal(), token)
})

test('the token may be a member of a JSON file, and only an own one', async (t) => {
  const token = unsignedJwt({})
  const file = fileOf(t, JSON.stringify({ access_token: token, other: 7 }))
  assert.equal(await proveFrom({ file, field: 'access_token' }), token)
  for (const field of ['id_token', 'other', 'toString', '__proto__'])
    await assert.rejects(proveFrom({ file, field }), failure('SOURCE_FAILED', file, field))
  await assert.rejects(proveFrom({ file: fileOf(t, token), field: 'x' }), failure('SOURCE_FAILED', 'JSON'))
})

test('a file that is absent, empty, a folder or a FIFO is SOURCE_FAILED with its path', {
  timeout: 5000,
}, async (t) => {
  const folder = folderOf(t, { empty: ' \n' })
  execFileSync('mkfifo', [join(folder, 'fifo')])
  for (const [name, word] of [
    ['absent', 'does not exist'],
    ['empty', 'is empty'],
    ['.', 'is not a regular file'],
    ['fifo', 'is not a regular file'],
  ] as const)
    await assert.rejects(
      proveFrom({ file: join(folder, name) }),
      failure('SOURCE_FAILED', join(folder, name), word),
    )
})

test('a file that this user may not read says so', async (t) => {
  const file = fileOf(t, unsignedJwt({}))
  chmodSync(file, 0)
  // Root reads everything: be nobody meanwhile.
  const root = process.geteuid?.() === 0
  if (root) process.seteuid!(65_534)
  try {
    await assert.rejects(proveFrom({ file }), failure('SOURCE_FAILED', file, 'may not be read'))
  } finally {
    if (root) process.seteuid!(0)
  }
})

test('a file larger than any token is not read', async (t) => {
  await assert.rejects(proveFrom({ file: fileOf(t, 'x'.repeat(70_000)) }), failure('SOURCE_FAILED', 'larger'))
})

test('an expired file is PROOF_EXPIRED with its path', async (t) => {
  const file = fileOf(t, unsignedJwt({ exp: Date.parse('2026-11-21T19:00:00Z') / 1000 }))
  await assert.rejects(proveFrom({ file }), failure('PROOF_EXPIRED', file, 'expired 5 h ago'))
})

test('the usual audience is left to the token service, and a configured one is checked here with both values', async (t) => {
  const file = fileOf(t, unsignedJwt({ aud: 'https://theirs.example' }))
  await proveFrom({ file }, usual)
  await proveFrom({ file }, { value: 'https://theirs.example', usual: false })
  await assert.rejects(
    proveFrom({ file }, { value: 'https://ours.example', usual: false }),
    failure('SOURCE_AUDIENCE', 'https://theirs.example', 'https://ours.example'),
  )
})

test('without a file it is not here, and says what it looked for', async () => {
  assert.equal(tokenFile(testWorld()).detect().here, false)
  await assert.rejects(proveFrom({}), failure('SOURCE_ABSENT', 'AWS_WEB_IDENTITY_TOKEN_FILE'))
})
