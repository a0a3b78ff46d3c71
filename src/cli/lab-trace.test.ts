import assert from 'node:assert/strict'
import { chmodSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failure, folderOf } from '../../test/workload.ts'
import { openTrace, traceTo } from './lab-trace.ts'

const traced = {
  atMs: Date.parse('2026-11-22T00:00:00Z'),
  at: '127.0.0.1:443',
  host: 'sts.amazonaws.com',
  method: 'GET',
  target: '/?Action=x&X-Amz-Security-Token=secret1&X-Amz-Signature=secret2',
  headers: [
    ['X-Amz-Date', '20261122T000000Z'],
    ['Authorization', 'AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host, Signature=5ec7e7'],
    ['authorization', 'Bearer secret3'],
    ['X-Amz-Security-Token', 'secret4'],
  ],
  status: 200,
} as const

test('a request is a line of JSON, its headers in order and without what it proves itself by', (t) => {
  const path = join(folderOf(t), 'trace')
  const trace = traceTo(openTrace(path), { err: () => {} })
  trace(traced)
  trace(traced)
  const text = readFileSync(path, 'utf8')
  assert.doesNotMatch(text, /secret|5ec7e7/)
  const [first, second] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(first, second)
  assert.deepEqual(first.headers[0], ['X-Amz-Date', '20261122T000000Z'])
  assert.match(first.headers[1][1], /Credential=AKIA\/x, SignedHeaders=host/)
  assert.equal(first.time, '2026-11-22T00:00:00.000Z')
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a file that cannot be written is named, and so is a symbolic link, which somebody else may have laid', (t) => {
  const folder = folderOf(t, { victim: 'kept' })
  const link = join(folder, 'link')
  symlinkSync(join(folder, 'victim'), link)
  for (const path of [link, join(folder, 'no', 'trace')])
    assert.throws(() => openTrace(path), failure('CONFIG_FILE', path))
  assert.equal(readFileSync(link, 'utf8'), 'kept')
})

test('a file that is there is emptied, and nobody else can read it from then on', (t) => {
  const path = join(folderOf(t, { trace: 'of the last time' }), 'trace')
  chmodSync(path, 0o644)
  openTrace(path)
  assert.deepEqual([readFileSync(path, 'utf8'), statSync(path).mode & 0o777], ['', 0o600])
})

test('a stream is written to as well', () => {
  const lines: string[] = []
  traceTo((line) => lines.push(line), { err: () => {} })(traced)
  assert.equal(lines.length, 1)
})

test('a full disk is told of once', () => {
  const said: string[] = []
  const trace = traceTo(openTrace('/dev/full'), { err: (text) => said.push(text) })
  trace(traced)
  trace(traced)
  assert.deepEqual(said, ['warning: the trace has gaps (ENOSPC)\n'])
})
