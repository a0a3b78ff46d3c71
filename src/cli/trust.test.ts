import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandPlace } from '../../test/command-place.ts'

const subject = 'project_path:acme/web:ref_type:branch:ref:main'
const rule = ['--issuer', 'https://gitlab.com', '--subject', subject, '--audience', 'https://aud.test']
const provider = 'projects/123456789012/locations/global/workloadIdentityPools/ci-pool/providers/gitlab'
const said = [...rule, '--account', '123456789012', '--provider', provider]

test('what was rendered is what explain and who take, and lets its token in', async (t) => {
  for (const as of ['aws', 'google', 'entra']) {
    const { cwd, run } = commandPlace(t, {
      'claims.json': { iss: 'https://gitlab.com', sub: subject, aud: 'https://aud.test' },
    })
    const { code, out, err } = await run('trust', 'render', ...said, '--as', as)
    assert.deepEqual([code, err], [0, ''])
    writeFileSync(join(cwd, 'document.json'), out)
    assert.equal((await run('explain', '--trust', 'document.json', '--claims', 'claims.json')).code, 0)
    assert.match((await run('who', '--trust', 'document.json')).out, /project acme\/web, branch main only\n/)
  }
})

test('gcloud gets its command, on one line, quoted for a shell', async (t) => {
  const { out } = await commandPlace(t).run(
    'trust',
    'render',
    ...said,
    '--claim',
    "user_login=o'brien",
    '--as',
    'gcloud',
  )
  assert.equal(
    out,
    `gcloud iam workload-identity-pools providers create-oidc gitlab --project='123456789012' --location='global' --workload-identity-pool='ci-pool' --issuer-uri='https://gitlab.com' --allowed-audiences='https://aud.test' --attribute-mapping='google.subject=assertion.sub' --attribute-condition='assertion.sub == "${subject}" && assertion.user_login == "o'\\''brien"'\n`,
  )
})

test('what a cloud cannot say is told with what would, and nothing is printed in its place', async (t) => {
  const { run } = commandPlace(t)
  const { code, out, err } = await run('trust', 'render', ...said, '--claim', 'ref=main', '--as', 'aws')
  assert.deepEqual([code, out], [1, ''])
  assert.match(
    err,
    /claim ref +AWS has no condition key.*ci_id_token_sub_claim_components[\s\S]*TRUST_INEXPRESSIBLE/,
  )
  const all = await run('trust', 'render', ...said, '--claim', 'ref=main')
  assert.equal(all.code, 1)
  assert.match(
    all.out,
    /# AWS.*\nIt cannot say[\s\S]*# Google[\s\S]*assertion\.ref == "main"[\s\S]*# Entra.*\nIt cannot say/,
  )
})

test('JSON has every cloud’s document, or what it lacks', async (t) => {
  const said = [...rule, '--claim', 'project_id=7', '--claim', 'ref_protected=true']
  const { json, err } = await commandPlace(t).run('trust', 'render', ...said, '--json')
  const { aws, google, entra } = json()
  assert.equal(aws.document.Statement[0].Condition.StringEquals['gitlab.com:project_id'], '7')
  assert.match(google.gcloud, /^gcloud iam /)
  assert.deepEqual(entra.lacks[0].what, 'claim ref_protected')
  assert.match(err, /note: 000000000000 stands for your AWS account[\s\S]*note: my-pool/)
})

const host = 'token.actions.githubusercontent.com'
const role = (...subjects: readonly string[]) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com' },
        StringLike: { [`${host}:sub`]: subjects },
      },
    },
  ],
})
const main = role('repo:acme/web:ref:refs/heads/main')
const files = {
  'main.json': main,
  'again.json': role('repo:acme/web:ref:refs/heads/main', 'repo:acme/web:ref:refs/heads/main'),
  'job.json': role('repo:acme/web:*'),
}

test('a change that lets somebody in ends with 1, with a token that shows it', async (t) => {
  const { run } = commandPlace(t, files)
  const { code, out } = await run('trust', 'diff', 'main.json', 'job.json')
  assert.equal(code, 1)
  assert.match(
    out,
    /\+ gets in now: .*project acme\/web, any job {2}⚠ jobs of pull[\s\S]*sub +repo:acme\/web:\* {2}and {2}not repo:acme\/web:ref:refs\/heads\/main\n/,
  )
  assert.match(out, /for example +\{.*"sub":"repo:acme\/web:pull_request"/)
  assert.match(out, /Somebody gets in who did not before\.\n$/)
})

test('one that lets nobody in ends with 0, and what means the same is told to be the same', async (t) => {
  const { run } = commandPlace(t, files)
  const narrower = await run('trust', 'diff', 'job.json', 'main.json')
  assert.equal(narrower.code, 0)
  assert.match(narrower.out, /- no longer gets in: [\s\S]*Nobody gets in who did not before\.\n$/)
  assert.deepEqual(
    await run('trust', 'diff', 'main.json', 'again.json').then(({ code, out }) => [code, out]),
    [0, 'The same tokens get in by both.\n'],
  )
})

test('JSON has the meaning, and for each part its set, its token and whether the engine confirms it', async (t) => {
  const { json } = await commandPlace(t, files).run('trust', 'diff', 'main.json', 'job.json', '--json')
  const { meaning, differences } = json()
  const [{ confirmed, example, tokens }] = differences[0].opened
  assert.deepEqual([meaning, differences[0].there, confirmed], ['wider', 'both', true])
  assert.deepEqual(tokens.claims.sub, {
    fits: [['repo:acme/web:*']],
    fitsNone: ['repo:acme/web:ref:refs/heads/main'],
    mayBeAbsent: false,
  })
  assert.equal(example.sub, 'repo:acme/web:pull_request')
})

test('a token in which a claim is no text is shown where it gets in', async (t) => {
  const numbered = (id: number) => ({
    name: provider,
    attributeMapping: { 'google.subject': 'assertion.sub' },
    attributeCondition: `assertion.runner_id == ${id}`,
    oidc: { issuerUri: 'https://gitlab.com' },
  })
  const { run } = commandPlace(t, { 'one.json': numbered(1), 'two.json': numbered(2) })
  const { code, out } = await run('trust', 'diff', 'one.json', 'two.json')
  assert.equal(code, 1)
  assert.match(out, /\+ gets in now: a token in which a claim is no text\n +for example +\{.*"runner_id":2\b/)
})

test('what cannot be told is said to be so, and ends with 1', async (t) => {
  const conditioned = (size: number) => ({
    name: provider,
    attributeMapping: { 'google.subject': 'assertion.sub' },
    attributeCondition: `size(assertion.groups) > ${size}`,
    oidc: { issuerUri: 'https://gitlab.com' },
  })
  const { run } = commandPlace(t, { 'two.json': conditioned(2), 'one.json': conditioned(1) })
  const { code, out } = await run('trust', 'diff', 'two.json', 'one.json')
  assert.equal(code, 1)
  assert.match(
    out,
    /\? gets in now: .*\(perhaps: [\s\S]*if +size\(assertion\.groups\) > 1\n[\s\S]*cannot be told\.\n$/,
  )
})

for (const [what, args, words] of [
  ['no word', [], /render or diff is missing/],
  ['another word', ['dif'], /did you mean diff/],
  ['no issuer', ['render', '--subject', 's', '--audience', 'a'], /--issuer is missing/],
  ['a claim without a value', ['render', ...rule, '--claim', 'ref'], /is not NAME=VALUE/],
  ['a claim that has a flag of its own', ['render', ...rule, '--claim', 'sub=x'], /sub is no --claim/],
  ['a claim twice', ['render', ...rule, '--claim', 'a=1', '--claim', 'a=2'], /there twice/],
  ['a cloud that is none', ['render', ...rule, '--as', 'azure'], /none of aws, google, gcloud, entra/],
  ['an account that is none', ['render', ...rule, '--account', '1'], /twelve digits/],
  ['a provider that is none', ['render', ...rule, '--provider', 'x'], /name of a provider/],
  ['an unknown flag', ['render', '--isuer', 'x'], /did you mean --issuer/],
  ['one file', ['diff', 'main.json'], /which two/],
  ['three files', ['diff', 'main.json', 'job.json', 'x'], /is a third/],
  ['a file that is not there', ['diff', 'main.json', 'nothing'], /there is no trust file/],
] as const)
  test(`${what}: exit code 2`, async (t) => {
    const { code, out, err } = await commandPlace(t, files).run('trust', ...args)
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, words)
  })
