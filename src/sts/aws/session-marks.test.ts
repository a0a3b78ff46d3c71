import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Answer,
  account,
  awsTrust,
  credentialsIn,
  gitlab,
  role,
  roleArn,
  storyTrust,
  tokenOf,
  trustSide,
  webIdentity,
} from '../../../test/trust-side.ts'
import type { AwsCredentials } from '../../credential.ts'
import type { RoleDocument } from '../../registry/documents.ts'

const marking = ['sts:TagSession', 'sts:SetSourceIdentity']
const provider = `arn:aws:iam::${account}:oidc-provider/gitlab.com`

const trusting = (principal: unknown, actions: readonly string[], condition?: unknown) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: principal,
      Action: actions,
      ...(condition ? { Condition: condition } : {}),
    },
  ],
})

const may = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
})

/** A token service with `ci`, which GitLab assumes, and the roles that it may go on to. */
function chain(...roles: readonly RoleDocument[]) {
  const { oidcProviders } = storyTrust.aws[0]!
  const ci = role('ci', trusting({ Federated: provider }, ['sts:AssumeRoleWithWebIdentity', ...marking]))
  const plain = role('plain', trusting({ Federated: provider }, ['sts:AssumeRoleWithWebIdentity']))
  const managedPolicies = [{ name: 'readers', path: '/', policyDocument: may('s3:GetObject') }]
  const side = trustSide({
    document: awsTrust({ account, oidcProviders, roles: [ci, plain, ...roles], managedPolicies }),
  })
  const web = (claims: Record<string, unknown> = {}, more: Record<string, string> = {}) =>
    side.form('/', webIdentity(tokenOf(side, claims), { RoleArn: roleArn('ci'), ...more }))
  const assume = (name: string, credentials: AwsCredentials, more: Record<string, string | number> = {}) =>
    side.signed(
      { Action: 'AssumeRole', RoleArn: roleArn(name), RoleSessionName: 'chained', ...more },
      credentials,
    )
  return { side, web, assume }
}

const byCi = (name: string, actions: readonly string[], condition?: unknown) =>
  role(name, trusting({ AWS: roleArn('ci') }, ['sts:AssumeRole', ...actions], condition))

const tag = (n: number, key: string, value: string) => ({
  [`Tags.member.${n}.Key`]: key,
  [`Tags.member.${n}.Value`]: value,
})

function assertRefused(answer: Answer, status: number, code: string, message: string | RegExp): void {
  assert.deepEqual([answer.status, answer.xml('Code')], [status, code], answer.text)
  const said = answer.xml('Message') ?? ''
  if (typeof message === 'string') assert.equal(said, message)
  else assert.match(said, message)
}

test('tags, source identity and policies are told of in the answer, and gone without a word where there are none', async () => {
  const { web, assume } = chain(byCi('next', marking))
  const first = credentialsIn(await web())
  const answer = await assume('next', first, {
    ...tag(1, 'team', 'shop'),
    SourceIdentity: 'alice',
    Policy: JSON.stringify(may('s3:GetObject')),
  })
  assert.match(
    answer.text,
    /<\/AssumedRoleUser><PackedPolicySize>\d+<\/PackedPolicySize><SourceIdentity>alice<\/SourceIdentity><\/AssumeRoleResult>/,
  )
  assert.doesNotMatch((await assume('next', first)).text, /PackedPolicySize|SourceIdentity/)
})

test('a trust policy has to allow tags and a source identity for themselves', async () => {
  const { web, assume } = chain(byCi('untagged', []), byCi('tagged', ['sts:TagSession']))
  const first = credentialsIn(await web())
  const arn = `arn:aws:sts::${account}:assumed-role/ci/job-7`
  for (const [name, action, more] of [
    ['untagged', 'sts:TagSession', tag(1, 'team', 'shop')],
    ['tagged', 'sts:SetSourceIdentity', { SourceIdentity: 'alice' }],
  ] as const)
    assertRefused(
      await assume(name, first, more),
      403,
      'AccessDenied',
      `User: ${arn} is not authorized to perform: ${action} on resource: ${roleArn(name)} because no identity-based policy allows the ${action} action`,
    )
  assert.equal((await assume('tagged', first, tag(1, 'team', 'shop'))).status, 200)
})

test('conditions see the tags that are passed, their keys and which of them are transitive', async () => {
  const condition = {
    StringEquals: { 'aws:RequestTag/Team': 'shop' },
    'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'stage'], 'sts:TransitiveTagKeys': ['team'] },
    Null: { 'sts:TransitiveTagKeys': 'false' },
  }
  const { web, assume } = chain(byCi('next', ['sts:TagSession'], condition))
  const first = credentialsIn(await web())
  const good = { ...tag(1, 'team', 'shop'), 'TransitiveTagKeys.member.1': 'team' }
  assert.equal((await assume('next', first, good)).status, 200)
  for (const wrong of [
    { ...good, 'Tags.member.1.Value': 'bank' },
    { ...good, ...tag(2, 'other', 'x') },
    tag(1, 'team', 'shop'),
  ])
    assert.equal((await assume('next', first, wrong)).xml('Code'), 'AccessDenied')
})

test('the tags of a request are not known where its source identity is decided', async () => {
  const tagged = { StringLike: { 'aws:RequestTag/team': '*' } }
  const { web, assume } = chain(byCi('next', marking, tagged))
  const more = { ...tag(1, 'team', 'shop'), SourceIdentity: 'alice' }
  const answer = await assume('next', credentialsIn(await web()), more)
  assert.match(answer.xml('Message') ?? '', /sts:SetSourceIdentity/)
})

test('a transitive tag goes on through a chain, and others end with their session', async () => {
  const onward = (name: string, from: string, condition?: unknown) =>
    role(name, trusting({ AWS: roleArn(from) }, ['sts:AssumeRole', ...marking], condition))
  const has = (key: string) => ({ StringEquals: { [`aws:PrincipalTag/${key}`]: 'shop' } })
  const { web, assume } = chain(
    byCi('second', marking),
    onward('by-team', 'second', has('team')),
    onward('by-stage', 'second', has('stage')),
    onward('third', 'second'),
    onward('fourth-by-team', 'third', has('team')),
    onward('fourth-by-stage', 'third', has('stage')),
  )
  const first = credentialsIn(await web())
  const tags = { ...tag(1, 'team', 'shop'), ...tag(2, 'stage', 'shop'), 'TransitiveTagKeys.member.1': 'TEAM' }
  const second = credentialsIn(await assume('second', first, tags))
  assert.equal((await assume('by-team', second)).status, 200)
  assert.equal((await assume('by-stage', second)).status, 200)
  const third = credentialsIn(await assume('third', second))
  assert.equal((await assume('fourth-by-team', third)).status, 200)
  assert.equal((await assume('fourth-by-stage', third)).status, 403)
  assertRefused(
    await assume('third', second, tag(1, 'Team', 'bank')),
    400,
    'InvalidParameterValue',
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
  )
})

test('an inherited tag needs sts:TagSession as one that is passed does', async () => {
  const onward = role('onward', trusting({ AWS: roleArn('second') }, ['sts:AssumeRole']))
  const { web, assume } = chain(byCi('second', marking), onward)
  const tags = { ...tag(1, 'team', 'shop'), 'TransitiveTagKeys.member.1': 'team' }
  const second = credentialsIn(await assume('second', credentialsIn(await web()), tags))
  assert.match((await assume('onward', second)).xml('Message') ?? '', /sts:TagSession/)
})

test('a source identity stays as it was set, through the whole chain', async () => {
  const onward = (name: string, condition?: unknown) =>
    role(name, trusting({ AWS: roleArn('second') }, ['sts:AssumeRole', ...marking], condition))
  const { side, web, assume } = chain(
    byCi('second', marking, { StringEquals: { 'sts:SourceIdentity': 'alice' } }),
    onward('third', { StringEquals: { 'aws:SourceIdentity': 'alice' } }),
  )
  const first = credentialsIn(await web())
  assert.equal((await assume('second', first, { SourceIdentity: 'mallory' })).status, 403)
  const second = credentialsIn(await assume('second', first, { SourceIdentity: 'alice' }))
  assert.equal((await assume('third', second)).xml('SourceIdentity'), 'alice')
  assert.equal(side.records.at(-1)?.who?.sourceIdentity, 'alice')
  assert.match(
    (await assume('third', second, { SourceIdentity: 'mallory' })).xml('Message') ?? '',
    /sts:SetSourceIdentity/,
  )
})

for (const [what, more, message] of [
  [
    'the same key twice',
    { ...tag(1, 'team', 'a'), ...tag(2, 'Team', 'b') },
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  ],
  [
    'a transitive key without its tag',
    { ...tag(1, 'team', 'a'), 'TransitiveTagKeys.member.1': 'stage' },
    'The specified transitive tag key must be included in the requested tags.',
  ],
] as const)
  test(`${what} is an InvalidParameterValue in the words of AWS`, async () => {
    const { web, assume } = chain(byCi('next', marking))
    assertRefused(
      await assume('next', credentialsIn(await web()), more),
      400,
      'InvalidParameterValue',
      message,
    )
  })

test('lists and their members have limits, and all that is wrong is told at once', async () => {
  const { web, assume } = chain(byCi('next', marking))
  const first = credentialsIn(await web())
  const constraint = 'failed to satisfy constraint: Member must'
  const many = Object.assign({}, ...Array.from({ length: 51 }, (_, i) => tag(i + 1, `k${i}`, 'v')))
  assertRefused(
    await assume('next', first, many),
    400,
    'ValidationError',
    `1 validation error detected: Value '[]' at 'tags' ${constraint} have length less than or equal to 50`,
  )
  assertRefused(
    await assume('next', first, {
      ...tag(1, 'a*', 'v'),
      'TransitiveTagKeys.member.1': '*',
      'PolicyArns.member.1.arn': 'arn',
    }),
    400,
    'ValidationError',
    `3 validation errors detected: Value 'arn' at 'policyArns.1.member.arn' ${constraint} have length greater than or equal to 20; ` +
      `Value 'a*' at 'tags.1.member.key' ${constraint} satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+; ` +
      `Value '[*]' at 'transitiveTagKeys' ${constraint} satisfy constraint: [Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+]`,
  )
  assertRefused(
    await assume('next', first, { 'Tags.member.1.Key': 'k' }),
    400,
    'ValidationError',
    `1 validation error detected: Value at 'tags.1.member.value' ${constraint} not be null`,
  )
})

test('tag keys that begin with aws: are AWS’s own, in parameters and in claims', async () => {
  const { web, assume } = chain(byCi('next', marking))
  const first = credentialsIn(await web())
  const text = 'Tag keys that begin with aws: are reserved for AWS.'
  const tag = { 'Tags.member.1.Key': 'AWS:cloudformation:stack-name', 'Tags.member.1.Value': 'prod' }
  assertRefused(await assume('next', first, tag), 400, 'InvalidParameterValue', text)
  const claims = { 'https://aws.amazon.com/tags': { principal_tags: { 'aws:x': 'y' } } }
  assertRefused(await web(claims), 400, 'InvalidParameterValue', text)
})

for (const misspelled of [
  { 'PolicyArns.member.1.Arn': 'arn:aws:iam::aws:policy/AWSDenyAll' },
  { 'PolicyArns.member.1': 'arn:aws:iam::aws:policy/AWSDenyAll' },
  { 'PolicyArns.Member.1.arn': 'arn:aws:iam::aws:policy/AWSDenyAll' },
  { 'PolicyArns.list.1.arn': 'arn:aws:iam::aws:policy/AWSDenyAll' },
  { policy: '{}' },
  { 'tags.member.1.Key': 'team' },
  { 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'shop', 'Tags.member.1.Value.x': '' },
])
  test(`a parameter that would mark or narrow the session is not left out for its spelling: ${Object.keys(misspelled).at(-1)}`, async () => {
    const { web, assume } = chain(byCi('next', marking))
    const answer = await assume('next', credentialsIn(await web()), misspelled)
    assert.equal(answer.status, 400)
    assert.match(answer.text, /Mayfly does not support the parameter|ValidationError/)
  })

// ── by the token ───────────────────────────────────────────────────────────────────────────────────────

const nested = {
  'https://aws.amazon.com/tags': { principal_tags: { team: ['shop'] }, transitive_tag_keys: ['team'] },
}
const flattened = {
  'https://aws.amazon.com/tags/principal_tags/team': 'shop',
  'https://aws.amazon.com/tags/transitive_tag_keys': ['team'],
}

for (const [form, claims] of [
  ['nested', nested],
  ['flattened', flattened],
] as const)
  test(`a token tags its session by the ${form} claims`, async () => {
    const condition = { StringEquals: { 'aws:PrincipalTag/team': 'shop' } }
    const { web, assume } = chain(byCi('next', marking, condition))
    const answer = await web({ ...claims, 'https://aws.amazon.com/source_identity': 'alice' })
    assert.equal(answer.xml('SourceIdentity'), 'alice')
    assert.equal(answer.xml('PackedPolicySize'), '3')
    const next = await assume('next', credentialsIn(answer))
    assert.equal(next.xml('SourceIdentity'), 'alice')
    assert.equal((await assume('next', credentialsIn(await web()))).status, 403)
  })

test('a source identity has up to 256 characters', async () => {
  const { web } = chain(byCi('next', marking))
  const claim = 'https://aws.amazon.com/source_identity'
  const longest = 'a'.repeat(256)
  assert.equal((await web({ [claim]: longest })).xml('SourceIdentity'), longest)
  assert.equal((await web({ [claim]: `${longest}a` })).xml('Code'), 'InvalidIdentityToken')
})

test('a role that does not let tokens tag says no more than that it may not be assumed', async () => {
  const { side, web } = chain()
  for (const claims of [nested, { 'https://aws.amazon.com/source_identity': 'alice' }])
    assertRefused(
      await web(claims, { RoleArn: roleArn('plain') }),
      403,
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    )
  assert.match(side.records[0]?.reason ?? '', /sts:TagSession/)
})

for (const [what, claims, message] of [
  [
    'a list',
    { 'https://aws.amazon.com/tags': [] },
    'Session tags passed in claim are not in correct format.',
  ],
  [
    'tags that are no object',
    { 'https://aws.amazon.com/tags': { principal_tags: 'x' } },
    'principal_tags passed in claim is not in correct format.',
  ],
  [
    'two values of a tag',
    { 'https://aws.amazon.com/tags': { principal_tags: { team: ['a', 'b'] } } },
    'principal_tags passed in claim is not in correct format.',
  ],
  [
    'a number as value',
    { 'https://aws.amazon.com/tags/principal_tags/team': 7 },
    'principal_tags passed in claim is not in correct format.',
  ],
] as const)
  test(`a token with ${what} for tags is an InvalidIdentityToken`, async () => {
    const { web } = chain()
    assertRefused(await web(claims), 400, 'InvalidIdentityToken', message)
  })

// ── session policies ───────────────────────────────────────────────────────────────────────────────────

test('a session policy takes away and gives nothing, also where a chain goes on', async () => {
  const open = role('open', trusting({ AWS: account }, ['sts:AssumeRole']))
  const named = role('named', trusting({ AWS: roleArn('caller') }, ['sts:AssumeRole']))
  const itself = role(
    'itself',
    trusting({ AWS: `arn:aws:sts::${account}:assumed-role/caller/chained` }, ['sts:AssumeRole']),
  )
  const caller = (name: string, ...actions: string[]) => ({
    ...byCi(name, []),
    policies: actions.length > 0 ? [may(...actions)] : [],
  })
  const { web, assume } = chain(open, named, itself, caller('caller', 'sts:AssumeRole'), caller('poor'))
  const first = credentialsIn(await web())
  const session = async (name: string, actions: string) =>
    credentialsIn(await assume(name, first, { Policy: JSON.stringify(may(actions)) }))
  assert.equal((await assume('open', await session('caller', 'sts:*'))).status, 200)
  assert.equal((await assume('open', await session('poor', 'sts:*'))).status, 403)
  const narrowed = await session('caller', 's3:*')
  assert.match(
    (await assume('open', narrowed)).xml('Message') ?? '',
    /because no session policy allows the sts:AssumeRole action$/,
  )
  assert.equal((await assume('named', narrowed)).status, 403)
  assert.equal((await assume('itself', narrowed)).status, 200)
})

test('managed session policies are those of the account of the role, and a few of AWS', async () => {
  const { web } = chain()
  const with_ = (arn: string) => web({}, { 'PolicyArns.member.1.arn': arn })
  assert.equal((await with_(`arn:aws:iam::${account}:policy/readers`)).status, 200)
  assert.equal((await with_('arn:aws:iam::aws:policy/AdministratorAccess')).status, 200)
  assertRefused(
    await with_(`arn:aws:iam::${account}:policy/nobody`),
    400,
    'MalformedPolicyDocument',
    /does not exist/,
  )
})

test('a session policy that is none is a MalformedPolicyDocument', async () => {
  const { web } = chain()
  for (const [policy, message] of [
    ['{', 'The policy is not in the valid JSON format.'],
    [
      JSON.stringify(may('s3:*')).replace('"Effect"', '"Effect":"Deny",$&'),
      'The policy is not in the valid JSON format.',
    ],
    ['{"Statement":[]}', 'Syntax errors in policy.'],
    [JSON.stringify(trusting('*', ['s3:*'])), 'Syntax errors in policy.'],
  ] as const)
    assertRefused(await web({}, { Policy: policy }), 400, 'MalformedPolicyDocument', message)
})

test('what does not fit a session is told with how much too large it is', async () => {
  const { web, assume } = chain(byCi('next', marking))
  const first = credentialsIn(await web())
  const large = Object.assign(
    {},
    ...Array.from({ length: 4 }, (_, i) => tag(i + 1, `key-${i}`, 'v'.repeat(100))),
  )
  assertRefused(
    await assume('next', first, large),
    400,
    'PackedPolicyTooLarge',
    'Packed size of session tags consumes 107% of allotted space.',
  )
  assertRefused(
    await assume('next', first, { ...large, Policy: JSON.stringify(may('s3:GetObject')) }),
    400,
    'PackedPolicyTooLarge',
    /^Packed policy consumes 1\d\d% of allotted space, please use smaller policy\.$/,
  )
})

test('a role is known by its own tags too, and a session tag takes their place', async () => {
  const tagged = { ...byCi('second', marking), tags: [{ key: 'Team', value: 'shop' }] }
  const shop = { StringEquals: { 'aws:PrincipalTag/team': 'shop' } }
  const third = role('third', trusting({ AWS: roleArn('second') }, ['sts:AssumeRole', ...marking], shop))
  const { web, assume } = chain(tagged, third)
  const first = credentialsIn(await web())
  assert.equal((await assume('third', credentialsIn(await assume('second', first)))).status, 200)
  const other = credentialsIn(await assume('second', first, tag(1, 'team', 'bank')))
  assert.equal((await assume('third', other)).status, 403)
})

test('the issuer that a session began with is known to what it asks for later', async () => {
  const { web, assume } = chain(byCi('next', [], { StringEquals: { 'aws:FederatedProvider': provider } }))
  assert.equal((await assume('next', credentialsIn(await web({ iss: gitlab })))).status, 200)
})

test('a session token is as large as was asked for at least, and works as any', async () => {
  const { side, web, assume } = chain(byCi('next', []))
  const first = credentialsIn(await web({}, { MinimumSessionTokenSize: '4096' }))
  const size = first.sessionToken!.reveal().length
  assert.ok(size >= 4096 && size < 4200, String(size))
  const answer = await assume('next', first, { MinimumSessionTokenSize: 0 })
  const { sessionToken } = credentialsIn(answer)
  assert.equal(answer.xml('SessionTokenSize'), String(sessionToken!.reveal().length))
  assert.equal((await side.signed({ Action: 'GetCallerIdentity' }, credentialsIn(answer))).status, 200)
  assert.equal((await web({}, { MinimumSessionTokenSize: '4097' })).xml('Code'), 'ValidationError')
})
