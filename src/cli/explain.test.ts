import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { commandPlace } from '../../test/command-place.ts'
import { mainBranch, roleArn, storyTrust } from '../../test/trust-side.ts'
import { issueToken } from '../issuer/issuer.ts'
import { keysFromFile } from '../keys/key-ring.ts'

const claims = { iss: 'https://gitlab.com', sub: mainBranch, aud: 'https://user-audience.test' }

function place(t: TestContext, files: Readonly<Record<string, unknown>>) {
  const { cwd, run } = commandPlace(t, { 'claims.json': claims, ...files })
  return { cwd, run: (...args: string[]) => run('explain', ...args) }
}

const policy = storyTrust.aws[0]!.roles[0]!.assumeRolePolicyDocument

test('an allowed token ends with 0, a denied one with 1 and what the caller would be told', async (t) => {
  const { run } = place(t, {
    'policy.json': policy,
    'dev.json': { ...claims, sub: mainBranch.replace('main', 'dev') },
  })
  assert.equal((await run('--trust', 'policy.json', '--claims', 'claims.json')).code, 0)
  const denied = await run('--trust', 'policy.json', '--claims', 'dev.json')
  assert.equal(denied.code, 1)
  assert.match(denied.out, /^DENY[\s\S]*nearest miss[\s\S]*403 AccessDenied: Not authorized/)
})

test('JSON has the decision, every check, the nearest miss and the wire', async (t) => {
  const { run } = place(t, {
    'policy.json': policy,
    'dev.json': { ...claims, sub: mainBranch.toUpperCase() },
  })
  const { json } = await run(
    '--trust',
    'policy.json',
    '--claims',
    'dev.json',
    '--json',
    '--at',
    '2026-11-22T00:00:00Z',
  )
  const { decision, checks, nearMiss, wire, at } = json()
  assert.deepEqual(
    [decision, wire.status, wire.code, at],
    ['deny', 403, 'AccessDenied', '2026-11-22T00:00:00.000Z'],
  )
  assert.match(nearMiss, /differ only in case/)
  assert.ok(
    checks.some(
      (each: { check: string; outcome: string }) =>
        each.check === 'signature' && each.outcome === 'not-checked',
    ),
  )
})

test('a signature is checked with the key file beside the trust file, and looking makes none', async (t) => {
  const { cwd, run } = place(t, { 'trust.yaml': storyTrust })
  const args = ['--trust', 'trust.yaml', '--role', roleArn('deploy'), '--json']
  await run(...args, '--claims', 'claims.json')
  assert.ok(!readdirSync(cwd).includes('.mayfly'))
  const issuer = storyTrust.issuers[0]!
  const keys = keysFromFile(join(cwd, '.mayfly', 'keys.json'), [issuer])
  const { token } = issueToken({ issuer, keys, nowMs: Date.now(), audience: [claims.aud] })
  writeFileSync(join(cwd, 'token'), `${token.reveal()}\n`)
  const signature = async () => {
    const { checks } = (await run(...args, '--token', 'token')).json()
    return checks.find((each: { check: string }) => each.check === 'signature').outcome
  }
  assert.equal(await signature(), 'pass')
  writeFileSync(join(cwd, 'token'), `${token.reveal().slice(0, -8)}AAAAAAAA`)
  assert.equal(await signature(), 'fail')
})

test('the one thing there is needs no name, and among several one has to be named', async (t) => {
  const { run } = place(t, { 'trust.yaml': storyTrust })
  const several = await run('--trust', 'trust.yaml', '--claims', 'claims.json')
  assert.equal(several.code, 2)
  assert.match(several.err, /several clouds[\s\S]*--role/)
  const missing = await run('--trust', 'trust.yaml', '--claims', 'claims.json', '--role', roleArn('nobody'))
  assert.deepEqual([missing.code, /No such role/.test(missing.out)], [1, true])
})

test('a role of a plan is taken for no other, and of one that is open nothing is said', async (t) => {
  const resource = (name: string, more: object) => ({
    address: `aws_iam_role.${name}`,
    mode: 'managed',
    type: 'aws_iam_role',
    values: { name, ...more },
  })
  const resources = [
    resource('deploy', { assume_role_policy: JSON.stringify(policy) }),
    resource('later', {}),
  ]
  const open = { address: 'aws_iam_role.later', change: { after_unknown: { assume_role_policy: true } } }
  const plan = (changes: readonly object[]) => ({
    planned_values: { root_module: { resources: changes.length > 0 ? resources : resources.slice(0, 1) } },
    resource_changes: changes,
  })
  const { run } = place(t, { 'plan.json': plan([open]), 'whole.json': plan([]) })
  const asked = (file: string, role: string) =>
    run('--trust', file, '--claims', 'claims.json', '--role', roleArn(role))
  assert.equal((await asked('plan.json', 'deploy')).code, 0)
  const later = await asked('plan.json', 'later')
  assert.equal(later.code, 2)
  assert.match(later.err, /aws_iam_role\.later: assume_role_policy is known only after apply/)
  const other = await asked('whole.json', 'deplyo')
  assert.equal(other.code, 1)
  assert.match(other.err, /no role \S+deplyo is in the trust; did you mean \S+role\/deploy\?/)
})

test('of an expired token it is said how to see the other checks, and of one within the leeway that it is', async (t) => {
  const past = { ...claims, sub: 'x', iat: 1_700_000_000, exp: 1_700_000_300 }
  const { run } = place(t, { 'policy.json': policy, 'past.json': past })
  const asked = (...more: readonly string[]) =>
    run('--trust', 'policy.json', '--claims', 'past.json', ...more)
  const [, moment = ''] = /--at (\S+) decides/.exec((await asked()).err) ?? []
  assert.equal(Date.parse(moment), 1_700_000_299_000)
  const then = await asked('--at', moment)
  assert.match(then.out, /nearest miss {2}Statement\[0\]\.Condition/)
  assert.equal(then.err, '')
  assert.match((await asked('--at', '1700000310')).out, /hint +It expired 10 s ago, and is taken for \d+ s/)
})

test('two documents of one thing are not chosen from in silence', async (t) => {
  const provider = {
    name: 'projects/111111111111/locations/global/workloadIdentityPools/acme/providers/gitlab',
    attributeMapping: { 'google.subject': 'assertion.sub' },
    oidc: { issuerUri: 'https://gitlab.com' },
  }
  const role = { Role: { Arn: roleArn('deploy'), RoleName: 'deploy', AssumeRolePolicyDocument: policy } }
  const { run } = place(t, {
    'role.json': role,
    'role2.json': role,
    'provider.json': provider,
    'provider2.json': provider,
    'account.json': { bindings: [], etag: 'a' },
    'account2.json': { bindings: [], etag: 'b' },
  })
  const by = (...files: readonly string[]) =>
    run('--claims', 'claims.json', ...files.flatMap((each) => ['--trust', `${each}.json`]))
  for (const files of [
    ['role', 'role2'],
    ['provider', 'provider2'],
    ['provider', 'account', 'account2'],
  ]) {
    const { code, err } = await by(...files)
    assert.equal(code, 2)
    assert.match(err, new RegExp(`there are 2 documents of .*: ${files.at(-2)}\\.json line .*2\\.json line`))
  }
})

for (const [what, args, words] of [
  [
    'a role without its ARN',
    ['--trust', 'policy.json', '--claims', 'claims.json', '--role', 'deploy'],
    /"deploy" is not named by its ARN/,
  ],
  [
    'a provider by the end of its name',
    ['--trust', 'policy.json', '--claims', 'claims.json', '--provider', 'gitlab'],
    /"gitlab" is not named in full/,
  ],
  ['no trust', ['--claims', 'claims.json'], /--trust FILE is missing/],
  ['neither token nor claims', ['--trust', 'policy.json'], /Either --token FILE or --claims/],
  ['both', ['--trust', 'policy.json', '--token', 'x', '--claims', 'y'], /Either --token/],
  [
    'a trust file that is not there',
    ['--trust', 'nothing', '--claims', 'claims.json'],
    /there is no trust file/,
  ],
  ['claims that are not there', ['--trust', 'policy.json', '--claims', 'nothing'], /there is no file/],
  [
    'claims that are a list',
    ['--trust', 'policy.json', '--claims', 'list.json'],
    /expected an object of claims/,
  ],
  [
    'claims that are none',
    ['--trust', 'policy.json', '--claims', 'empty'],
    /^error: empty: .* got nothing$/m,
  ],
  ['a token as claims', ['--trust', 'policy.json', '--claims', 'token'], /token holds a token.*\n.*--token/],
  [
    'claims as a token',
    ['--trust', 'policy.json', '--token', 'claims.json'],
    /^error: claims\.json: the token is an object.*\n.*--claims/,
  ],
  ['a token that is none', ['--trust', 'policy.json', '--token', 'empty'], /^error: empty: the token/],
  [
    'a document of no known shape',
    ['--trust', 'claims.json', '--claims', 'claims.json'],
    /an object with iss, sub, aud is no document about trust/,
  ],
  [
    'a policy that does not compile',
    ['--trust', 'wrong.json', '--claims', 'claims.json'],
    /wrong\.json line 2: .*Effect/,
  ],
  [
    'a time that is none',
    ['--trust', 'policy.json', '--claims', 'claims.json', '--at', 'soon'],
    /is not a time/,
  ],
  [
    'two clouds',
    ['--trust', 'policy.json', '--claims', 'claims.json', '--role', 'a', '--application', 'b'],
    /one thing at a time/,
  ],
  ['a flag without its value', ['--trust', 'policy.json', '--claims'], /^error: --claims needs a value$/m],
  ['an unknown flag', ['--trusts', 'x'], /did you mean --trust/],
] as const)
  test(`${what}: exit code 2`, async (t) => {
    const wrong =
      '{"Version": "2012-10-17", "Statement": [\n{"Effect": "allow", "Principal": "*", "Action": "*"}]}'
    const { run } = place(t, {
      'policy.json': policy,
      'list.json': [1],
      'wrong.json': wrong,
      empty: '',
      token: 'a.b.c',
    })
    const { code, out, err } = await run(...args)
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, words)
  })

test('what a plan leaves open is said before anything is missed', async (t) => {
  const values = { address: 'aws_iam_role.ci', mode: 'managed', type: 'aws_iam_role', values: { name: 'ci' } }
  const change = { address: 'aws_iam_role.ci', change: { after_unknown: { assume_role_policy: true } } }
  const plan = { planned_values: { root_module: { resources: [values] } }, resource_changes: [change] }
  const { code, err } = await place(t, { 'plan.json': plan }).run(
    '--trust',
    'plan.json',
    '--claims',
    'claims.json',
  )
  assert.equal(code, 2)
  assert.match(err, /^open: aws_iam_role\.ci: assume_role_policy is known only after apply\nerror: no role/)
})

test('an authorization server is the one that there is, or the one that is named, and its rules are explained', async (t) => {
  const tokens = 'https://tokens.acme.example'
  const rule = {
    name: 'ci',
    issuer: 'https://gitlab.com',
    condition: 'assertion.ref == "main"',
    resources: [{ identifier: 'https://orders.acme.example', scopes: ['orders.read'] }],
  }
  const server = {
    issuer: tokens,
    providers: [{ issuer: 'https://gitlab.com' }],
    resources: [{ identifier: 'https://orders.acme.example', scopes: ['orders.read'] }],
    rules: [rule],
  }
  const { run } = place(t, {
    'trust.json': { authorizationServers: [server] },
    'wrong.json': {
      authorizationServers: [{ ...server, rules: [{ ...rule, condition: 'assertion.ref ==' }] }],
    },
    'two.json': { authorizationServers: [server, { ...server, issuer: `${tokens}/2` }] },
    'dev.json': { ...claims, aud: tokens, ref: 'dev' },
    'main.json': { ...claims, aud: tokens, ref: 'main' },
  })
  assert.equal(
    (await run('--trust', 'trust.json', '--claims', 'main.json', '--scope', 'orders.read')).code,
    0,
  )
  const denied = await run('--trust', 'two.json', '--claims', 'dev.json', '--authorization-server', tokens)
  assert.equal(denied.code, 1)
  assert.match(denied.out, /presented +dev[\s\S]*400 invalid_request/)
  assert.equal((await run('--trust', 'two.json', '--claims', 'dev.json')).code, 2)
  const wrong = await run('--trust', 'wrong.json', '--claims', 'main.json')
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /wrong\.json line \d+/)
})
