import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MayflyError } from '../errors.ts'
import { compilePolicy, type PolicyKind } from './aws-policy.ts'

/** A policy variable, as a policy writes it. */
const slot = (inside: string) => `\${${inside}}`
const provider = 'arn:aws:iam::111122223333:oidc-provider/gitlab.com'
const statement = {
  Effect: 'Allow',
  Principal: { Federated: provider },
  Action: 'sts:AssumeRoleWithWebIdentity',
}
const allow = (change: object) => ({ Version: '2012-10-17', Statement: [{ ...statement, ...change }] })
const when = (condition: unknown) => allow({ Condition: condition })

test('a whole trust policy compiles', () => {
  const policy = compilePolicy(
    {
      Version: '2012-10-17',
      Id: 'deploy',
      Statement: {
        ...statement,
        Sid: 'Deploy',
        Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'],
        Condition: {
          StringEquals: { 'gitlab.com:aud': 'https://aws.example', 'gitlab.com:project_id': 42 },
          'ForAnyValue:StringLikeIfExists': { 'gitlab.com:amr': ['m*', 'n?'] },
          Bool: { 'aws:SecureTransport': true },
        },
      },
    },
    'trust',
  )
  assert.equal(policy.statements.length, 1)
  assert.deepEqual(
    policy.statements[0]!.conditions.map(({ source, expected }) => [source, expected]),
    [
      ['Statement[0].Condition.StringEquals["gitlab.com:aud"]', ['https://aws.example']],
      ['Statement[0].Condition.StringEquals["gitlab.com:project_id"]', ['42']],
      ['Statement[0].Condition["ForAnyValue:StringLikeIfExists"]["gitlab.com:amr"]', ['m*', 'n?']],
      ['Statement[0].Condition.Bool["aws:SecureTransport"]', ['true']],
    ],
  )
})

const refusals: [what: string, document: unknown, path: string, kind?: PolicyKind][] = [
  ['no object', 'x', 'the policy'],
  ['a list', [], 'the policy'],
  ['an unknown version', { Version: '2020-01-01', Statement: [statement] }, 'Version'],
  ['an unknown element', { Statements: [statement] }, 'Statements'],
  ['no statement', {}, 'Statement'],
  ['an empty list of statements', { Statement: [] }, 'Statement'],
  ['a statement that is none', { Statement: ['x'] }, 'Statement[0]'],
  ['an unknown statement element', allow({ Conditions: {} }), 'Statement[0].Conditions'],
  ['no effect', allow({ Effect: undefined }), 'Statement[0].Effect'],
  ['an effect in lower case', allow({ Effect: 'allow' }), 'Statement[0].Effect'],
  ['no principal', allow({ Principal: undefined }), 'Statement[0].Principal'],
  ['both principals', allow({ NotPrincipal: '*' }), 'Statement[0].NotPrincipal'],
  [
    'NotPrincipal with Allow',
    allow({ Principal: undefined, NotPrincipal: '*' }),
    'Statement[0].NotPrincipal',
  ],
  ['a principal of an unknown kind', allow({ Principal: { Oidc: provider } }), 'Statement[0].Principal.Oidc'],
  [
    'a wildcard in a principal',
    allow({ Principal: { AWS: ['arn:aws:iam::111122223333:role/*'] } }),
    'Statement[0].Principal.AWS[0]',
  ],
  ['a principal that is no ARN', allow({ Principal: { AWS: 'bob' } }), 'Statement[0].Principal.AWS'],
  ['an account of eleven digits', allow({ Principal: { AWS: '11112222333' } }), 'Statement[0].Principal.AWS'],
  ['a principal that is no string', allow({ Principal: { AWS: [7] } }), 'Statement[0].Principal.AWS[0]'],
  ['no action', allow({ Action: undefined }), 'Statement[0].Action'],
  ['an action without a service', allow({ Action: 'AssumeRole' }), 'Statement[0].Action'],
  [
    'an action of another service',
    allow({ Action: ['sts:AssumeRole', 's3:GetObject'] }),
    'Statement[0].Action[1]',
  ],
  ['a resource in a trust policy', allow({ Resource: '*' }), 'Statement[0].Resource'],
  ['a condition that is no object', when([]), 'Statement[0].Condition'],
  ['a condition that is null', when(null), 'Statement[0].Condition'],
  ['an unknown operator', when({ StringEquls: { 'a:b': 'c' } }), 'Statement[0].Condition.StringEquls'],
  [
    'an operator in lower case',
    when({ stringEquals: { 'a:b': 'c' } }),
    'Statement[0].Condition.stringEquals',
  ],
  [
    'an unknown set prefix',
    when({ 'ForEvery:StringLike': { 'a:b': 'c' } }),
    'Statement[0].Condition["ForEvery:StringLike"]',
  ],
  ['Null with IfExists', when({ NullIfExists: { 'a:b': 'true' } }), 'Statement[0].Condition.NullIfExists'],
  ['a key without a colon', when({ StringEquals: { sub: 'c' } }), 'Statement[0].Condition.StringEquals.sub'],
  [
    'a value that is an object',
    when({ StringEquals: { 'a:b': ['c', {}] } }),
    'Statement[0].Condition.StringEquals["a:b"][1]',
  ],
  [
    'a number that is none',
    when({ NumericEquals: { 'a:b': 'many' } }),
    'Statement[0].Condition.NumericEquals["a:b"]',
  ],
  [
    'a date that is none',
    when({ DateLessThan: { 'a:b': '2026-13-41' } }),
    'Statement[0].Condition.DateLessThan["a:b"]',
  ],
  ['a boolean that is none', when({ Bool: { 'a:b': 'yes' } }), 'Statement[0].Condition.Bool["a:b"]'],
  ['a null that is none', when({ Null: { 'a:b': 'yes' } }), 'Statement[0].Condition.Null["a:b"]'],
  [
    'an address that is none',
    when({ IpAddress: { 'a:b': '10.0.0.0/33' } }),
    'Statement[0].Condition.IpAddress["a:b"]',
  ],
  [
    'a variable without an end',
    when({ StringLike: { 'a:b': '$\u007baws:username' } }),
    'Statement[0].Condition.StringLike["a:b"]',
  ],
  [
    'a default value without quotes',
    when({ StringLike: { 'a:b': slot('aws:username, x') } }),
    'Statement[0].Condition.StringLike["a:b"]',
  ],
  [
    'a pattern that is slow to search for',
    when({ StringLike: { 'a:b': `*${'a'.repeat(300)}?*` } }),
    'Statement[0].Condition.StringLike["a:b"]',
  ],
  [
    'a pattern that a claim can make slow',
    when({ StringLike: { 'a:b': `*?${slot('a:c')}*` } }),
    'Statement[0].Condition.StringLike["a:b"]',
  ],
  [
    'one Sid twice',
    {
      Statement: [
        { ...statement, Sid: 'A' },
        { ...statement, Sid: 'A' },
      ],
    },
    'Statement[1].Sid',
  ],
  ['a principal in an identity policy', allow({}), 'Statement[0].Principal', 'identity'],
  [
    'no resource in an identity policy',
    { Statement: { Effect: 'Allow', Action: '*' } },
    'Statement[0].Resource',
    'identity',
  ],
  [
    'a resource that is no ARN',
    { Statement: { Effect: 'Allow', Action: '*', Resource: 'bucket' } },
    'Statement[0].Resource',
    'identity',
  ],
]

for (const [what, document, path, kind = 'trust'] of refusals)
  test(`${what} is TRUST_POLICY at ${path}`, () => {
    assert.throws(
      () => compilePolicy(document, kind),
      (error) => error instanceof MayflyError && error.code === 'TRUST_POLICY' && error.values.path === path,
    )
  })

test('a misspelled operator is answered with the one that was meant', () => {
  assert.throws(
    () => compilePolicy(when({ 'ForAnyValue:StringLik': { 'a:b': 'c' } }), 'trust'),
    (error) => error instanceof MayflyError && error.hint.includes('ForAnyValue:StringLike'),
  )
})

test('places in a policy follow the place of the policy', () => {
  assert.throws(
    () => compilePolicy(allow({ Effect: 'x' }), 'trust', 'aws[0].roles[1].assumeRolePolicyDocument'),
    (error) =>
      error instanceof MayflyError &&
      error.values.path === 'aws[0].roles[1].assumeRolePolicyDocument.Statement[0].Effect',
  )
})

test('empty lists compile, and apply to nothing', () => {
  assert.doesNotThrow(() =>
    compilePolicy(
      allow({ Principal: { AWS: [] }, Action: [], Condition: { StringEquals: { 'a:b': [] } } }),
      'trust',
    ),
  )
})
