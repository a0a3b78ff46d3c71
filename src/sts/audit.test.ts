import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deploySession, mainBranch, roleArn, tokenOf, trustSide, webIdentity } from '../../test/trust-side.ts'
import { MayflyError } from '../errors.ts'
import { auditFile } from './audit-file.ts'

function fails(): never {
  throw new Error('disk full')
}

function folder(t: { after(end: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'mayfly-audit-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

test('a decision is recorded with who, what, by which rule, and a hash of the proof in place of the proof', async () => {
  const side = trustSide()
  const token = tokenOf(side)
  const answer = await side.form('/', webIdentity(token))
  assert.deepEqual(side.records, [
    {
      time: '2026-11-22T00:00:00.000Z',
      requestId: answer.headers.get('x-amzn-requestid'),
      from: '',
      frontEnd: 'aws-sts',
      decision: 'allow',
      durationMs: 0,
      action: 'AssumeRoleWithWebIdentity',
      target: roleArn('deploy'),
      who: {
        verified: true,
        issuer: 'https://gitlab.com',
        subject: mainBranch,
        audience: 'https://user-audience.test',
      },
      proof: hash('sha256', token),
      rule: `the trust policy of ${roleArn('deploy')}, by principal`,
      accessKeyId: answer.xml('AccessKeyId'),
      expires: '2026-11-22T01:00:00.000Z',
    },
  ])
})

test('a refusal is recorded with its code, its checks and who the proof claims to be', async () => {
  const side = trustSide()
  const answer = await side.form('/', webIdentity(tokenOf(side, { aud: 'https://other.test' })))
  const record = side.records[0]!
  assert.equal(record.decision, 'deny')
  assert.equal(record.code, 'PROOF_AUDIENCE')
  assert.equal(record.who?.verified, false)
  assert.equal(record.who?.subject, mainBranch)
  assert.deepEqual(record.checks, [
    {
      check: 'audience',
      outcome: 'fail',
      presented: ['https://other.test'],
      expected: ['https://user-audience.test'],
    },
  ])
  assert.deepEqual(side.sts.audit.refusal(answer.headers.get('x-amzn-requestid')!), record)
})

test('a request that cannot be read is recorded all the same', async () => {
  const side = trustSide()
  await side.form('/', { Action: 'Nothing' })
  assert.deepEqual([side.records[0]?.code, side.records[0]?.action], ['REQUEST_ACTION', undefined])
})

test('only the last refusals are remembered', async () => {
  const side = trustSide({ audit: { remembered: 2 } })
  const ids: string[] = []
  for (let i = 0; i < 3; i += 1)
    ids.push((await side.form('/', { Action: 'Nothing' })).headers.get('x-amzn-requestid')!)
  assert.deepEqual(
    ids.map((id) => side.sts.audit.refusal(id) !== undefined),
    [false, true, true],
  )
})

test('without its record no credential leaves, where auditing is required', async () => {
  const complaints: string[] = []
  const complain = (line: string) => complaints.push(line)
  const side = trustSide({ audit: { sinks: [fails], required: true, complain } })
  const answer = await side.form('/', webIdentity(tokenOf(side)))
  assert.deepEqual([answer.status, answer.xml('Code')], [500, 'InternalFailure'])
  assert.equal(answer.xml('SessionToken'), undefined)
  const refused = await side.form('/', webIdentity('x.y.z'))
  assert.equal(refused.status, 500)
  assert.deepEqual(
    complaints.map((line) => line.replace(/record of \S+/, '')),
    Array(2).fill('the audit  could not be written: disk full'),
    'the operator is told',
  )
})

test('where it is not required, the operator is told and the answer goes out', async () => {
  const complaints: string[] = []
  const side = trustSide({ audit: { sinks: [fails], complain: (line) => complaints.push(line) } })
  assert.equal((await side.form('/', webIdentity(tokenOf(side)))).status, 200)
  assert.match(complaints[0] ?? '', /could not be written: disk full/)
})

test('GetCallerIdentity is recorded with the hash of its signature', async () => {
  const side = trustSide()
  const credentials = await deploySession(side)
  await side.signed({ Action: 'GetCallerIdentity' }, credentials)
  const { who, proof } = side.records.at(-1)!
  assert.equal(who?.arn, 'arn:aws:sts::123456789012:assumed-role/deploy/job-7')
  assert.match(proof ?? '', /^[0-9a-f]{64}$/)
  const all = JSON.stringify(side.records)
  assert.ok(
    !all.includes(credentials.sessionToken!.reveal()) && !all.includes(credentials.secretAccessKey.reveal()),
  )
})

test('a file gets one line of JSON per record, appended, readable by its owner alone', async (t) => {
  const path = join(folder(t), 'audit.jsonl')
  const record = {
    time: '',
    requestId: 'a\nb',
    from: '',
    frontEnd: 'x',
    decision: 'deny',
    durationMs: 0,
  } as const
  for (let i = 0; i < 2; i += 1) {
    const file = auditFile(path)
    await file.sink(record)
    await file.close()
  }
  assert.deepEqual(
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [record, record],
  )
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a line has no character that steers a terminal or turns a text around', async (t) => {
  const path = join(folder(t), 'audit.jsonl')
  const requestId = 'a\u009b31mb\u202ec\u001b'
  const file = auditFile(path)
  await file.sink({ time: '', requestId, from: '', frontEnd: 'x', decision: 'deny', durationMs: 0 })
  await file.close()
  const line = readFileSync(path, 'utf8').trim()
  assert.match(line, /^[ -~]+$/)
  assert.equal(JSON.parse(line).requestId, requestId)
})

test('what is decided in one turn is written before any of it is kept, and close leaves nothing behind', async (t) => {
  const path = join(folder(t), 'audit.jsonl')
  const file = auditFile(path)
  const record = (requestId: string) =>
    ({ time: '', requestId, from: '', frontEnd: 'x', decision: 'allow', durationMs: 0 }) as const
  const lines = () => readFileSync(path, 'utf8').split('\n').length - 1
  await Promise.all(
    ['1', '2'].map((id) => Promise.resolve(file.sink(record(id))).then(() => assert.equal(lines(), 2))),
  )
  file.sink(record('3'))
  await file.close()
  assert.equal(lines(), 3)
})

test('a record that the disk refuses is told to whoever waits for it', async (t) => {
  const file = auditFile('/dev/full')
  t.after(() => file.close())
  await assert.rejects(async () =>
    file.sink({ time: '', requestId: '', from: '', frontEnd: '', decision: 'deny', durationMs: 0 }),
  )
})

test('a symbolic link in place of the file is refused', (t) => {
  const place = folder(t)
  writeFileSync(join(place, 'elsewhere'), '')
  symlinkSync(join(place, 'elsewhere'), join(place, 'audit.jsonl'))
  assert.throws(
    () => auditFile(join(place, 'audit.jsonl')),
    (error) => error instanceof MayflyError && error.code === 'AUDIT_WRITE',
  )
})
