import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { commandPlace } from '../../test/command-place.ts'
import { mainBranch, storyTrust } from '../../test/trust-side.ts'

const host = 'token.actions.githubusercontent.com'
const role = (...conditions: readonly object[]) => ({
  Version: '2012-10-17',
  Statement: conditions.map((condition) => ({
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: condition,
  })),
})
const aud = { [`${host}:aud`]: 'sts.amazonaws.com' }
const subject = (...subs: readonly string[]) => ({ StringEquals: aud, StringLike: { [`${host}:sub`]: subs } })

function place(t: TestContext, files: Readonly<Record<string, unknown>>) {
  const { run } = commandPlace(t, files)
  return (...args: string[]) => run('who', ...args)
}

for (const [what, condition, words] of [
  ['one branch', subject('repo:acme/web:ref:refs/heads/main'), /project acme\/web, branch main only\n/],
  ['every job', subject('repo:acme/web:*'), /project acme\/web, any job {2}⚠ jobs of pull requests/],
  ['every project', subject('repo:acme/*'), /any project below acme\/ \(repo:acme\/\*\) {2}⚠ jobs of pull/],
  [
    'a prefix of a name',
    subject('repo:acme*'),
    /anybody whose subject fits repo:acme\*.*⚠ everybody at the issuer/,
  ],
  ['nobody in particular', { StringEquals: aud }, /everybody at GitHub Actions {2}⚠ everybody at the issuer/],
  [
    'an owner',
    { StringEquals: { ...aud, [`${host}:repository_owner_id`]: '123' } },
    /any subject, repository_owner_id 123/,
  ],
  [
    'every job but those of pull requests',
    { ...subject('repo:acme/web:*'), StringNotEquals: { [`${host}:sub`]: 'repo:acme/web:pull_request' } },
    /any job\n[\s\S]*sub +repo:acme\/web:\* +and +not repo:acme\/web:pull_request\n/,
  ],
  [
    'what no set says',
    { ...subject('repo:acme/web:*'), IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    /under a condition[\s\S]*if +IpAddress aws:SourceIp "10\.0\.0\.0\/8"\n/,
  ],
] as const)
  test(`seen at a glance: ${what}`, async (t) => {
    const { code, out } = await place(t, { 'role.json': role(condition) })('--trust', 'role.json')
    assert.equal(code, 0)
    assert.match(out, words)
  })

test('what a Deny keeps out is said, and no warning is given for it', async (t) => {
  const policy = role(subject('repo:acme/web:*'))
  const deny = {
    Effect: 'Deny',
    Principal: '*',
    Action: 'sts:*',
    Condition: { StringLike: { [`${host}:sub`]: '*:pull_request' } },
  }
  const document = { ...policy, Statement: [...policy.Statement, deny] }
  const { out } = await place(t, { 'role.json': document })('--trust', 'role.json')
  assert.match(out, /any job, with exceptions\n[\s\S]*except sub +\*:pull_request/)
})

test('a trust file is told cloud by cloud, with the rule and its line', async (t) => {
  const { out } = await place(t, { 'trust.json': storyTrust })('--trust', 'trust.json')
  assert.match(
    out,
    /role arn:aws:iam::123456789012:role\/deploy {2}trust\.json:52\n {2}gitlab\.com {2}project acme\/shop, branch main only/,
  )
  assert.match(
    out,
    /role\/loader-task.*\n {2}no token gets in\n {2}besides {2}Allow sts:AssumeRole to ecs-tasks\.amazonaws\.com\n/,
  )
  assert.match(out, /bq-pool\/providers\/closed .*\n {2}no token gets in\n/)
  assert.match(out, /service account loader@acme\.iam\.gserviceaccount\.com by bq-pool\//)
})

test('an expression that is no set is shown as it stands', async (t) => {
  const provider = {
    name: 'projects/123456789012/locations/global/workloadIdentityPools/ci-pool/providers/gitlab',
    attributeMapping: { 'google.subject': 'assertion.sub' },
    attributeCondition: "assertion.namespace_path == 'acme' && size(assertion.groups) > 2",
    oidc: { issuerUri: 'https://gitlab.com' },
  }
  const who = place(t, { 'provider.json': provider })
  assert.match(
    (await who('--trust', 'provider.json')).out,
    /namespace_path +acme\n +if +size\(assertion\.groups\) > 2\n/,
  )
  const [way] = (await who('--trust', 'provider.json', '--json')).json().entrances[0].ways
  assert.deepEqual(way.lets.conditions, [{ text: 'size(assertion.groups) > 2', holds: true }])
  assert.deepEqual(way.lets.claims.namespace_path, { fits: [['acme']], fitsNone: [], mayBeAbsent: false })
})

test('candidates get in by a statement, or are told the nearest reason', async (t) => {
  const claims = { iss: `https://${host}`, aud: 'sts.amazonaws.com' }
  const main = { ...claims, sub: 'repo:acme/web:ref:refs/heads/main' }
  const other = { ...claims, sub: 'repo:acme/other:ref:refs/heads/main' }
  const who = place(t, {
    'role.json': role(subject('repo:acme/api:*'), subject('repo:acme/web:*')),
    'list.json': [main, other],
    'lines.jsonl': `${JSON.stringify(other)}\n\n${JSON.stringify(main)}\n`,
  })
  const { code, out } = await who('--trust', 'role.json', '--candidates', 'list.json')
  assert.equal(code, 0)
  assert.match(out, /refs\/heads\/main.*\n {2}✓ {2}this role {2}by Statement\[1\]\n/)
  assert.match(
    out,
    /repo:acme\/other.*\n {2}✗ {2}this role {2}Statement\[.\]\.Condition.*presented "repo:acme\/other/,
  )
  const lines = (await who('--trust', 'role.json', '--candidates', 'lines.jsonl', '--json')).json().candidates
  assert.deepEqual(
    lines.map((each: { entrances: { decision: string }[] }) => each.entrances[0]?.decision),
    ['deny', 'allow'],
  )
  const tokens = place(t, { 'role.json': role(subject('repo:acme/web:*')), tokens: `${jwtWith(main)}\n` })
  assert.match((await tokens('--trust', 'role.json', '--candidates', 'tokens')).out, /✓ {2}this role/)
})

function jwtWith(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', kid: 'a' })}.${part(claims)}.c2ln`
}

test('a candidate for all clouds is tried at each', async (t) => {
  const claims = { iss: 'https://gitlab.com', sub: mainBranch, aud: 'https://user-audience.test' }
  const { json } = await place(t, { 'trust.json': storyTrust, 'c.json': [claims] })(
    '--trust',
    'trust.json',
    '--candidates',
    'c.json',
    '--json',
  )
  const allowed = json().candidates[0].entrances.filter(
    (each: { decision: string }) => each.decision === 'allow',
  )
  assert.deepEqual(
    allowed.map((each: { name: string; by: string }) => [each.name, each.by]),
    [['role arn:aws:iam::123456789012:role/deploy', 'Statement[0]']],
  )
})

for (const [what, args, words] of [
  ['no trust', [], /--trust FILE is missing/],
  ['a trust file that is not there', ['--trust', 'nothing'], /there is no trust file/],
  [
    'candidates that are not there',
    ['--trust', 'role.json', '--candidates', 'nothing'],
    /there is no file nothing/,
  ],
  ['a candidate that is none', ['--trust', 'role.json', '--candidates', 'wrong'], /wrong line 2/],
  [
    'a list with something else',
    ['--trust', 'role.json', '--candidates', 'numbers.json'],
    /numbers\.json \[0\]: expected a token/,
  ],
  ['a policy that does not compile', ['--trust', 'broken.json'], /broken\.json line 5: /],
  ['an unknown flag', ['--trusts', 'x'], /did you mean --trust/],
] as const)
  test(`${what}: exit code 2`, async (t) => {
    const { code, out, err } = await place(t, {
      'role.json': role(subject('a')),
      wrong: '{"iss": "x"}\nnot a token\n',
      'numbers.json': [7],
      'broken.json': { Version: '2012-10-17', Statement: [{ Effect: 'allow' }] },
    })(...args)
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, words)
  })

test('an account whose pools are not in the files is no account that nobody gets into', async (t) => {
  const pool = 'projects/123456789012/locations/global/workloadIdentityPools/ci-pool'
  const members = [`principalSet://iam.googleapis.com/${pool}/*`]
  const who = place(t, { 'sa.json': { bindings: [{ role: 'roles/iam.workloadIdentityUser', members }] } })
  const { out } = await who('--trust', 'sa.json')
  assert.match(
    out,
    /this service account by .*ci-pool {2}sa\.json:1\n {2}\? the providers of .* are not in these files/,
  )
})

test('an authorization server is told by what can be asked for there, and what else it allows', async (t) => {
  const server = {
    issuer: 'https://tokens.acme.example',
    providers: [{ issuer: 'https://gitlab.com' }],
    resources: [{ identifier: 'https://orders.acme.example', scopes: ['read', 'write'] }],
    rules: [
      {
        name: 'ci',
        issuer: 'https://gitlab.com',
        condition: 'assertion.project_path == "acme/shop"',
        resources: [{ identifier: 'https://orders.acme.example', scopes: ['read'] }],
      },
    ],
  }
  const who = place(t, { 'trust.json': { authorizationServers: [server] } })
  const { code, out, err } = await who('--trust', 'trust.json')
  assert.deepEqual([code, err], [0, ''])
  assert.match(
    out,
    /read at https:\/\/orders\.acme\.example by authorization server .*\n {2}gitlab\.com {2}any subject, project_path acme\/shop\n/,
  )
  assert.match(out, /write at https:\/\/orders\.acme\.example by .*\n {2}no token gets in\n/)
  assert.match(out, /besides {2}Allow access tokens for 900 s by rules\["ci"\]/)
})
