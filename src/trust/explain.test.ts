import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type AwsRequest, evaluate } from './aws-evaluate.ts'
import { compilePolicy } from './aws-policy.ts'
import type { Check } from './decision.ts'
import { asParts, decisionOf, explainText } from './explain.ts'
import { compileProvider } from './google-provider.ts'
import { nearMissOf } from './near-miss.ts'

const miss = (presented: string, expected: string | string[], operator = 'StringEquals') =>
  nearMissOf({ check: 'condition', outcome: 'fail', presented, expected, operator })

describe('the nearest miss', () => {
  const table: [presented: string, expected: string, operator: string, hint: RegExp][] = [
    ['repo:Acme/app:ref:x', 'repo:acme/app:ref:x', 'StringEquals', /case/],
    ['repo:Acme/app:ref:x', 'repo:acme/*', 'StringLike', /case/],
    ['https://aws.example/', 'https://aws.example', 'StringEquals', /trailing slash/],
    ['sts.amazonaws.com', 'https://sts.amazonaws.com', 'StringEquals', /https/],
    ['a ', 'a', 'StringEquals', /white space/],
    ['repo:acme/app:ref:x', 'repo:acme/*', 'StringEquals', /use StringLike/],
    ['repo:acme/app:ref:x', 'repo:acme/*', 'StringEqualsIfExists', /use StringLikeIfExists/],
    ['repo:acme/app:environment:eu%3Aprod', 'repo:acme/app:environment:eu:prod', 'StringEquals', /%3A/],
    [
      'repo:acme@123/app@456:ref:refs/heads/main',
      'repo:acme/app:ref:refs/heads/main',
      'StringEquals',
      /immutable subject/,
    ],
    ['repo:acme@123/app@456:ref:refs/heads/main', 'repo:acme/app:*', 'StringLike', /immutable subject/],
    ['repo:acme/app:ref:x', 'repo:acme@123/app@456:ref:x', 'StringEquals', /names alone/],
    ['repo:acme/app:ref:refs/heads/main', 'repo:acme/app:ref:main', 'StringEquals', /refs\/heads/],
    ['main', 'refs/heads/main', 'CEL', /refs\/heads/],
    [
      'repo:acme/app:environment:prod',
      'repo:acme/app:ref:refs/heads/main',
      'StringEquals',
      /of an environment, and the trust expects a branch/,
    ],
    [
      'repo:acme/app:ref:refs/tags/v1',
      'repo:acme/*:ref:refs/heads/*',
      'StringLike',
      /of a tag, and the trust expects a branch/,
    ],
    [
      'project_path:acme/app:ref_type:tag:ref:v1',
      'project_path:acme/app:ref_type:branch:ref:main',
      'StringEquals',
      /of a tag/,
    ],
    ['20', '20', 'CEL', /number/],
  ]
  for (const [presented, expected, operator, hint] of table)
    test(`${presented} for ${operator} ${expected}: ${hint.source}`, () => {
      assert.match(miss(presented, expected, operator) ?? '(none)', hint)
    })

  test('is looked for among all values', () => {
    assert.match(miss('Main', ['dev', 'main'])!, /case/)
  })

  test('is none where values are simply different, passed, or compared to be different', () => {
    assert.equal(miss('repo:acme/app:ref:x', 'repo:evil/app:ref:x'), undefined)
    assert.equal(miss('repo:acme/app:environment:x', 'repo:evil/app:ref:refs/heads/x'), undefined)
    assert.equal(miss('Main', 'main', 'StringNotEquals'), undefined)
    assert.equal(miss('10.0.0.1', '10.0.0.1/', 'NotIpAddress'), undefined)
    assert.equal(
      nearMissOf({ check: 'condition', outcome: 'pass', presented: 'A', expected: 'a', operator: 'x' }),
      undefined,
    )
  })
})

const provider = 'arn:aws:iam::111122223333:oidc-provider/gitlab.com'
const allow = (condition: object, change: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: provider },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: condition,
  ...change,
})
const sub = 'project_path:acme/app:ref_type:branch:ref:main'
const request: AwsRequest = {
  action: 'sts:AssumeRoleWithWebIdentity',
  principal: { type: 'federated', provider },
  keys: new Map([
    ['gitlab.com:sub', sub],
    ['gitlab.com:aud', 'https://aws.example'],
  ]),
}

function decide(...statements: object[]) {
  const trace: Check[] = [{ check: 'audience', outcome: 'pass', presented: 'a', expected: ['a'] }]
  evaluate(compilePolicy({ Version: '2012-10-17', Statement: statements }, 'trust'), request, trace)
  return decisionOf(trace)
}

describe('a decision', () => {
  test('is allow when every check that decides has passed', () => {
    const { decision, nearMiss } = decide(
      allow({ StringEquals: { 'gitlab.com:sub': 'x' } }),
      allow({ StringEquals: { 'gitlab.com:sub': sub } }),
    )
    assert.deepEqual({ decision, nearMiss }, { decision: 'allow', nearMiss: undefined })
  })

  test('is deny when nothing was checked', () => {
    assert.equal(decisionOf([]).decision, 'deny')
    assert.equal(decisionOf([{ check: 'term', outcome: 'pass', part: true }]).decision, 'deny')
  })

  test('names the condition that was nearest to passing', () => {
    const { decision, nearMiss } = decide(
      { ...allow({ StringEquals: { 'gitlab.com:aud': 'HTTPS://AWS.EXAMPLE' } }), Effect: 'Deny' },
      allow({}, { Action: 'sts:TagSession' }),
      allow({ StringEquals: { 'gitlab.com:sub': 'other', 'gitlab.com:aud': 'other' } }),
      allow({
        StringEquals: { 'gitlab.com:sub': sub.toUpperCase(), 'gitlab.com:aud': 'https://aws.example' },
      }),
    )
    assert.equal(decision, 'deny')
    assert.match(nearMiss!, /^Statement\[3\]\.Condition\.StringEquals\["gitlab\.com:sub"\]: .*case/)
  })

  test('names the principal of the only statement before conditions on tokens of another issuer', () => {
    const other = { Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/other.example' } }
    const { nearMiss } = decide(allow({ StringEquals: { 'other.example:aud': 'a' } }, other))
    assert.match(nearMiss!, /^Statement\[0\]\.Principal: .*\. 1 more fails there$/)
  })

  test('says how much more stands in the way', () => {
    const { nearMiss } = decide(
      allow({ StringEquals: { 'gitlab.com:sub': sub.toUpperCase(), 'gitlab.com:aud': 'other' } }),
    )
    assert.match(nearMiss!, /case counts here\. 1 more fails there$/)
  })

  test('names the Deny that applies', () => {
    const { nearMiss } = decide(allow({}), { ...allow({}), Effect: 'Deny' })
    assert.match(nearMiss!, /^Statement\[1\]\. Statement\[1\] denies it/)
  })

  test('names the first check that failed where the rest was never reached', () => {
    const { nearMiss } = decisionOf([
      { check: 'signature', outcome: 'pass' },
      {
        check: 'audience',
        outcome: 'fail',
        presented: 'https://a.example/',
        expected: ['https://a.example'],
      },
    ])
    assert.match(nearMiss!, /^audience: presented "https:\/\/a\.example\/".*trailing slash/)
  })

  test('names the term of an attribute condition that failed', () => {
    const trace: Check[] = []
    const compiled = compileProvider({
      attributeMapping: { 'google.subject': 'assertion.sub' },
      attributeCondition: "assertion.sub == 's' && assertion.project_id == 20",
    })
    const assertion = { sub: 's', project_id: '20' }
    compiled.admits(assertion, compiled.map(assertion, trace), trace)
    assert.match(decisionOf(trace).nearMiss!, /assertion\.project_id == 20.*number/)
  })

  test('is not touched by parts', () => {
    const trace: Check[] = [{ check: 'identity-policy', outcome: 'fail' }]
    assert.equal(decisionOf([...asParts(trace), { check: 'trust', outcome: 'pass' }]).decision, 'allow')
  })
})

describe('the text', () => {
  const denied = decide(allow({ StringEquals: { 'gitlab.com:sub': sub.toUpperCase() } }, { Sid: 'Deploy' }))

  test('shows statement by statement what was presented and expected', () => {
    assert.equal(
      explainText(denied),
      `DENY

✓ audience
  presented  a
  expected   a

✗ trust-policy
  ✗ Statement[0] Allow (Deploy)
    ✓ principal  Principal
      presented  ${provider}
      expected   ${provider}
      at         Statement[0].Principal
    ✓ action     Action
      presented  sts:AssumeRoleWithWebIdentity
      expected   sts:AssumeRoleWithWebIdentity
      at         Statement[0].Action
    ✗ condition  StringEquals
      presented  ${sub}
      expected   ${sub.toUpperCase()}
      at         Statement[0].Condition.StringEquals["gitlab.com:sub"]
      hint       They differ only in case, and case counts here
  hint       No Allow statement applies

nearest miss  ${denied.nearMiss}
`,
    )
  })

  test('has colour only where it is asked for', () => {
    assert.ok(!explainText(denied).includes('\u001b'))
    assert.ok(explainText(denied, { color: true }).includes('\u001b[31m✗\u001b[0m'))
  })

  test('lets no escape sequence of a token through', () => {
    const trace: Check[] = [
      { check: 'subject', outcome: 'fail', presented: 'a\u001b[2J\n\u202eb', expected: 'c' },
    ]
    const text = explainText(decisionOf(trace))
    for (const hostile of ['\u001b', '\u202e']) assert.ok(!text.includes(hostile))
    assert.ok(text.includes('a\\u001b[2J\\u000a\\u202eb'))
  })
})
