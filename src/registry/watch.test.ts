import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testClock } from '../../test/clock.ts'
import type { MayflyError } from '../errors.ts'
import type { TrustDocument } from './documents.ts'
import { watchTrustFile } from './watch.ts'

const trust = (account: string) => `aws: [{ account: "${account}" }]`
const [first, second] = ['111111111111', '222222222222']

/** A trust file in a folder of its own, watched by signs that the test gives. */
function watched(t: TestContext, text = trust(first)) {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-trust-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'trust.yaml')
  writeFileSync(path, text)
  writeFileSync(join(folder, 'role.json'), '{"Statement":[]}')
  const clock = testClock()
  const signs = new Map<string, () => void>()
  const documents: TrustDocument[] = []
  const errors: MayflyError[] = []
  const trusted = watchTrustFile({
    path,
    clock,
    onDocument: (document) => documents.push(document),
    onError: (error) => errors.push(error),
    watch(at, changed) {
      signs.set(at, changed)
      return () => signs.delete(at)
    },
  })
  const sign = () => signs.get(folder)!()
  return { folder, path, clock, documents, errors, trusted, signs, sign }
}

test('a change is read once the writing has ended', async (t) => {
  const { path, clock, documents, trusted, sign } = watched(t)
  assert.equal(trusted.document().aws[0]!.account, first)
  writeFileSync(path, 'aws: [')
  sign()
  await clock.advance(150)
  writeFileSync(path, trust(second))
  sign()
  await clock.advance(150)
  assert.equal(documents.length, 0)
  await clock.advance(50)
  assert.deepEqual([documents.length, trusted.document().aws[0]!.account], [1, second])
})

test('a sign without a change is nothing', async (t) => {
  const { path, clock, documents, errors, sign } = watched(t)
  writeFileSync(path, trust(first))
  sign()
  await clock.advance(1000)
  assert.deepEqual([documents.length, errors.length], [0, 0])
})

test('a wrong change is reported once, the last good document stays, and the next good one counts', async (t) => {
  const { path, clock, documents, errors, trusted, sign } = watched(t)
  for (const text of ['aws: [{ account: "1" }]', 'aws: [{ account: "1" }]']) {
    writeFileSync(path, text)
    sign()
    await clock.advance(1000)
  }
  assert.deepEqual(
    errors.map((each) => each.code),
    ['REGISTRY_DOCUMENT'],
  )
  assert.equal(trusted.error(), errors[0])
  assert.equal(trusted.document().aws[0]!.account, first)
  writeFileSync(path, trust(first))
  sign()
  await clock.advance(1000)
  assert.deepEqual([documents.length, trusted.error()], [1, undefined])
})

test('a file that goes away is an error and not the end of trust', async (t) => {
  const { path, clock, errors, trusted, sign } = watched(t)
  rmSync(path)
  sign()
  await clock.advance(1000)
  assert.equal(errors[0]!.code, 'REGISTRY_DOCUMENT')
  assert.equal(trusted.document().aws[0]!.account, first)
})

test('a change in a policy file that it names counts too', async (t) => {
  const role = '{ name: a, assumeRolePolicyDocument: { file: role.json } }'
  const { folder, clock, documents, sign } = watched(t, `aws: [{ account: "${first}", roles: [${role}] }]`)
  writeFileSync(join(folder, 'role.json'), '{"Statement":[{"Effect":"Deny"}]}')
  sign()
  await clock.advance(1000)
  assert.deepEqual(documents[0]!.aws[0]!.roles[0]!.assumeRolePolicyDocument, {
    Statement: [{ Effect: 'Deny' }],
  })
})

test('a file that is wrong to begin with is refused', (t) => {
  assert.throws(() => watched(t, 'aws: ['), { code: 'REGISTRY_DOCUMENT' })
})

test('after close there is no more watching and no more reading', async (t) => {
  const { path, clock, documents, trusted, signs, sign } = watched(t)
  writeFileSync(path, trust(second))
  sign()
  trusted.close()
  await clock.advance(1000)
  assert.deepEqual([documents.length, signs.size], [0, 0])
})

test('a file replaced by another, as editors do, is noticed on a real file system', {
  timeout: 10_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-trust-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'trust.yaml')
  writeFileSync(path, trust(first))
  const { promise, resolve, reject } = Promise.withResolvers<TrustDocument>()
  const trusted = watchTrustFile({ path, onDocument: resolve, onError: reject, debounceMs: 1 })
  t.after(() => trusted.close())
  writeFileSync(`${path}.new`, trust(second))
  renameSync(`${path}.new`, path)
  // The watcher does not keep the process alive; this does.
  const alive = setInterval(() => {}, 1000)
  t.after(() => clearInterval(alive))
  assert.equal((await promise).aws[0]!.account, second)
})
