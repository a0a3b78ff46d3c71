import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { documentOf, type GivenTrust } from './given.ts'
import { parseGiven, readGiven } from './read-given.ts'

const read = (document: unknown) =>
  parseGiven(typeof document === 'string' ? document : JSON.stringify(document, null, 2), 'given')
const counts = ({ roles, oidcProviders, poolProviders, serviceAccounts, credentials }: GivenTrust) =>
  [roles, oidcProviders, poolProviders, serviceAccounts, credentials].map((each) => each.length).join('')

const provider = 'arn:aws:iam::123456789012:oidc-provider/gitlab.com'
const policy = {
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Federated: provider },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { 'gitlab.com:sub': 'x' } },
  },
}
const printed = { RoleName: 'deploy', Path: '/ci/', Arn: 'arn:aws:iam::111122223333:role/ci/deploy' }
const pool = {
  name: 'projects/111/locations/global/workloadIdentityPools/ci-pool/providers/gitlab',
  attributeMapping: { 'google.subject': 'assertion.sub' },
  oidc: { issuerUri: 'https://gitlab.com', allowedAudiences: [] },
  state: 'ACTIVE',
}
const credential = {
  name: 'main',
  issuer: 'https://gitlab.com',
  subject: 'x',
  audiences: ['api://AzureADTokenExchange'],
}

for (const [what, document, expected] of [
  ['a role as the AWS CLI prints it', { Role: { ...printed, AssumeRolePolicyDocument: policy } }, '10000'],
  [
    'a role as the API has it, URL-encoded',
    { ...printed, AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(policy)) },
    '10000',
  ],
  [
    'a list of roles',
    { Roles: [{ ...printed, AssumeRolePolicyDocument: policy }, { AssumeRolePolicyDocument: policy }] },
    '20000',
  ],
  ['a trust policy', policy, '10000'],
  ['an OIDC provider', { Url: 'gitlab.com', ClientIDList: ['a'], ThumbprintList: [] }, '01000'],
  ['a provider of a pool', pool, '00100'],
  ['a list of them', [pool, pool], '00200'],
  ["a service account's policy", { bindings: [], etag: 'BwX', version: 1 }, '00010'],
  ['an empty policy', { etag: 'ACAB' }, '00010'],
  ['a federated credential', { ...credential, claimsMatchingExpression: null, description: '' }, '00001'],
  [
    'a list of Graph’s',
    {
      '@odata.context': "https://graph.microsoft.com/v1.0/$metadata#applications('a')/x",
      value: [credential],
    },
    '00001',
  ],
  [
    'YAML',
    'name: projects/111/locations/global/workloadIdentityPools/ci-pool/providers/gitlab\nattributeMapping:\n  google.subject: assertion.sub\noidc:\n  issuerUri: https://gitlab.com\n',
    '00100',
  ],
] as const)
  test(`${what} is told apart by its shape`, () => {
    assert.equal(counts(read(document)), expected)
  })

test('a role has its own account and name; a policy alone has that of the provider that it names', () => {
  const own = read({ Role: { ...printed, AssumeRolePolicyDocument: policy } }).roles[0]!
  assert.deepEqual(
    [own.account, own.document.path, own.document.name, own.bare],
    ['111122223333', '/ci/', 'deploy', false],
  )
  const bare = read(policy).roles[0]!
  assert.deepEqual([bare.account, bare.bare], ['123456789012', true])
})

test('a place knows its line, through a single statement as well', () => {
  const [role] = read({ Role: { ...printed, AssumeRolePolicyDocument: policy } }).roles
  const text = JSON.stringify({ Role: { ...printed, AssumeRolePolicyDocument: policy } }, null, 2).split('\n')
  const line = role!.place.line(['Statement', 0, 'Condition', 'StringEquals', 'gitlab.com:sub'])
  assert.match(text[line - 1]!, /gitlab\.com:sub/)
})

test('trust.yaml stands as it is registered, and a policy of its own file has its place there', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-given-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy, null, 2))
  const trust = {
    aws: [
      { account: '123456789012', roles: [{ name: 'r', assumeRolePolicyDocument: { file: 'policy.json' } }] },
    ],
  }
  writeFileSync(join(folder, 'trust.yaml'), JSON.stringify(trust))
  const given = readGiven(join(folder, 'trust.yaml'), 'trust.yaml')
  assert.deepEqual(given.completeAccounts, ['123456789012'])
  assert.match(given.roles[0]!.place.file, /policy\.json$/)
  assert.ok(given.roles[0]!.place.line(['Statement', 0, 'Effect']) > 1)
  assert.equal(documentOf(given).aws[0]!.roles[0]!.name, 'r')
})

test('a document of no known shape is refused, and the known ones are named', () => {
  assert.throws(() => read({ hello: 1 }), { code: 'REGISTRY_DOCUMENT', hint: /federated.*Terraform/ })
  assert.throws(() => read({ Role: { AssumeRolePolicyDocument: '%7Bbroken' } }), {
    code: 'REGISTRY_DOCUMENT',
  })
  assert.throws(() => read({ ...pool, oidc: undefined }), { code: 'REGISTRY_DOCUMENT', message: /neither/ })
})

const resource = (type: string, values: object, name = 'x') => ({
  address: `${type}.${name}`,
  mode: 'managed',
  type,
  name,
  values,
})
const plan = (resources: object[], changes: object[] = [], inner: object[] = []) => ({
  format_version: '1.2',
  planned_values: { root_module: { resources, child_modules: [{ address: 'module.a', resources: inner }] } },
  resource_changes: changes,
})

test('a Terraform plan gives what it holds, in modules too', () => {
  const member = `principalSet://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/ci-pool/*`
  const account = 'projects/acme/serviceAccounts/ci@acme.iam.gserviceaccount.com'
  const given = read(
    plan(
      [
        resource('aws_iam_role', {
          name: 'deploy',
          path: '/',
          assume_role_policy: JSON.stringify(policy),
          max_session_duration: 7200,
        }),
        resource('aws_iam_openid_connect_provider', { url: 'https://gitlab.com', client_id_list: ['a'] }),
        resource('aws_s3_bucket', {}),
        resource('google_project_iam_member', { project: 'acme', role: 'roles/editor', member }),
        resource('google_project_iam_policy', {
          policy_data: JSON.stringify({ bindings: [{ role: 'roles/viewer', members: [member] }] }),
        }),
        resource('google_iam_workload_identity_pool_provider', {
          project: 'acme',
          workload_identity_pool_id: 'ci-pool',
          workload_identity_pool_provider_id: 'gitlab',
          attribute_mapping: { 'google.subject': 'assertion.sub' },
          attribute_condition: null,
          disabled: null,
          oidc: [{ issuer_uri: 'https://gitlab.com', allowed_audiences: null, jwks_json: null }],
          aws: [],
        }),
        resource('google_service_account_iam_member', {
          service_account_id: account,
          role: 'roles/iam.workloadIdentityUser',
          member,
        }),
        resource('google_service_account_iam_binding', {
          service_account_id: account,
          role: 'roles/iam.serviceAccountTokenCreator',
          members: [member],
          condition: [{ title: 'x', description: null, expression: 'request.time < date("2027-01-01")' }],
        }),
      ],
      [],
      [
        resource('azuread_application_federated_identity_credential', {
          ...credential,
          name: undefined,
          display_name: 'main',
          application_id: '/applications/abc',
        }),
        resource('azurerm_federated_identity_credential', {
          name: 'm',
          issuer: 'https://gitlab.com',
          subject: 'y',
          audience: ['a'],
          parent_id: '/subscriptions/s/userAssignedIdentities/u',
        }),
      ],
    ),
  )
  assert.equal(counts(given), '11112')
  assert.equal(given.poolProviders[0]!.projectNumber, '111')
  assert.deepEqual(
    given.serviceAccounts[0]!.document.bindings.map(({ condition }) => condition),
    [undefined, { title: 'x', expression: 'request.time < date("2027-01-01")' }],
  )
  assert.deepEqual(
    given.projectBindings.map(({ projectNumber, bindings }) => [projectNumber, bindings[0]!.role]),
    [
      ['acme', 'roles/editor'],
      ['0', 'roles/viewer'],
    ],
  )
  assert.deepEqual(
    given.credentials.map((each) => each.application),
    ['abc', 'u'],
  )
  assert.equal(given.roles[0]!.document.maxSessionDuration, 7200)
})

test('a binding whose condition a plan does not know yet is not taken for one without', () => {
  const condition = [{ title: 'x', description: '' }]
  const values = { service_account_id: 'x', role: 'roles/iam.workloadIdentityUser', member: 'y', condition }
  const bound = resource('google_service_account_iam_member', values)
  const after_unknown = { condition: [{ expression: true }] }
  const given = read(
    plan([bound], [{ address: 'google_service_account_iam_member.x', change: { after_unknown } }]),
  )
  assert.equal(counts(given), '00000')
  assert.deepEqual(given.open, ['google_service_account_iam_member.x: condition is known only after apply'])
})

test('a provider for SAML or X.509 is refused as what it is', () => {
  const name = 'projects/1/locations/global/workloadIdentityPools/p/providers/idp1'
  const attributeMapping = { 'google.subject': 'assertion.subject' }
  for (const [member, kind] of Object.entries({ saml: 'SAML', x509: 'X.509' }))
    assert.throws(
      () => read(JSON.stringify({ name, attributeMapping, [member]: {} })),
      new RegExp(`${member}: makes this a provider for ${kind}, and here`),
    )
})

test('what a plan does not know yet is said, and not guessed at', () => {
  const change = {
    address: 'aws_iam_role.x',
    change: { after_unknown: { arn: true, assume_role_policy: true } },
  }
  const given = read(plan([resource('aws_iam_role', { name: 'deploy' })], [change]))
  assert.equal(counts(given), '00000')
  assert.deepEqual(given.open, ['aws_iam_role.x: assume_role_policy is known only after apply'])
})

const bindings = (values: object) => resource('google_service_account_iam_policy', values)
const nested = (levels: number) => `${'{"a":['.repeat(levels)}${']}'.repeat(levels)}`

for (const [what, document] of [
  ['whose policy is no JSON', JSON.stringify(plan([bindings({ policy_data: '{' })]))],
  ['whose policy is no object', JSON.stringify(plan([bindings({ policy_data: '[]' })]))],
  [
    'of modules without an end',
    `{"planned_values":{"root_module":${nested(5000).replaceAll('a', 'child_modules')}}}`,
  ],
  [
    'that does not know without an end',
    `{"resource_changes":[{"change":{"after_unknown":${nested(5000)}}}]}`,
  ],
] as const)
  test(`a Terraform plan ${what} is REGISTRY_DOCUMENT`, () => {
    assert.throws(() => parseGiven(document, 'plan.json'), { code: 'REGISTRY_DOCUMENT' })
  })

test('the number of a project stands in the bindings for that very pool', () => {
  const pools = (project: string, pool: string) =>
    `principalSet://iam.googleapis.com/projects/${project}/locations/global/workloadIdentityPools/${pool}/*`
  const provider = (pool: string) =>
    resource('google_iam_workload_identity_pool_provider', {
      project: 'acme',
      workload_identity_pool_id: pool,
      workload_identity_pool_provider_id: 'gitlab',
      attribute_mapping: { 'google.subject': 'assertion.sub' },
      oidc: [{ issuer_uri: 'https://gitlab.com' }],
    })
  const members = {
    role: 'roles/iam.workloadIdentityUser',
    members: [pools('7', 'xxxx'), pools('8', 'pool')],
  }
  const policy_data = JSON.stringify({ bindings: [members] })
  const number = (pool: string) =>
    read(plan([provider(pool), bindings({ policy_data })])).poolProviders[0]!.projectNumber
  assert.equal(number('pool'), '8')
  assert.equal(number('p..l'), 'acme')
})
