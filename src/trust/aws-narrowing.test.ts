import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AwsRequest, evaluate } from './aws-evaluate.ts'
import { permits } from './aws-permissions.ts'
import { compilePolicy, type PolicyKind } from './aws-policy.ts'

const account = '111122223333'
const ann = `arn:aws:iam::${account}:user/ann`
const photo = 'arn:aws:s3:::photos/ann/cat.jpg'
const own = `arn:aws:s3:::photos/\${aws:username}/*`

const oneOf = (...values: readonly unknown[]) => fc.constantFrom(...values)
const condition = oneOf(
  { StringEquals: { 'aws:username': 'ann' } },
  { StringNotEquals: { 'aws:username': 'ann' } },
  { StringLikeIfExists: { 'aws:PrincipalTag/team': 'a*' } },
  { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['x', 'y'] } },
  { 'ForAnyValue:StringNotLike': { 'aws:TagKeys': 'x' } },
  { Null: { 'aws:TagKeys': 'true' } },
  { NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
)
const optional = fc.record({ Condition: condition }, { requiredKeys: [] })
const actions = fc.oneof(
  fc.record({ Action: oneOf('s3:*', 's3:GetObject', '*', ['s3:PutObject', 'sts:AssumeRole']) }),
  fc.record({ NotAction: oneOf('s3:GetObject', ['sts:AssumeRole', 's3:Put*']) }),
)
const resources = fc.oneof(
  fc.record({ Resource: oneOf('*', 'arn:aws:s3:::photos/*', own) }),
  fc.record({ NotResource: oneOf(photo, own) }),
)
const stsActions = fc.oneof(
  fc.record({ Action: oneOf('sts:*', 'sts:AssumeRole', '*') }),
  fc.record({ NotAction: oneOf('sts:AssumeRole', 'sts:TagSession') }),
)
const named = fc.record({
  Principal: oneOf('*', { AWS: account }, { AWS: ann }, { Service: 'ec2.amazonaws.com' }),
})
const except = fc.record({ NotPrincipal: oneOf({ AWS: [account, ann] }, { AWS: ann }) })

/** Statements of either effect, each with all that it may have. */
function statementOf(kind: PolicyKind, Effect: 'Allow' | 'Deny'): fc.Arbitrary<object> {
  const effect = fc.constant({ Effect })
  const principals = Effect === 'Deny' ? fc.oneof(named, except) : named
  const parts: readonly fc.Arbitrary<object>[] =
    kind === 'trust' ? [effect, principals, stsActions, optional] : [effect, actions, resources, optional]
  return fc.tuple(...parts).map((list) => Object.assign({}, ...list))
}

const statementsOf = (kind: PolicyKind) =>
  fc.array(fc.oneof(statementOf(kind, 'Allow'), statementOf(kind, 'Deny')), { minLength: 1, maxLength: 5 })

const policy = (kind: PolicyKind, statements: readonly object[]) =>
  statements.length === 0 ? [] : [compilePolicy({ Version: '2012-10-17', Statement: statements }, kind)]

const request: fc.Arbitrary<AwsRequest> = fc.record({
  action: fc.constantFrom('s3:GetObject', 's3:PutObject', 'sts:AssumeRole', 'sts:TagSession'),
  resource: fc.constantFrom(photo, 'arn:aws:s3:::photos/bob/dog.jpg'),
  principal: fc.constant({ type: 'aws' as const, arn: ann, account }),
  keys: fc
    .dictionary(
      fc.constantFrom('aws:username', 'aws:principaltag/team', 'aws:tagkeys', 'aws:sourceip'),
      fc.constantFrom<string | string[]>('ann', 'bob', '192.0.2.7', [], ['x'], ['x', 'z']),
    )
    .map((keys) => new Map(Object.entries(keys))),
})

/** The statements without one of those that allow, and with one more that denies: neither may let more through. */
function narrowings(statements: readonly { Effect?: string }[], deny: object): (readonly object[])[] {
  const without = statements.flatMap((each, i) =>
    each.Effect === 'Allow' ? [statements.toSpliced(i, 1)] : [],
  )
  return [...without, [...statements, deny], [deny, ...statements]]
}

test('a trust policy with an Allow less or a Deny more reaches nobody whom it did not reach', () => {
  fc.assert(
    fc.property(statementsOf('trust'), statementOf('trust', 'Deny'), request, (statements, deny, asked) => {
      const rank = (list: readonly object[]) => reaches.indexOf(reachOf(list, asked))
      const before = rank(statements)
      for (const narrower of narrowings(statements, deny)) assert.ok(rank(narrower) <= before)
    }),
    { numRuns: 1000 },
  )
})

/** From nothing to the most: what reaches an account still needs a policy of the principal's own. */
const reaches = ['nobody', 'account', 'others'] as const

function reachOf(statements: readonly object[], asked: AwsRequest): (typeof reaches)[number] {
  const { effect, matchedBy } = evaluate(policy('trust', statements), asked)
  if (effect !== 'allow') return 'nobody'
  return matchedBy === 'account' ? 'account' : 'others'
}

for (const layer of ['identity', 'boundary', 'session'] as const)
  test(`${layer} policies with an Allow less or a Deny more give nothing that they did not give`, () => {
    const three = fc.record({
      identity: statementsOf('identity'),
      boundary: statementsOf('identity'),
      session: statementsOf('identity'),
    })
    fc.assert(
      fc.property(three, statementOf('identity', 'Deny'), request, (all, deny, asked) => {
        const allowed = (change: Partial<typeof all>) => {
          const { identity, boundary, session } = { ...all, ...change }
          const [of, most, narrowed] = [identity, boundary, session].map((each) => policy('identity', each))
          return permits({ identity: of!, boundary: most!, session: narrowed! }, asked).effect === 'allow'
        }
        if (allowed({})) return
        for (const narrower of narrowings(all[layer], deny)) assert.ok(!allowed({ [layer]: narrower }))
      }),
      { numRuns: 1000 },
    )
  })
