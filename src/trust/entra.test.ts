import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Check } from './decision.ts'
import { compileCredential, evaluateCredentials } from './entra.ts'
import { decisionOf } from './explain.ts'

const issuer = 'https://token.actions.githubusercontent.com'
const base = { name: 'c', issuer, audiences: ['api://AzureADTokenExchange'] }
const flexible = (value: string, languageVersion = 1) =>
  compileCredential({ ...base, claimsMatchingExpression: { value, languageVersion } })

function verdict(value: string, claims: Record<string, unknown>) {
  const subject = String(claims.sub ?? '')
  const found = evaluateCredentials([flexible(value)], { issuer, subject, audiences: base.audiences, claims })
  return 'matched' in found ? 'matched' : found.mismatch
}

test('a flexible credential compares claims: * for any characters, ? for one, eq exactly', () => {
  const main = "claims['sub'] matches 'repo:acme/*:ref:refs/heads/main'"
  assert.equal(verdict(main, { sub: 'repo:acme/shop:ref:refs/heads/main' }), 'matched')
  assert.equal(verdict(main, { sub: 'repo:evil/shop:ref:refs/heads/main' }), 'subject')
  assert.equal(verdict("claims['sub'] matches 'v?'", { sub: 'v1' }), 'matched')
  assert.equal(verdict("claims['sub'] matches 'v?'", { sub: 'v10' }), 'subject')
  assert.equal(verdict("claims['sub'] eq 'repo:*'", { sub: 'repo:acme' }), 'subject')
})

test('all terms that `and` joins have to hold, and an absent claim holds none', () => {
  const both = "claims['sub'] matches 'a*' and claims['job_workflow_ref'] eq 'w'"
  assert.equal(verdict(both, { sub: 'ab', job_workflow_ref: 'w' }), 'matched')
  assert.equal(verdict(both, { sub: 'ab', job_workflow_ref: 'x' }), 'subject')
  assert.equal(verdict(both, { sub: 'ab' }), 'subject')
  assert.equal(verdict(both, { sub: 'ab', job_workflow_ref: 7 }), 'subject')
})

for (const [what, value] of Object.entries({
  'no expression': 'true',
  'another operator': "claims['sub'] contains 'a'",
  'something behind it': "claims['sub'] eq 'a' or claims['sub'] eq 'b'",
  'an open end': "claims['sub'] eq 'a' and",
}))
  test(`an expression with ${what} is TRUST_POLICY`, () => {
    assert.throws(() => flexible(value), { code: 'TRUST_POLICY' })
  })

test('a credential has one audience, a subject or an expression, and flexible ones are for a few issuers', () => {
  const refused = [
    { ...base, subject: 's', audiences: [] },
    { ...base, subject: 's', audiences: ['a', 'b'] },
    base,
    { ...base, subject: 's'.repeat(601) },
    {
      ...base,
      issuer: 'https://kubernetes.example',
      claimsMatchingExpression: { value: "claims['sub'] eq 'a'", languageVersion: 1 },
    },
  ]
  for (const rule of refused) assert.throws(() => compileCredential(rule), { code: 'TRUST_POLICY' })
  assert.throws(() => flexible("claims['sub'] eq 'a'", 2), { code: 'TRUST_POLICY' })
})

test('a wildcard in an exact subject is literal, and the trace says so', () => {
  const trace: Check[] = []
  const rule = compileCredential({ ...base, subject: 'repo:acme/*' })
  evaluateCredentials(
    [rule],
    { issuer, subject: 'repo:acme/x', audiences: base.audiences, claims: {} },
    trace,
  )
  assert.match(trace.find(({ operator }) => operator === 'subject')?.hint ?? '', /literally/)
})

test('of several credentials the one with the fewest misses was nearest', () => {
  const trace: Check[] = []
  const rules = ['environment:production', 'ref:refs/heads/main'].map((end, i) =>
    compileCredential({ ...base, name: `credential-${i}`, subject: `repo:acme/x:${end}` }),
  )
  const assertion = { issuer, subject: 'repo:acme/x:ref:refs/heads/main', audiences: ['other'], claims: {} }
  evaluateCredentials(rules, assertion, trace)
  assert.match(decisionOf(trace).nearMiss ?? '', /^credential-1: presented "other"/)
})
