import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type AwsPrincipal, type AwsRequest, evaluate } from './aws-evaluate.ts'
import { compilePolicy } from './aws-policy.ts'
import type { Check } from './decision.ts'

/** A policy variable, as a policy writes it. */
const slot = (inside: string) => `\${${inside}}`
const account = '111122223333'
const provider = `arn:aws:iam::${account}:oidc-provider/gitlab.com`
const web: AwsPrincipal = { type: 'federated', provider }
const roleArn = `arn:aws:iam::${account}:role/ci/build`
const session: AwsPrincipal = {
  type: 'aws',
  arn: `arn:aws:sts::${account}:assumed-role/build/job-1`,
  account,
  roleArn,
}
const user: AwsPrincipal = { type: 'aws', arn: `arn:aws:iam::${account}:user/ann`, account }
const action = 'sts:AssumeRoleWithWebIdentity'

type Keys = Record<string, string | readonly string[]>
const ask = (keys: Keys = {}, change: Partial<AwsRequest> = {}): AwsRequest => ({
  action,
  principal: web,
  keys: new Map(Object.entries(keys)),
  ...change,
})
const trust = (...statements: object[]) =>
  compilePolicy({ Version: '2012-10-17', Statement: statements }, 'trust')
const allow = (change: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: provider },
  Action: action,
  ...change,
})
const deny = (change: object = {}) => allow({ Effect: 'Deny', ...change })
const holds = (condition: object, keys: Keys) =>
  evaluate(trust(allow({ Condition: condition })), ask(keys)).effect === 'allow'

describe('statements', () => {
  test('nothing that applies is an implicit deny', () => {
    assert.deepEqual(evaluate(trust(allow({ Action: 'sts:AssumeRole' })), ask()), { effect: 'implicit-deny' })
  })

  test('an Allow that applies allows', () => {
    assert.deepEqual(evaluate(trust(allow()), ask()), { effect: 'allow', matchedBy: 'principal' })
  })

  test('a Deny that applies wins, before or after', () => {
    assert.equal(evaluate(trust(allow(), deny()), ask()).effect, 'explicit-deny')
    assert.equal(evaluate(trust(deny(), allow()), ask()).effect, 'explicit-deny')
  })

  test('a Deny in one policy wins over an Allow in another', () => {
    assert.equal(evaluate([trust(allow()), trust(deny())], ask()).effect, 'explicit-deny')
  })

  test('actions are compared without regard to case, with wildcards', () => {
    for (const pattern of ['STS:assumerolewithwebidentity', 'sts:*', '*', 'sts:Assume?ole*'])
      assert.equal(evaluate(trust(allow({ Action: pattern })), ask()).effect, 'allow', pattern)
    assert.equal(evaluate(trust(allow({ Action: 'sts:Tag*' })), ask()).effect, 'implicit-deny')
  })

  test('NotAction is everything else', () => {
    const but = (name: string) => trust(allow({ Action: undefined, NotAction: name }))
    assert.equal(evaluate(but('sts:TagSession'), ask()).effect, 'allow')
    assert.equal(evaluate(but(action), ask()).effect, 'implicit-deny')
  })
})

describe('principals', () => {
  const reached = (principals: unknown, principal: AwsPrincipal) => {
    const verdict = evaluate(trust(allow({ Principal: principals })), ask({}, { principal }))
    return verdict.matchedBy ?? verdict.effect
  }
  const table: [why: string, principals: unknown, principal: AwsPrincipal, reached: string][] = [
    ['its provider', { Federated: [provider] }, web, 'principal'],
    ['another provider', { Federated: `${provider}.evil` }, web, 'implicit-deny'],
    ['its account is no provider', { AWS: account }, web, 'implicit-deny'],
    ['everyone', '*', web, 'everyone'],
    ['every provider', { Federated: '*' }, web, 'everyone'],
    ['every provider is no user', { Federated: '*' }, user, 'implicit-deny'],
    ['its user ARN', { AWS: user.arn }, user, 'principal'],
    ['another user', { AWS: `${user.arn}a` }, user, 'implicit-deny'],
    ['its account', { AWS: account }, user, 'account'],
    ['its account by root ARN', { AWS: `arn:aws:iam::${account}:root` }, user, 'account'],
    ['another account', { AWS: '999999999999' }, user, 'implicit-deny'],
    ['its role', { AWS: roleArn }, session, 'role'],
    ['its session', { AWS: session.arn }, session, 'principal'],
    ['another session of its role', { AWS: session.arn.replace('job-1', 'job-2') }, session, 'implicit-deny'],
    ['its account and its role', { AWS: [account, roleArn] }, session, 'role'],
    ['its role and itself', { AWS: [roleArn, session.arn] }, session, 'principal'],
    ['everyone in AWS', { AWS: '*' }, session, 'everyone'],
    [
      'its service',
      { Service: 'ec2.amazonaws.com' },
      { type: 'service', service: 'ec2.amazonaws.com' },
      'principal',
    ],
    ['a service for a user', { Service: 'ec2.amazonaws.com' }, user, 'implicit-deny'],
    ['a deleted principal', { AWS: 'AIDACKCEVSQ6C2EXAMPLE' }, user, 'implicit-deny'],
  ]
  for (const [why, principals, principal, expected] of table)
    test(`${why}: ${expected}`, () => assert.equal(reached(principals, principal), expected))

  test('several statements reach it by the one that asks least of it', () => {
    const both = trust(allow({ Principal: { AWS: account } }), allow({ Principal: { AWS: roleArn } }))
    assert.equal(evaluate(both, ask({}, { principal: session })).matchedBy, 'role')
  })

  test('NotPrincipal spares only who is listed with all that it is', () => {
    const except = (...AWS: string[]) =>
      trust(allow({ Principal: '*' }), deny({ Principal: undefined, NotPrincipal: { AWS } }))
    const effect = (principal: AwsPrincipal, ...list: string[]) =>
      evaluate(except(...list), ask({}, { principal })).effect
    assert.equal(effect(user, user.arn, account), 'allow')
    assert.equal(effect(user, user.arn), 'explicit-deny')
    assert.equal(effect(user, account), 'explicit-deny')
    assert.equal(effect(session, account, roleArn, session.arn), 'allow')
    assert.equal(effect(session, account, roleArn), 'explicit-deny')
    assert.equal(effect(web, account), 'explicit-deny')
  })
})

describe('identity policies', () => {
  const identity = (change: object) =>
    compilePolicy(
      {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*', ...change },
      },
      'identity',
    )
  const effect = (change: object, resource: string, keys: Keys = {}) =>
    evaluate(identity(change), ask(keys, { action: 'sts:AssumeRole', principal: user, resource })).effect

  test('resources match with wildcards, and in their own case', () => {
    assert.equal(
      effect({ Resource: 'arn:aws:iam::*:role/dep*' }, roleArn.replace('ci/build', 'deploy')),
      'allow',
    )
    assert.equal(
      effect({ Resource: roleArn.toUpperCase().replace('ARN:', 'arn:') }, roleArn),
      'implicit-deny',
    )
  })

  test('NotResource is everything else', () => {
    assert.equal(effect({ Resource: undefined, NotResource: roleArn }, roleArn), 'implicit-deny')
    assert.equal(effect({ Resource: undefined, NotResource: roleArn }, `${roleArn}2`), 'allow')
  })

  test('variables in resources are filled in', () => {
    const own = { Resource: `arn:aws:iam::${account}:role/${slot('aws:username')}` }
    assert.equal(effect(own, `arn:aws:iam::${account}:role/ann`, { 'aws:username': 'ann' }), 'allow')
    assert.equal(effect(own, `arn:aws:iam::${account}:role/bob`, { 'aws:username': 'ann' }), 'implicit-deny')
    assert.equal(effect(own, `arn:aws:iam::${account}:role/`), 'implicit-deny')
  })
})

describe('condition operators', () => {
  const table: [operator: string, expected: unknown, presented: string | string[], holds: boolean][] = [
    ['StringEquals', 'main', 'main', true],
    ['StringEquals', 'main', 'Main', false],
    ['StringEquals', 'm*', 'main', false],
    ['StringEquals', 'm*', 'm*', true],
    ['StringEquals', ['dev', 'main'], 'main', true],
    ['StringNotEquals', 'main', 'dev', true],
    ['StringNotEquals', ['dev', 'main'], 'dev', false],
    ['StringEqualsIgnoreCase', 'MAIN', 'main', true],
    ['StringNotEqualsIgnoreCase', 'MAIN', 'main', false],
    ['StringLike', 'repo:acme/*', 'repo:acme/app:ref:refs/heads/main', true],
    ['StringLike', 'repo:acme/*', 'Repo:acme/app', false],
    ['StringLike', 'v?', 'v12', false],
    ['StringLike', `a${slot('*')}`, 'ab', false],
    ['StringLike', `a${slot('*')}`, 'a*', true],
    ['StringLike', `a${slot('?')}${slot('$')}`, 'a?$', true],
    ['StringNotLike', 'repo:acme/*', 'repo:evil/app', true],
    ['NumericEquals', 5, '5.0', true],
    ['NumericLessThan', '5', '10', false],
    ['NumericLessThanEquals', '5', '5', true],
    ['NumericGreaterThan', '5', '10', true],
    ['NumericGreaterThanEquals', '5', '4', false],
    ['NumericEquals', '5', 'five', false],
    ['NumericNotEquals', '5', '6', true],
    ['DateLessThan', '2026-11-22T00:00:00Z', '2026-11-21T23:59:59Z', true],
    ['DateGreaterThan', '2026-11-22', '1795305601', true],
    ['DateEquals', '2026-11-22T01:00:00+01:00', '2026-11-22T00:00:00Z', true],
    ['DateLessThan', '2026-11-22', 'yesterday', false],
    ['Bool', true, 'true', true],
    ['Bool', 'true', 'false', false],
    ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ5', true],
    ['IpAddress', '10.0.0.0/8', '10.2.3.4', true],
    ['IpAddress', '10.0.0.0/8', '11.2.3.4', false],
    ['IpAddress', '2001:db8::/32', '2001:db8::1', true],
    ['IpAddress', '10.0.0.1', '10.0.0.1', true],
    ['IpAddress', '10.0.0.0/8', 'no address', false],
    ['NotIpAddress', '10.0.0.0/8', '10.2.3.4', false],
    ['ArnEquals', 'arn:aws:iam::111122223333:role/*', 'arn:aws:iam::111122223333:role/a/b', true],
    ['ArnLike', 'arn:aws:iam:*:role/x', 'arn:aws:iam::111122223333:role/x', false],
    ['ArnLike', 'arn:aws:sns:*:*:topic:a', 'arn:aws:sns:eu-west-1:111122223333:topic:a', true],
    ['ArnLike', '*', 'arn:aws:iam::111122223333:role/x', true],
    ['ArnLike', '*', 'no arn', false],
    ['ArnNotLike', 'arn:aws:iam::1*:role/x', 'arn:aws:iam::2:role/x', true],
    ['Null', 'true', 'x', false],
    ['Null', 'false', 'x', true],
    ['Null', false, 'x', true],
    // several values in the request, no set prefix
    ['StringEquals', 'a', ['a', 'b'], true],
    ['StringNotEquals', 'a', ['a', 'b'], false],
    // several values in the request, with a set prefix
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
    ['ForAllValues:StringEquals', 'a', ['a', 'b'], false],
    ['ForAllValues:StringNotEquals', 'c', ['a', 'b'], true],
    ['ForAllValues:StringLike', 'x', '', true],
    ['ForAnyValue:StringEquals', 'a', ['a', 'b'], true],
    ['ForAnyValue:StringEquals', 'c', ['a', 'b'], false],
    ['ForAnyValue:StringNotEquals', 'a', ['a', 'b'], true],
    ['ForAnyValue:StringNotEquals', 'a', ['a'], false],
    ['StringEquals', [], 'a', false],
  ]
  for (const [operator, expected, presented, passes] of table)
    test(`${operator} ${JSON.stringify(expected)} ${passes ? 'takes' : 'refuses'} ${JSON.stringify(presented)}`, () => {
      assert.equal(holds({ [operator]: { 'idp:Key': expected } }, { 'idp:key': presented }), passes)
    })

  const absent: [operator: string, expected: string, holds: boolean][] = [
    ['StringEquals', 'a', false],
    ['StringLike', '*', false],
    ['StringNotEquals', 'a', true],
    ['StringNotLike', '*', true],
    ['NumericLessThan', '5', false],
    ['Bool', 'false', false],
    ['ArnNotLike', '*', true],
    ['NotIpAddress', '10.0.0.0/8', true],
    ['StringEqualsIfExists', 'a', true],
    ['StringNotEqualsIfExists', 'a', true],
    ['ForAllValues:StringEquals', 'a', true],
    ['ForAnyValue:StringEquals', 'a', false],
    ['ForAnyValue:StringNotEquals', 'a', false],
    ['ForAnyValue:StringEqualsIfExists', 'a', true],
    ['Null', 'true', true],
    ['Null', 'false', false],
  ]
  for (const [operator, expected, passes] of absent)
    test(`${operator} ${passes ? 'holds' : 'fails'} on a key that is absent, or an empty list`, () => {
      const condition = { [operator]: { 'idp:key': expected } }
      assert.equal(holds(condition, {}), passes)
      assert.equal(holds(condition, { 'idp:key': [] }), passes)
    })

  test('all keys and all operators must hold', () => {
    const condition = { StringEquals: { 'a:a': '1', 'a:b': '2' }, StringLike: { 'a:c': '3*' } }
    assert.equal(holds(condition, { 'a:a': '1', 'a:b': '2', 'a:c': '33' }), true)
    assert.equal(holds(condition, { 'a:a': '1', 'a:b': '2', 'a:c': '4' }), false)
    assert.equal(holds(condition, { 'a:a': '1', 'a:c': '33' }), false)
  })
})

describe('policy variables', () => {
  const like = (value: string, keys: Keys) => holds({ StringLike: { 'a:a': value } }, keys)
  const team = slot('aws:PrincipalTag/Team')

  test('are filled in from the request, whatever their case', () => {
    assert.equal(like(`team-${team}-*`, { 'a:a': 'team-red-1', 'aws:principaltag/team': 'red' }), true)
    assert.equal(like(`team-${team}-*`, { 'a:a': 'team-blue-1', 'aws:principaltag/team': 'red' }), false)
  })

  test('a claim cannot smuggle in a wildcard', () => {
    assert.equal(like(team, { 'a:a': 'anything', 'aws:principaltag/team': '*' }), false)
    assert.equal(like(team, { 'a:a': '*', 'aws:principaltag/team': '*' }), true)
  })

  test('without a value nothing equals them, unless they have a default', () => {
    assert.equal(like(team, { 'a:a': '' }), false)
    assert.equal(like(`${team}*`, { 'a:a': 'red' }), false)
    assert.equal(like(slot("aws:PrincipalTag/Team, 'red'"), { 'a:a': 'red' }), true)
    assert.equal(holds({ StringNotEquals: { 'a:a': team } }, { 'a:a': 'red' }), true)
  })

  test('a key with several values fills in nothing', () => {
    assert.equal(like(team, { 'a:a': 'red', 'aws:principaltag/team': ['red', 'blue'] }), false)
  })

  test('are plain text under the version of 2008, and for numbers', () => {
    const old = compilePolicy({ Statement: allow({ Condition: { StringEquals: { 'a:a': team } } }) }, 'trust')
    assert.equal(evaluate(old, ask({ 'a:a': team })).effect, 'allow')
    assert.throws(() => holds({ NumericEquals: { 'a:a': slot('a:b') } }, {}))
  })
})

describe('the trace', () => {
  const policy = trust(
    allow({ Condition: { StringEquals: { 'gitlab.com:sub': 'x' } } }),
    allow({ Condition: { 'ForAllValues:StringEquals': { 'gitlab.com:gone': 'x' } } }),
  )

  test('says of each element what was presented, expected and found', () => {
    const trace: Check[] = []
    evaluate(policy, ask({ 'gitlab.com:sub': 'y' }), trace)
    assert.deepEqual(trace[2], {
      check: 'condition',
      outcome: 'fail',
      presented: 'y',
      expected: 'x',
      operator: 'StringEquals',
      source: 'Statement[0].Condition.StringEquals["gitlab.com:sub"]',
      part: true,
    })
    assert.deepEqual(
      trace.map(({ check, outcome }) => `${check} ${outcome}`),
      [
        'principal pass',
        'action pass',
        'condition fail',
        'statement fail',
        'principal pass',
        'action pass',
        'condition pass',
        'statement pass',
        'trust-policy pass',
      ],
    )
  })

  test('warns of a condition that holds because the key is absent', () => {
    const trace: Check[] = []
    evaluate(policy, ask(), trace)
    assert.match(trace[6]!.hint!, /Null/)
  })

  test('tells a claim without a condition key from a claim that is not there', () => {
    const told = (withheld: string[]) => {
      const trace: Check[] = []
      evaluate(policy, ask({}, { withheld: new Set(withheld) }), trace)
      return trace[2]!.hint
    }
    assert.notEqual(told(['gitlab.com:sub']), told([]))
  })
})

const words = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '')
const anyOperator = fc.constantFrom(
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringNotLike',
  'StringLikeIfExists',
  'ForAllValues:StringEquals',
  'ForAnyValue:StringNotLike',
)
const anyStatement = fc.record({
  Effect: fc.constantFrom('Allow', 'Deny'),
  Principal: fc.constantFrom<unknown>({ Federated: provider }, '*', { AWS: account }, { AWS: roleArn }),
  Action: fc.constantFrom(action, 'sts:AssumeRole', 'sts:*', '*'),
  Condition: fc.dictionary(
    anyOperator,
    fc.dictionary(fc.constantFrom('k:a', 'k:b'), fc.array(words, { maxLength: 2 })),
    { maxKeys: 2 },
  ),
})
const anyRequest = fc.record({
  action: fc.constantFrom(action, 'sts:AssumeRole'),
  principal: fc.constantFrom(web, session, user),
  keys: fc
    .dictionary(fc.constantFrom('k:a', 'k:b'), fc.oneof(words, fc.array(words, { maxLength: 2 })))
    .map((keys) => new Map(Object.entries(keys))),
})
const some = fc.array(anyStatement, { minLength: 1, maxLength: 4 })

describe('for every policy and request', () => {
  test('the verdict is the same with a trace and without', () => {
    fc.assert(
      fc.property(some, anyRequest, (statements, request) => {
        const policy = trust(...statements)
        const trace: Check[] = []
        const verdict = evaluate(policy, request)
        assert.deepEqual(evaluate(policy, request, trace), verdict)
        const deciding = trace.filter(({ part }) => !part)
        assert.deepEqual(
          deciding.map(({ outcome }) => outcome),
          [verdict.effect === 'allow' ? 'pass' : 'fail'],
        )
      }),
      { numRuns: 500 },
    )
  })

  test('adding a Deny never lets anyone in', () => {
    fc.assert(
      fc.property(some, anyStatement, anyRequest, (statements, added, request) => {
        const before = evaluate(trust(...statements), request).effect
        const after = evaluate(trust(...statements, { ...added, Effect: 'Deny' }), request).effect
        assert.ok(before === 'allow' || after !== 'allow')
      }),
      { numRuns: 500 },
    )
  })

  test('removing an Allow never lets anyone in', () => {
    fc.assert(
      fc.property(some, anyStatement, anyRequest, (statements, removed, request) => {
        const before = evaluate(trust({ ...removed, Effect: 'Allow' }, ...statements), request).effect
        const after = evaluate(trust(...statements), request).effect
        assert.ok(before === 'allow' || after !== 'allow')
      }),
      { numRuns: 500 },
    )
  })
})
