import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { keysFromFile } from '../keys/key-ring.ts'
import { checkJws, readJwt, verificationKey } from '../wire/jws.ts'
import type { Io } from './command.ts'
import { issue } from './issue.ts'

const trust = `issuers:
  - { url: https://gitlab.com, shape: gitlab, algorithm: ES256 }
  - { url: https://one.example, shape: kubernetes, algorithm: ES256 }
  - { url: https://two.example, shape: kubernetes, algorithm: ES256 }
`

function place(t: TestContext): { cwd: string; run: (...args: string[]) => Promise<string> } {
  const cwd = mkdtempSync(join(tmpdir(), 'mayfly-issue-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'trust.yaml'), trust)
  const run = async (...args: string[]) => {
    const said: string[] = []
    const io: Io = { env: {}, cwd, out: (text) => said.push(text), err: () => assert.fail(), fancy: false }
    assert.equal(await issue.run(args, io), 0)
    return said.join('')
  }
  return { cwd, run }
}

async function claims(t: TestContext, ...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await place(t).run(...args, '--claims'))
}

test('a token is all that there is on standard output, and the key file beside the trust file signed it', async (t) => {
  const { cwd, run } = place(t)
  const printed = await run(
    'gitlab',
    'project=acme/shop',
    'aud=https://user-audience.test',
    '--lifetime',
    '5m',
  )
  assert.match(printed, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const jwt = readJwt(printed.trim())
  const keys = keysFromFile(join(cwd, '.mayfly', 'keys.json'), [
    { url: 'https://gitlab.com', algorithm: 'ES256' },
  ])
  checkJws(jwt, verificationKey(keys.jwks('https://gitlab.com')![0])!)
  assert.equal(jwt.claims.aud, 'https://user-audience.test')
  assert.equal((jwt.claims.exp as number) - (jwt.claims.iat as number), 300)
})

test('two tokens are signed with one key', async (t) => {
  const { run } = place(t)
  const kid = async () => readJwt((await run('gitlab')).trim()).header.kid
  assert.equal(await kid(), await kid())
})

test('--claims prints the claims and makes no key', async (t) => {
  const { cwd, run } = place(t)
  assert.equal(JSON.parse(await run('gitlab', 'ref=x', '--claims')).ref, 'x')
  assert.deepEqual(readdirSync(cwd), ['trust.yaml'])
})

test('--keys names another key file', async (t) => {
  const { cwd, run } = place(t)
  await run('gitlab', '--keys', 'elsewhere/k.json')
  assert.ok(readdirSync(join(cwd, 'elsewhere')).includes('k.json'))
})

test('a claim takes the place of the platform’s, in the kind that the platform has', async (t) => {
  const made = await claims(
    t,
    'gitlab',
    'ref_protected=false',
    'project_id=20',
    'runner_id=7',
    'exp=1700000000',
  )
  assert.deepEqual(
    [made.ref_protected, made.project_id, made.runner_id, made.exp],
    ['false', '20', 7, 1700000000],
  )
  const other = await claims(
    t,
    'gitlab',
    'groups_direct=a,b',
    'user_email=null',
    'my_list=["x"]',
    'my_text=1',
  )
  assert.deepEqual(
    [other.groups_direct, 'user_email' in other, other.my_list, other.my_text],
    [['a', 'b'], false, ['x'], '1'],
  )
})

test('a plus makes it a claim, and nothing else follows from it', async (t) => {
  const made = await claims(t, 'gitlab', '+ref=x', '+projct=y', '+aud=z')
  assert.deepEqual([made.ref, made.projct, made.aud], ['x', 'y', 'z'])
  assert.equal(made.sub, 'project_path:acme/shop:ref_type:branch:ref:main')
})

test('audiences add up, however they are said', async (t) => {
  const { aud } = await claims(t, 'gitlab', 'aud=b', 'audience=c', '--audience', 'a')
  assert.deepEqual(aud, ['a', 'b', 'c'])
})

test('of several issuers of a shape one has to be named', async (t) => {
  await assert.rejects(claims(t, 'kubernetes'), {
    code: 'COMMAND_USAGE',
    message: /one\.example.*two\.example/,
  })
  assert.equal((await claims(t, 'kubernetes', '--issuer', 'https://two.example')).iss, 'https://two.example')
})

test('an issuer that is not registered is refused, and those that are get named', async (t) => {
  for (const args of [['github'], ['gitlab', '--issuer', 'https://one.example']])
    await assert.rejects(claims(t, ...args), {
      code: 'REGISTRY_DOCUMENT',
      message: /https:\/\/gitlab\.com \(gitlab\).*https:\/\/one\.example \(kubernetes\)/,
    })
})

for (const [what, args] of Object.entries({
  'no shape': [],
  'an unknown shape': ['gitlub'],
  'something without a value': ['gitlab', 'ref'],
  'a slip in an input': ['gitlab', 'projct=acme/shop'],
  'a slip in a claim': ['gitlab', 'ref_protectd=true'],
  'the same thing twice': ['gitlab', 'ref=a', 'ref=b'],
  'a lifetime that is none': ['gitlab', '--lifetime', 'soon'],
  'broken JSON': ['gitlab', 'my_list=["x"'],
  'an unknown flag': ['gitlab', '--audiense', 'a'],
}))
  test(`${what} is COMMAND_USAGE`, (t) => assert.rejects(claims(t, ...args), { code: 'COMMAND_USAGE' }))

test('the help names every input of every shape', () => {
  for (const name of ['project', 'serviceaccount', 'pull_request'])
    assert.match(issue.usage, new RegExp(`^  ${name} `, 'm'))
})
