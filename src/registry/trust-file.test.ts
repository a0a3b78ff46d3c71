import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { MayflyError } from '../errors.ts'
import { parseTrust, readTrustFile } from './trust-file.ts'

const statement = '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
const example = fileURLToPath(new URL('../../examples/trust.yaml', import.meta.url))

/** What is wrong with a document, as `place: why`. */
function problems(text: string, read?: (path: string) => string): string[] {
  try {
    parseTrust(text, 'trust.yaml', read)
  } catch (error) {
    const { code, attempts } = error as MayflyError
    assert.equal(code, 'REGISTRY_DOCUMENT', String(error))
    return attempts.map((each) => `${each.what}: ${each.why}`)
  }
  return []
}

/** The one problem with one changed value in a document that is otherwise right. */
function problem(text: string): string {
  const found = problems(text)
  assert.equal(found.length, 1, `${text}\n${found.join('\n')}`)
  return found[0]!
}

const account = (rest: string) => `aws:\n  - account: "123456789012"\n${rest}`
const provider = (rest: string) => account(`    oidcProviders:\n      - ${rest}\n`)
const role = (rest: string) =>
  account(
    `    roles:\n      - name: deploy\n        assumeRolePolicyDocument: '${statement}'\n        ${rest}\n`,
  )
const project = (rest: string) => `google:\n  - projectNumber: "111111111111"\n    projectId: acme\n${rest}`
const pool = (rest: string) =>
  project(
    `    pools:\n      - id: bq-pool\n        providers:\n          - id: some-provider\n            ${rest}\n`,
  )
const oidc = (rest: string) =>
  pool(
    `attributeMapping: { google.subject: assertion.sub }\n            oidc: { issuerUri: "https://a.example", ${rest} }`,
  )
const binding = (member: string) =>
  project(
    `    serviceAccounts:\n      - email: a@acme.iam.gserviceaccount.com\n        bindings:\n          - role: roles/iam.workloadIdentityUser\n            members: ["${member}"]\n`,
  )

test('the example is right, and has its defaults filled in', async () => {
  const trust = await readTrustFile(example)
  const [deploy] = trust.aws[0]!.roles
  assert.equal(trust.issuers[0]!.algorithm, 'RS256')
  assert.deepEqual([deploy!.path, deploy!.maxSessionDuration, deploy!.policies], ['/', 3600, []])
  const [aws, gitlab] = trust.google[0]!.pools[0]!.providers
  assert.match(aws!.attributeMapping['attribute.aws_role']!, /assumed-role/)
  assert.deepEqual(gitlab!.oidc, { issuerUri: 'https://gitlab.com', allowedAudiences: [], reach: 'public' })
  assert.match(trust.google[0]!.serviceAccounts[0]!.uniqueId, /^1\d{20}$/)
})

test('a name that is no text is one problem', () => {
  assert.match(problem(role('').replace('name: deploy', 'name: { a: 1 }')), /roles\[0\]\.name: expected/)
  for (const kind of ['managedPolicies', 'users'])
    assert.match(problems(account(`    ${kind}: [{ name: 1 }]\n`)).join('\n'), /\[0\]\.name: expected/)
  assert.match(problems(role('tags: [{ key: 1, value: a }]')).join('\n'), /tags\[0\]\.key: expected/)
})

test('every problem of a great many is told', () => {
  assert.equal(problems(`{"issuers":[${'{},'.repeat(70_000)}{}]}`).length, 140_002)
})

test('a trust file or a policy that nests too deep is refused with that reason', () => {
  const deep = '['.repeat(101) + ']'.repeat(101)
  assert.match(problem(`{"aws":${deep}}`), /nest over 100 levels/)
  assert.match(problem(role('').replace(statement, deep)), /JSON text is wrong: lists and objects nest over/)
})

test('JSON is read as well as YAML', () => {
  const [first] = parseTrust('{"aws":[{"account":"123456789012"}]}', 'trust.json').aws
  assert.deepEqual(first, { account: '123456789012', oidcProviders: [], roles: [] })
})

test('an account that begins with zero keeps it, and a long ID its digits, without quotes', () => {
  const trust = parseTrust(
    'aws: [{account: 012345678901}]\ngoogle: [{projectNumber: 7, projectId: acme, serviceAccounts: [{email: a@acme.iam.gserviceaccount.com, uniqueId: 123456789012345678901}]}]',
    'trust.yaml',
  )
  assert.equal(trust.aws[0]!.account, '012345678901')
  assert.equal(trust.google[0]!.projectNumber, '7')
  assert.equal(trust.google[0]!.serviceAccounts[0]!.uniqueId, '123456789012345678901')
})

test('a policy may stand in place, as JSON text, or in a file beside', () => {
  const wanted = JSON.parse(statement)
  const inPlace = parseTrust(account(`    roles: [{ name: a, assumeRolePolicyDocument: ${statement} }]`), 't')
  const asText = parseTrust(
    account(`    roles: [{ name: a, assumeRolePolicyDocument: '${statement}' }]`),
    't',
  )
  const read: string[] = []
  const inFile = parseTrust(
    account(
      '    roles: [{ name: a, assumeRolePolicyDocument: { file: ./a.json }, policies: [{ file: b.json }] }]',
    ),
    't',
    (path) => {
      read.push(path)
      return statement
    },
  )
  for (const each of [inPlace, asText, inFile])
    assert.deepEqual(each.aws[0]!.roles[0]!.assumeRolePolicyDocument, wanted)
  assert.deepEqual(inFile.aws[0]!.roles[0]!.policies, [wanted])
  assert.deepEqual(read, ['./a.json', 'b.json'])
})

test('every problem is told at once, each with its line and its place', () => {
  const found = problems(
    [
      'issuers:',
      '  - url: http://gitlab.com',
      '    shape: gitlap',
      'aws:',
      '  - account: "12"',
      '    roles:',
      '      - name: de ploy',
      '        maxSessionDuration: 60',
      '        asumeRolePolicyDocument: {}',
      'color: red',
      'gogle: []',
    ].join('\n'),
  )
  assert.deepEqual(
    found.map((each) => each.slice(0, each.indexOf(': '))),
    [
      'line 2, issuers[0].url',
      'line 3, issuers[0].shape',
      'line 5, aws[0].account',
      'line 7, aws[0].roles[0].name',
      'line 7, aws[0].roles[0].assumeRolePolicyDocument',
      'line 8, aws[0].roles[0].maxSessionDuration',
      'line 9, aws[0].roles[0].asumeRolePolicyDocument',
      'line 10, color',
      'line 11, gogle',
    ],
  )
})

test('an unknown key names the one that was meant', () => {
  assert.match(problem(role('maxSessionDuraton: 3600')), /did you mean maxSessionDuration\?/)
  assert.match(
    problem(provider('{ url: "https://a.example", ClientIDList: [] }')),
    /did you mean clientIds\?/,
  )
  assert.match(
    problem('colour: red'),
    /known are \$schema, issuers, aws, google, entra and authorizationServers/,
  )
})

test('a key that stands twice is refused, at its second place', () => {
  assert.match(problem('aws: []\nissuers: []\naws: []'), /^line 3, aws: .*twice/)
  assert.match(problem('{"aws":[],\n"aws":[]}'), /^line 2, aws: .*twice/)
  const twice = '{"Statement":[],\n"Statement":[]}'
  assert.match(
    problem(account(`    roles: [{ name: a, assumeRolePolicyDocument: ${JSON.stringify(twice)} }]`)),
    /twice/,
  )
})

test('what is registered twice is refused', () => {
  const deploy = `{ name: deploy, assumeRolePolicyDocument: ${statement} }`
  assert.match(
    problem(account(`    roles: [${deploy}, ${deploy.replace('deploy', 'Deploy')}]`)),
    /roles\[1\]/,
  )
  assert.match(problem('aws: [{ account: "123456789012" }, { account: "123456789012" }]'), /aws\[1\]/)
  assert.match(
    problem(provider('url: https://a.example\n      - url: https://a.example')),
    /aws\[0\]\.oidcProviders\[1\]/,
  )
  const holder = (n: number) =>
    `{ projectNumber: ${n}, projectId: acme-${n}, serviceAccounts: [{ email: a@acme.iam.gserviceaccount.com }] }`
  assert.match(problem(`google: [${holder(1)}, ${holder(2)}]`), /google\[1\]\.serviceAccounts\[0\]\.email/)
})

test('broken syntax names its line', () => {
  assert.match(problems('aws:\n  - account: "1\n')[0]!, /^line \d/)
  assert.match(problems('{"aws": [}')[0]!, /^line 1/)
  assert.notEqual(problems('aws: !!js/function "x"').length, 0)
})

test('a document that is no mapping is refused', () => {
  for (const text of ['', '[]', 'text', '# only a comment']) assert.notEqual(problems(text).length, 0, text)
})

test('aliases that multiply are refused before they fill the memory', () => {
  const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)
  assert.equal(problems(`a0: &a0 [x]\n${levels.join('\n')}`).length > 0, true)
})

for (const [what, text] of Object.entries({
  'a provider without https': provider('url: http://a.example'),
  'a provider without https on loopback': provider('url: http://localhost'),
  'a provider with a port': provider('url: https://a.example:8443'),
  'a provider with the port that https has anyway': provider('url: https://a.example:443'),
  'a provider with a query': provider('url: https://a.example/?a=b'),
  'a provider with a user': provider('url: https://a@a.example'),
  'a provider with 101 client IDs': provider(
    `{ url: "https://a.example", clientIds: [${'a,'.repeat(101)}] }`,
  ),
  'a client ID of 256 characters': provider(`{ url: "https://a.example", clientIds: [${'a'.repeat(256)}] }`),
  'a sixth thumbprint': provider(
    `{ url: "https://a.example", thumbprints: [${`${'a'.repeat(40)},`.repeat(6)}] }`,
  ),
  'a role name with a space': role('path: /a b/'),
  'a session of an hour less a second': role('maxSessionDuration: 3599'),
  'a session of twelve hours and a second': role('maxSessionDuration: 43201'),
  'a session that is text': role('maxSessionDuration: 1h'),
  'a policy without a statement': account('    roles: [{ name: a, assumeRolePolicyDocument: {} }]'),
  'a policy text that is no policy': account('    roles: [{ name: a, assumeRolePolicyDocument: anybody }]'),
  'a pool ID of three characters': project('    pools: [{ id: abc }]'),
  'a pool ID in capitals': project('    pools: [{ id: ABCD }]'),
  'a pool ID that Google keeps': project('    pools: [{ id: gcp-pool }]'),
  'a project by its ID': 'google: [{ projectNumber: acme, projectId: acme }]',
  'a provider of both kinds': pool(
    'aws: { accountId: "123456789012" }\n            oidc: { issuerUri: "https://a.example" }',
  ),
  'a provider of neither kind': pool('attributeMapping: { google.subject: assertion.sub }'),
  'an OIDC provider without a mapping': pool('oidc: { issuerUri: "https://a.example" }'),
  'a mapping without google.subject': pool(
    'aws: { accountId: "123456789012" }\n            attributeMapping: { attribute.a: assertion.arn }',
  ),
  'a mapped attribute in capitals': pool(
    'aws: { accountId: "123456789012" }\n            attributeMapping: { google.subject: a, attribute.A: b }',
  ),
  'eleven audiences': oidc(`allowedAudiences: [${'a,'.repeat(11)}]`),
  'an audience of 257 characters': oidc(`allowedAudiences: [${'a'.repeat(257)}]`),
  'a JWKS with a private key': oidc(`jwksJson: '{"keys":[{"kty":"RSA","n":"a","e":"AQAB","d":"a"}]}'`),
  'a service account by another e-mail': project('    serviceAccounts: [{ email: loader@example.com }]'),
  'a member by the project ID': binding(
    'principal://iam.googleapis.com/projects/acme/locations/global/workloadIdentityPools/bq-pool/subject/a',
  ),
  'a set without a value': binding(
    'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/bq-pool/attribute.a',
  ),
  'a subject as a set': binding(
    'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/bq-pool/subject/a',
  ),
  'a member of no kind': binding('loader@acme.iam.gserviceaccount.com'),
  'an issuer over plain HTTP': 'issuers: [{ url: http://gitlab.example, shape: gitlab }]',
}))
  test(`${what} is refused`, () => void problem(text))

for (const [what, text] of Object.entries({
  'an issuer on loopback over plain HTTP': 'issuers: [{ url: "http://127.0.0.1:8080", shape: gitlab }]',
  'a provider with a path': provider('url: https://a.example/id/CLUSTER/'),
  'a principal': binding(
    'principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/bq-pool/subject/a:b/c',
  ),
  'a whole pool': binding(
    'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/bq-pool/*',
  ),
  'a group': binding(
    'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/bq-pool/group/g',
  ),
  'another service account': binding('serviceAccount:b@acme.iam.gserviceaccount.com'),
  'a public JWKS': oidc(`jwksJson: '{"keys":[{"kty":"RSA","n":"a","e":"AQAB"}]}'`),
  'an issuer on a port, at Google': pool(
    'attributeMapping: { google.subject: assertion.sub }\n            oidc: { issuerUri: "https://a.example:8443/x" }',
  ),
}))
  test(`${what} is taken`, () => assert.deepEqual(problems(text), []))

test('a pasted private key is not repeated in the message', () => {
  const found = problem(oidc(`jwksJson: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}'`))
  assert.doesNotMatch(found, /c2VjcmV0/)
})

test('a policy file that cannot be read, or is wrong, is told with its name', () => {
  const text = account('    roles: [{ name: a, assumeRolePolicyDocument: { file: role.json } }]')
  const absent = () => {
    throw Object.assign(new Error(), { code: 'ENOENT' })
  }
  assert.deepEqual(problems(text, absent), [
    'line 3, aws[0].roles[0].assumeRolePolicyDocument: the file "role.json" cannot be read (ENOENT)',
  ])
  assert.match(problems(text, () => '{\n"a":1,\n"a":2}')[0]!, /^role\.json line 3, a: /)
})

test('a file that is not there is REGISTRY_DOCUMENT', async () => {
  await assert.rejects(readTrustFile('/nowhere/trust.yaml'), { code: 'REGISTRY_DOCUMENT' })
})

test('a relative path is relative to the working directory, not to itself', async () => {
  const { relative } = await import('node:path')
  assert.equal((await readTrustFile(relative(process.cwd(), example))).aws.length, 1)
})

test('a policy keeps a key called __proto__ to itself', () => {
  const text = account(`    roles: [{ name: a, assumeRolePolicyDocument: '{"__proto__":{"Statement":[]}}' }]`)
  assert.match(problem(text), /Statement/)
  assert.equal(({} as { Statement?: unknown }).Statement, undefined)
})

// In two parts for scanners: nobody's.
const keyId = ['AKIA', 'QNZGKIQY56JQ7WML'].join('')
const allowed = '{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
const people = (rest: string) => account(`    users: [{ name: ann, ${rest} }]\n`)

test('users, managed policies, boundaries and tags have the shapes of IAM, and their policies stand where those of roles may', () => {
  const limits =
    'managedPolicyArns: ["arn:aws:iam::123456789012:policy/team/read"], permissionsBoundary: "arn:aws:iam::aws:policy/AWSDenyAll", tags: [{ key: Team, value: shop }]'
  const [home] = parseTrust(
    account(
      `    outboundWebIdentityFederation: true\n    managedPolicies: [{ name: read, path: /team/, policyDocument: { file: read.json } }]\n` +
        `    users: [{ name: ann, policies: ['${allowed}'], accessKeys: [{ id: ${keyId} }], ${limits} }]\n`,
    ),
    'trust.yaml',
    () => allowed,
  ).aws
  const policy = JSON.parse(allowed)
  assert.equal(home?.outboundWebIdentityFederation, true)
  assert.deepEqual(home?.managedPolicies, [{ name: 'read', path: '/team/', policyDocument: policy }])
  assert.deepEqual(home?.users, [
    {
      name: 'ann',
      path: '/',
      policies: [policy],
      managedPolicyArns: ['arn:aws:iam::123456789012:policy/team/read'],
      permissionsBoundary: 'arn:aws:iam::aws:policy/AWSDenyAll',
      tags: [{ key: 'Team', value: 'shop' }],
      accessKeys: [{ id: keyId }],
    },
  ])
})

for (const [what, text, told] of [
  ['an access key ID of another form', people('accessKeys: [{ id: AKIAIOSFODNN7EXAMPLE }]'), /issue aws-key/],
  ['a secret beside an access key ID', people(`accessKeys: [{ id: ${keyId}, secret: x }]`), /secret/],
  ['a third access key', people(`accessKeys: [${`{ id: ${keyId} },`.repeat(3)}]`), /at most 2/],
  [
    'two tags that differ in letter case',
    people('tags: [{ key: a, value: x }, { key: A, value: y }]'),
    /tag/,
  ],
  ['a tag with a star', people('tags: [{ key: "a*", value: x }]'), /tag key/],
  ['a boundary that is no policy', role(`permissionsBoundary: ${keyId}`), /managed policy/],
  ['two users of one name', account('    users: [{ name: ann }, { name: Ann }]\n'), /users\[1\]/],
] as const)
  test(`${what} is refused`, () => {
    assert.match(problem(text), told)
  })

test('a value that YAML has and JSON has not is a problem of the file', () => {
  for (const text of ['!!binary aGk=', '!!set { a }', 'issuers: !!timestamp 2026-11-22'])
    assert.throws(() => parseTrust(text, 'trust.yaml'), { code: 'REGISTRY_DOCUMENT' })
})
