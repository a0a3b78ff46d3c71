import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenOf, trustSide, webIdentity } from '../../test/trust-side.ts'
import { decisionOf } from '../trust/explain.ts'
import { jsonLine, shortened } from '../wire/printable.ts'

const condition = 'Statement[0].Condition.StringEquals["gitlab.com:sub"]'
const long = `project_path:acme/${'a'.repeat(14_000)}:ref:main`

async function refused(claims: Readonly<Record<string, unknown>>) {
  const side = trustSide()
  await side.form('/', webIdentity(tokenOf(side, claims)))
  const record = side.records[0]!
  assert.equal(record.decision, 'deny')
  return { record, bytes: Buffer.byteLength(jsonLine(record)) }
}

test('the record of a refusal does not grow with the token, and still names condition and value', async () => {
  const { record, bytes } = await refused({ sub: long })
  assert.ok(bytes < 5000, `${bytes} bytes`)
  const check = record.checks!.find(({ source }) => source === condition)!
  const told = `…[${long.length} characters]…`
  const presented = String(check.presented)
  assert.ok(presented.startsWith('project_path:acme/aaa') && presented.endsWith('aaa:ref:main'), presented)
  assert.ok(presented.includes(told) && record.who?.subject?.includes(told))
  assert.match(record.nearMiss!, /StringEquals\["gitlab\.com:sub"\]: presented ".*", expected "project_path:/)
  assert.ok(record.reason!.length <= 1024 && record.reason!.endsWith(record.nearMiss!.slice(-200)))
  // What explains a kept record makes its sentence of the checks once more.
  assert.ok(decisionOf(record.checks!).nearMiss!.includes(told))
})

test('what was asked for, what a caller was told and lists are bounded too', async () => {
  const issuer = `https://${'a'.repeat(14_000)}.example`
  const strange = await refused({ iss: issuer })
  assert.ok(strange.bytes < 5000, `${strange.bytes} bytes`)
  assert.match(strange.record.wire!.message!, /^No OpenIDConnect provider found .*…\[14\d+ characters\]…/)
  const many = Array.from({ length: 500 }, (_, n) => `audience-${n}`)
  const { record, bytes } = await refused({ aud: many, azp: 'nobody' })
  assert.ok(bytes < 5000, `${bytes} bytes`)
  assert.deepEqual(record.who?.audience, [...many.slice(0, 20), '… and 480 more'])
})

test('what is short is recorded as it is, and what the trust says whatever its length', async () => {
  const { record } = await refused({ sub: 'a'.repeat(256) })
  assert.equal(record.who?.subject, 'a'.repeat(256))
  const check = record.checks!.find(({ source }) => source === condition)
  assert.equal(check?.presented, 'a'.repeat(256))
})

test('a text is shortened once: shortened again it is the same', () => {
  const once = shortened(long, 256)
  assert.ok(once.length <= 256)
  assert.equal(shortened(once, 256), once)
})
