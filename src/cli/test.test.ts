import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { commandPlace, commandsIn } from '../../test/command-place.ts'
import { checkout } from '../../test/fakes/run.ts'
import { mainBranch, roleArn, storyTrust } from '../../test/trust-side.ts'

const claims = { iss: 'https://gitlab.com', sub: mainBranch, aud: 'https://user-audience.test' }
const role = roleArn('deploy')

function tested(t: TestContext, content: unknown, ...more: string[]) {
  const { run } = commandPlace(t, { 'trust.yaml': storyTrust, 'trust-test.yaml': content })
  return run('test', 'trust-test.yaml', ...more)
}

const allowed = { name: 'main deploys', role, claims, expect: 'allow' }
const denied = {
  name: 'others do not',
  role,
  claims: { ...claims, sub: 'x' },
  expect: 'deny',
  because: 'gitlab.com:sub',
}

test('tests that hold end with 0', async (t) => {
  const { code, out } = await tested(t, { trust: 'trust.yaml', tests: [allowed, denied] })
  assert.deepEqual([code, out], [0, '✓ main deploys\n✓ others do not\n'])
})

test('one that does not ends with 1, and says what was decided and why', async (t) => {
  const wrong = [
    { ...allowed, claims: { ...claims, sub: mainBranch.toUpperCase() } },
    { ...denied, because: 'gitlab.com:aud' },
    { ...denied, expect: 'allow', because: undefined },
  ]
  const { code, out } = await tested(t, { trust: ['trust.yaml'], tests: wrong })
  assert.equal(code, 1)
  assert.equal(out.match(/^✗/gm)?.length, 3)
  assert.match(out, /deny: .*differ only in case.*403 AccessDenied/)
  assert.match(out, /which has no "gitlab\.com:aud" in it$/m)
})

test('the example holds', async () => {
  const { code, out, err } = await commandsIn(checkout)('test', 'examples/trust-test.yaml')
  assert.deepEqual([code, err], [0, ''], out)
})

test('JUnit has a case for each, with the failure', async (t) => {
  const { code, out } = await tested(
    t,
    { trust: 'trust.yaml', tests: [allowed, { ...denied, name: 'a "<b>', expect: 'allow' }] },
    '--junit',
  )
  assert.equal(code, 1)
  assert.match(out, /<testsuite name="trust-test\.yaml" tests="2" failures="1">/)
  assert.match(out, /<testcase classname="trust-test\.yaml" name="main deploys"\/>/)
  assert.match(out, /name="a &quot;&lt;b&gt;"><failure message="deny: /)
})

for (const [what, content, words] of [
  ['a test without an expectation', { trust: 'trust.yaml', tests: [{ role, claims }] }, /line 4.*expect/],
  ['no tests', { trust: 'trust.yaml', tests: [] }, /at least one test/],
  ['a trust that is not there', { trust: 'nothing.yaml', tests: [allowed] }, /there is no trust file/],
  [
    'a role that is not in the trust, which whoever is denied shows nothing about',
    { trust: 'trust.yaml', tests: [{ ...denied, because: undefined, role: roleArn('deplyo') }] },
    /"others do not": no role \S+deplyo is in the trust; did you mean \S+deploy\?/,
  ],
  [
    'nothing that is asked for',
    { trust: 'trust.yaml', tests: [{ claims, expect: 'allow' }] },
    /several clouds/,
  ],
] as const)
  test(`${what}: exit code 2`, async (t) => {
    const { code, err } = await tested(t, content)
    assert.equal(code, 2)
    assert.match(err, words)
  })
