import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { mainBranch, roleArn, storyTrust } from '../../test/trust-side.ts'
import type { Io } from './command.ts'
import { dispatch } from './dispatch.ts'

const claims = { iss: 'https://gitlab.com', sub: mainBranch, aud: 'https://user-audience.test' }
const role = roleArn('deploy')

async function tested(t: TestContext, content: unknown, ...more: string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'mayfly-test-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'trust.yaml'), JSON.stringify(storyTrust))
  writeFileSync(join(cwd, 'trust-test.yaml'), JSON.stringify(content, null, 2))
  let out = ''
  let err = ''
  const io: Io = {
    env: {},
    cwd,
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    fancy: false,
  }
  const code = await dispatch(['test', 'trust-test.yaml', ...more], io)
  return { code, out, err }
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
})

test('the example holds', async () => {
  const cwd = fileURLToPath(new URL('../../', import.meta.url))
  let out = ''
  const io: Io = {
    env: {},
    cwd,
    out: (text) => {
      out += text
    },
    err: assert.fail,
    fancy: false,
  }
  assert.equal(await dispatch(['test', 'examples/trust-test.yaml'], io), 0, out)
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
