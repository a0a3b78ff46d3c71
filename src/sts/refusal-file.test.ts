import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { AuditRecord } from './audit.ts'
import { findRecord } from './find-record.ts'
import { refusalFile, refusalFiles } from './refusal-file.ts'

const record = (requestId: string, more: Partial<AuditRecord> = {}): AuditRecord => ({
  time: '2026-11-22T00:00:00.000Z',
  requestId,
  from: '',
  frontEnd: 'aws-sts',
  decision: 'deny',
  durationMs: 1,
  ...more,
})

function place(t: TestContext, mostBytes?: number) {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-refusals-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const keyFile = join(folder, '.mayfly', 'keys.json')
  const complaints: string[] = []
  const complain = (line: string) => complaints.push(line)
  const [newest, older] = refusalFiles(keyFile)
  const sink = refusalFile({ keyFile, complain, ...(mostBytes !== undefined && { mostBytes }) })
  const find = (id: string) =>
    [newest, older]
      .map((each) => existsSync(each) && findRecord(each, ({ requestId }) => requestId === id))
      .find(Boolean)
  return { folder, newest, older, sink, complaints, find }
}

test('refusals alone are kept, in a file that nobody else reads', (t) => {
  const { newest, sink, find, complaints } = place(t)
  sink(record('a'))
  sink(record('b', { decision: 'allow' }))
  assert.equal(statSync(newest).mode & 0o777, 0o600)
  assert.deepEqual(find('a'), record('a'))
  assert.ok(!find('b'))
  assert.deepEqual(complaints, [])
})

test('the files are bounded, and the last refusals are in one of the two', (t) => {
  const { newest, older, sink, find } = place(t, 2000)
  for (let i = 0; i < 100; i++) sink(record(`r${i}`))
  const sizes = [newest, older].map((each) => (existsSync(each) ? statSync(each).size : 0))
  assert.ok(
    sizes.every((each) => each < 2200),
    sizes.join(),
  )
  for (let i = 85; i < 100; i++) assert.ok(find(`r${i}`), `r${i}`)
  assert.ok(!find('r0'))
})

test('what cannot be kept is told, and no answer fails for it', (t) => {
  const open = place(t)
  open.sink(record('a'))
  chmodSync(open.newest, 0o644)
  open.sink(record('b'))
  assert.match(open.complaints.join(), /refusal of b .*chmod 0600/)
  const linked = place(t)
  linked.sink(record('a'))
  rmSync(linked.newest)
  writeFileSync(join(linked.folder, 'other'), '')
  symlinkSync(join(linked.folder, 'other'), linked.newest)
  linked.sink(record('b'))
  assert.equal(readFileSync(join(linked.folder, 'other'), 'utf8'), '')
  assert.equal(linked.complaints.length, 1)
})

test('records are found from the end, over the borders of chunks and past a line that is cut off', (t) => {
  const { newest, sink, find } = place(t)
  const reason = 'ä'.repeat(150_000)
  sink(record('a', { reason: 'first' }))
  sink(record('long', { reason }))
  sink(record('a', { reason: 'second' }))
  appendFileSync(newest, '{"requestId":"a","rea')
  assert.equal((find('a') as AuditRecord).reason, 'second')
  assert.equal((find('long') as AuditRecord).reason, reason)
  writeFileSync(newest, JSON.stringify(record('first')))
  assert.ok(find('first'))
})
