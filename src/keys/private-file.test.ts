import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createPrivate, readPrivate, replacePrivate } from './private-file.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'mayfly-keys-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function privateFile(t: TestContext): string {
  const path = join(folder(t), 'keys.json')
  createPrivate(path, 'private')
  return path
}

test('a file that is not there reads as undefined, in a folder that is not there too', (t) => {
  assert.equal(readPrivate(join(folder(t), 'absent')), undefined)
  assert.equal(readPrivate(join(folder(t), 'absent', 'absent')), undefined)
})

test('a private file is made 0600 in a folder made 0700, and leaves no draft', (t) => {
  const path = join(folder(t), 'new', 'keys.json')
  createPrivate(path, 'private')
  assert.equal(readPrivate(path), 'private')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(join(path, '..')), ['keys.json'])
})

test('the first to make a file wins', (t) => {
  const path = privateFile(t)
  createPrivate(path, 'second')
  assert.equal(readPrivate(path), 'private')
  assert.deepEqual(readdirSync(join(path, '..')), ['keys.json'])
})

test('a file that others may read is KEY_FILE, with the command that mends it', (t) => {
  const path = privateFile(t)
  chmodSync(path, 0o640)
  assert.throws(() => readPrivate(path), { code: 'KEY_FILE', hint: `chmod 0600 ${path}` })
})

test('a folder that others may write in is KEY_FILE, for reading and for making', (t) => {
  const path = privateFile(t)
  chmodSync(join(path, '..'), 0o770)
  assert.throws(() => readPrivate(path), { code: 'KEY_FILE' })
  assert.throws(() => createPrivate(join(path, '..', 'other'), ''), { code: 'KEY_FILE' })
})

test('a symbolic link is KEY_FILE, as the file and as its folder', (t) => {
  const path = privateFile(t)
  const at = folder(t)
  symlinkSync(path, join(at, 'link.json'))
  symlinkSync(join(path, '..'), join(at, 'linked'))
  assert.throws(() => readPrivate(join(at, 'link.json')), { code: 'KEY_FILE' })
  assert.throws(() => readPrivate(join(at, 'linked', 'keys.json')), { code: 'KEY_FILE' })
  assert.throws(() => createPrivate(join(at, 'linked', 'other.json'), ''), { code: 'KEY_FILE' })
})

test('a link to nowhere is not written through', (t) => {
  const at = folder(t)
  symlinkSync(join(at, 'target'), join(at, 'keys.json'))
  createPrivate(join(at, 'keys.json'), 'private')
  assert.deepEqual(readdirSync(at), ['keys.json'])
  assert.throws(() => readPrivate(join(at, 'keys.json')), { code: 'KEY_FILE' })
})

test('a folder, a FIFO and a file too large are KEY_FILE, at once', (t) => {
  const at = folder(t)
  mkdirSync(join(at, 'folder'), { mode: 0o700 })
  execFileSync('mkfifo', ['-m', '600', join(at, 'fifo')])
  writeFileSync(join(at, 'large'), Buffer.alloc(1024 * 1024 + 1), { mode: 0o600 })
  for (const each of ['folder', 'fifo', 'large'])
    assert.throws(() => readPrivate(join(at, each)), { code: 'KEY_FILE' }, each)
})

test('a text is replaced whole, and not where somebody else was first', (t) => {
  const path = privateFile(t)
  replacePrivate(path, 'private', 'second')
  assert.equal(readPrivate(path), 'second')
  replacePrivate(path, 'private', 'third')
  assert.equal(readPrivate(path), 'second')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(join(path, '..')), ['keys.json'])
})
