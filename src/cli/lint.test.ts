import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { commandPlace } from '../../test/command-place.ts'

const host = 'token.actions.githubusercontent.com'
const role = (condition: object) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: condition,
    },
  ],
})
const aud = { [`${host}:aud`]: 'sts.amazonaws.com' }
const open = role({ StringEquals: aud, StringLike: { [`${host}:sub`]: 'repo:*' } })
const wide = role({ StringEquals: { ...aud, [`${host}:sub`]: 'repo:acme/shop:ref:refs/heads/main' } })
const sound = role({ StringEquals: { ...aud, [`${host}:sub`]: 'repo:acme@1/shop@2:ref:refs/heads/main' } })

function place(t: TestContext, files: Readonly<Record<string, unknown>>) {
  const { run } = commandPlace(t, files)
  return (...args: string[]) => run('lint', ...args)
}

test('a sound document is quiet, and ends with 0', async (t) => {
  const { code, out, err } = await place(t, { 'role.json': sound })('role.json')
  assert.deepEqual([code, out, err], [0, '', ''])
})

test('what is high or worse ends with 1, what is less with 0', async (t) => {
  const lint = place(t, { 'open.json': open, 'wide.json': wide })
  const found = await lint('open.json')
  assert.equal(found.code, 1)
  assert.match(found.out, /^open\.json:15 {2}critical {2}aws-sub-any-owner\n[\s\S]*gets through {2}\{.*evil/)
  const less = await lint('wide.json')
  assert.deepEqual([less.code, /low {2}aws-name-not-id/.test(less.out)], [0, true])
  assert.equal((await lint('wide.json', 'open.json')).code, 1)
})

test('of several roles in one file each finding says whose it is', async (t) => {
  const printed = (name: string) => ({
    Arn: `arn:aws:iam::123456789012:role/${name}`,
    RoleName: name,
    AssumeRolePolicyDocument: open,
  })
  const roles = { Roles: [printed('a'), printed('b')] }
  const resource = {
    address: 'aws_iam_role.ci',
    mode: 'managed',
    type: 'aws_iam_role',
    values: { name: 'ci', assume_role_policy: JSON.stringify(open) },
  }
  const plan = { planned_values: { root_module: { resources: [resource] } } }
  const lint = place(t, { 'roles.json': JSON.stringify(roles), 'plan.json': JSON.stringify(plan) })
  const { findings } = JSON.parse((await lint('roles.json', 'plan.json', '--json')).out)
  const worst = findings.filter(({ severity }: { severity: string }) => severity === 'critical')
  assert.deepEqual(worst.map(({ document }: { document: string }) => document).sort(), [
    'role arn:aws:iam::123456789012:role/a',
    'role arn:aws:iam::123456789012:role/b',
    'role ci',
  ])
  const { out } = await lint('roles.json')
  assert.match(out, /^roles\.json:1 {2}critical {2}aws-sub-any-owner {2}role \S+role\/b\n/m)
})

test('what several findings come to is written once', async (t) => {
  const { out } = await place(t, { 'open.json': open })('open.json')
  assert.equal(out.match(/"Version"/g)?.length, 1)
  const all = role({ StringEquals: aud, StringLike: { [`${host}:sub`]: 'repo:acme/shop:*' } })
  const several = await place(t, { 'all.json': all })('all.json')
  assert.equal(several.out.match(/"Version"/g)?.length, 1)
  assert.match(several.out, /write +what stands below aws-pull-request\n/)
})

test('where nothing says who is trusted, that is told', async (t) => {
  const { code, out, err } = await place(t, { 'none.json': [] })('none.json')
  assert.deepEqual([code, out], [0, ''])
  assert.match(err, /^open: nothing in it says who is trusted/)
})

test('JSON has for each finding its rule, place, example and fixed document', async (t) => {
  const { out } = await place(t, { 'open.json': open })('open.json', '--json')
  const [finding] = JSON.parse(out).findings
  assert.deepEqual(
    [finding.rule, finding.severity, finding.file, finding.line, finding.example.decision],
    ['aws-sub-any-owner', 'critical', 'open.json', 15, 'allow'],
  )
  assert.match(finding.example.claims.sub, /evil/)
  assert.ok(finding.fixed.Statement)
})

test('SARIF names files from where it is run, and by a URL those that are elsewhere', async (t) => {
  const { cwd, run } = commandPlace(t, { 'open.json': open })
  const elsewhere = commandPlace(t, { 'open.json': open }).cwd
  const urisFor = async (file: string) => {
    const log = (await run('lint', file, '--sarif')).json()
    const uris = log.runs[0].results.map(
      (each: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
        each.locations[0]!.physicalLocation.artifactLocation.uri,
    )
    return [...new Set(uris)]
  }
  assert.deepEqual(await urisFor(`${cwd}/open.json`), ['open.json'])
  assert.deepEqual(await urisFor(`${elsewhere}/open.json`), [`file://${elsewhere}/open.json`])
})

interface SarifRule {
  readonly id: string
  readonly shortDescription: { readonly text: string }
  readonly fullDescription: { readonly text: string }
  readonly help: { readonly text: string; readonly markdown: string }
  readonly properties: { readonly 'security-severity': string; readonly precision: string }
}

// https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support
test('SARIF has of every rule what code scanning demands', async (t) => {
  const { json } = await place(t, { 'sound.json': sound })('sound.json', '--sarif')
  const log = json()
  assert.equal(log.version, '2.1.0')
  const [{ tool, results }] = log.runs
  assert.deepEqual(results, [])
  const rules: SarifRule[] = tool.driver.rules
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length)
  for (const { id, shortDescription, fullDescription, help, properties } of rules) {
    const texts = [id, shortDescription.text, fullDescription.text, help.text, help.markdown]
    for (const text of texts) assert.ok(text.length > 0 && text.length <= 1024, `${id}: ${text}`)
    const score = Number(properties['security-severity'])
    assert.ok(score > 0 && score <= 10)
    assert.match(properties.precision, /^(very-high|high|medium|low)$/)
  }
})

test('SARIF has for every finding a rule, a message, a line of a file and a fingerprint that stays', async (t) => {
  const lines = `\n\n${JSON.stringify(open, null, 2)}`
  const lint = place(t, { 'open it.json': open, 'later.json': lines })
  const { json, code } = await lint('./open it.json', 'later.json', '--sarif')
  assert.equal(code, 1)
  const [{ tool, results }] = json().runs
  const fingerprints = new Map<string, Set<string>>()
  for (const { ruleId, ruleIndex, level, message, locations, partialFingerprints } of results) {
    assert.equal(tool.driver.rules[ruleIndex].id, ruleId)
    assert.match(level, /^(error|warning|note)$/)
    assert.ok(message.text.length > 0)
    assert.equal(locations.length, 1)
    const { artifactLocation, region } = locations[0].physicalLocation
    assert.match(artifactLocation.uri, /^(open%20it|later)\.json$/)
    assert.ok(Number.isInteger(region.startLine) && region.startLine >= 1)
    const { primaryLocationLineHash: hash } = partialFingerprints
    assert.match(hash, /^[0-9a-f]{1,16}:\d+$/)
    fingerprints.set(ruleId, (fingerprints.get(ruleId) ?? new Set()).add(hash))
  }
  assert.ok(fingerprints.size > 0)
  // The same line further down is the same line.
  for (const seen of fingerprints.values()) assert.equal(seen.size, 1)
})

const unusable = {
  'sound.json': sound,
  'other.json': { a: 1 },
  'empty.json': '',
  'binary.json': '\u0000PNG',
  'two.yaml': `${JSON.stringify(sound)}\n---\n${JSON.stringify(sound)}`,
  'comments.json': `${JSON.stringify(sound, null, 2).replace('\n', '\n// who\n')}`,
}

test('a byte order mark and lines that end in CR LF are as good as others', async (t) => {
  const text = `\ufeff${JSON.stringify(open, null, 2).replaceAll('\n', '\r\n')}`
  const { code, out } = await place(t, { 'open.json': text })('open.json')
  assert.equal(code, 1)
  assert.match(out, /^open\.json:15 {2}critical {2}aws-sub-any-owner/)
})

for (const [what, args, words] of [
  ['no file', [], /which file/],
  ['a file that is not there', ['nothing.json'], /there is no trust file/],
  ['a document of no known shape', ['other.json'], /no document about trust/],
  ['a folder', ['.'], /error: \. is a folder/],
  ['an empty file', ['empty.json'], /error: empty\.json is empty/],
  ['a file that is no text', ['binary.json'], /binary\.json is no text in UTF-8/],
  ['two documents in one file', ['two.yaml'], /two\.yaml: line 2: another document begins here/],
  ['comments that JSON has not', ['comments.json'], /line 2: this is no comment in JSON or YAML/],
  ['two formats', ['sound.json', '--json', '--sarif'], /either --json or --sarif/],
  ['an unknown flag', ['--jsn'], /did you mean --json/],
] as const)
  test(`${what}: exit code 2`, async (t) => {
    const { code, out, err } = await place(t, unusable)(...args)
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, words)
  })
