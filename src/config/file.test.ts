import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { failure, folderOf } from '../../test/workload.ts'
import { MayflyError } from '../errors.ts'
import type { Environment } from '../world.ts'
import { readConfigFile } from './file.ts'

const role = 'arn:aws:iam::123456789012:role/deploy'
const provider = 'projects/1/locations/global/workloadIdentityPools/pool/providers/provider'
const host = { HOSTNAME: 'box' }

function read(t: TestContext, yaml: string, env: Environment = host) {
  return readConfigFile(join(folderOf(t, { 'mayfly.yaml': yaml }), 'mayfly.yaml'), env)
}

const one = (members: string) =>
  `credentials:\n  - ${members
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .join('\n    ')}\n`

/** The mistakes as `line: path: why`. */
async function mistakesOf(t: TestContext, yaml: string): Promise<string[]> {
  const error = await read(t, yaml).then(
    () => assert.fail('this file was accepted'),
    (raised: unknown) => raised,
  )
  assert.ok(error instanceof MayflyError && error.code === 'CONFIG_FIELD', String(error))
  const { mistakes } = error.values
  assert.ok(Array.isArray(mistakes))
  return mistakes.map((each: string) => each.slice(each.indexOf('mayfly.yaml:') + 'mayfly.yaml:'.length))
}

test('a role is assumed with what is detected, and delivered as on ECS', async (t) => {
  const [plan] = await read(t, one(`to: aws\nrole: ${role}`))
  assert.deepEqual(plan, {
    name: 'aws',
    from: {},
    steps: [{ to: 'aws', role, sessionName: 'mayfly-box' }],
    deliveries: ['ecs'],
    origin: plan?.origin,
  })
  assert.match(plan?.origin ?? '', /mayfly\.yaml$/)
})

test('a list of roles is a chain: the audience is for the first, lifetime and externalId for the last', async (t) => {
  const yaml = one(
    `to: aws\nrole: [${role}, ${role}2]\naudience: mine\nlifetime: 15m\nexternalId: theirs\nregion: eu-west-1`,
  )
  const [plan] = await read(t, yaml)
  const shared = { to: 'aws', sessionName: 'mayfly-box', region: 'eu-west-1' }
  assert.deepEqual(plan?.steps, [
    { ...shared, role, audience: 'mine' },
    { ...shared, role: `${role}2`, externalId: 'theirs', durationSeconds: 900 },
  ])
  assert.equal(plan?.region, 'eu-west-1')
})

test('the region of the variables serves where the file names none: a JWT has no region', async (t) => {
  const env = { ...host, AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' }
  const [aws] = await read(t, one(`to: aws\nrole: ${role}`), env)
  assert.deepEqual([aws?.region, aws?.steps[0].region], ['eu-west-1', 'eu-west-1'])
  const [google] = await read(t, one(`to: google\nprovider: ${provider}\nvia: ${role}`), env)
  assert.deepEqual(
    google?.steps.map(({ region }) => region),
    ['eu-west-1', 'eu-west-1'],
  )
})

test('Google by way of a service account', async (t) => {
  const email = 'loader@acme.iam.gserviceaccount.com'
  const [plan] = await read(
    t,
    one(`to: google\nprovider: ${provider}\nserviceAccount: ${email}\nlifetime: 1800`),
  )
  assert.deepEqual(plan?.steps, [
    {
      to: 'google',
      provider: `//iam.googleapis.com/${provider}`,
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
      tokenUrl: 'https://sts.googleapis.com/v1/token',
      impersonation: {
        email,
        url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
        lifetimeSeconds: 1800,
      },
    },
  ])
  assert.deepEqual(plan?.deliveries, ['gce'])
  assert.equal(plan?.project, 'acme')
})

test('a lifetime is a number however YAML writes it', async (t) => {
  for (const lifetime of ['1800', '1800.0', '1.8e3', '01800', '30m']) {
    const [step] = (await read(t, one(`to: aws\nrole: ${role}\nlifetime: ${lifetime}`)))[0]!.steps
    assert.equal(step.to === 'aws' && step.durationSeconds, 1800, lifetime)
  }
})

test('AWS roles on the way to Google come first in the chain', async (t) => {
  const [plan] = await read(
    t,
    one(`to: google\nprovider: ${provider}\nvia: ${role}\naudience: sts.amazonaws.com`),
  )
  assert.deepEqual(
    plan?.steps.map((step) => [step.to, step.audience]),
    [
      ['aws', 'sts.amazonaws.com'],
      ['google', undefined],
    ],
  )
})

test('one endpoint is in place of every cloud of the chain, and tokenUrl wins over it', async (t) => {
  const google = `to: google\nprovider: ${provider}\nvia: ${role}\nserviceAccount: a@b.iam.gserviceaccount.com\nendpoint: https://sts.corp.example/`
  const [plan] = await read(t, one(google))
  const [aws, last] = plan?.steps ?? []
  assert.equal(aws?.to === 'aws' && aws.endpoint, 'https://sts.corp.example/')
  assert.ok(last?.to === 'google')
  assert.equal(last.tokenUrl, 'https://sts.corp.example/v1/token')
  assert.match(last.impersonation?.url ?? '', /^https:\/\/sts\.corp\.example\/v1\/projects/)
  const [other] = await read(t, one(`${google}\ntokenUrl: http://127.0.0.1:8080/t`))
  const step = other?.steps.at(-1)
  assert.equal(step?.to === 'google' && step.tokenUrl, 'http://127.0.0.1:8080/t')
})

test("the SDKs' endpoint setting serves where the file names none", async (t) => {
  const env = { ...host, AWS_ENDPOINT_URL_STS: 'http://localhost:9000' }
  const [plan] = await read(t, one(`to: aws\nrole: ${role}`), env)
  assert.equal(plan?.steps[0].to === 'aws' && plan.steps[0].endpoint, 'http://localhost:9000')
  const refused = read(t, one(`to: aws\nrole: ${role}`), { AWS_ENDPOINT_URL_STS: 'http://sts.example' })
  await assert.rejects(refused, failure('CONFIG_FIELD', 'AWS_ENDPOINT_URL_STS', 'http://sts.example'))
})

test('a source may be named with what it needs, relative to the file', async (t) => {
  const [named] = await read(t, one(`to: aws\nrole: ${role}\nfrom: gitlab-ci`))
  assert.deepEqual(named?.from, { name: 'gitlab-ci' })
  const [full] = await read(
    t,
    one(`to: aws\nrole: ${role}\nfrom: { source: token-file, file: ./t.json, field: token }`),
  )
  assert.match(full?.from.file ?? '', /^\/.*\/t\.json$/)
  assert.deepEqual([full?.from.name, full?.from.field], ['token-file', 'token'])
})

test('every mistake is told at once, each with its line, its path, what was expected and what is there', async (t) => {
  const yaml = `credentials:
  - to: aws
    rol: ${role}
    provider: x
  - to: gogle
  - to: google
    provider: projects/acme/locations/global/workloadIdentityPools/p/providers/q
    deliver: [ecs]
    from: { source: Token File, fiel: x }
    region: [1]
extra: 1
`
  assert.deepEqual(await mistakesOf(t, yaml), [
    '2: credentials[0].role: is missing',
    '3: credentials[0].rol: is unknown; did you mean role?',
    '4: credentials[0].provider: belongs to credentials with `to: google`, and this one is not',
    '5: credentials[1].to: expected "aws" or "google", got "gogle"',
    '7: credentials[2].provider: expected projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER (the number of the project, not its ID), got "projects/acme/locations/global/workloadIdentityPools/p/provi…"',
    '8: credentials[2].deliver[0]: expected "gce" or "env", got "ecs"',
    '9: credentials[2].from.source: expected the name of a source, got "Token File"',
    '9: credentials[2].from.fiel: is unknown; did you mean field?',
    '10: credentials[2].region: expected an AWS region, got a list of 1',
    '11: extra: is unknown; known are credentials',
  ])
})

test('what does not fit together is told too', async (t) => {
  const google = `to: google\nprovider: ${provider}`
  const wrong: [string, RegExp][] = [
    [`${google}\nlifetime: 1h`, /lifetime: .*serviceAccount/],
    [`${google}\nsessionName: me`, /sessionName: .*via/],
    [`${google}\nendpoint: http://sts.example`, /endpoint: must be https/],
    [`${google}\ntokenUrl: https://u:p@sts.example`, /tokenUrl: must not hold/],
    [`to: aws\nrole: ${role}\nlifetime: 14m`, /lifetime: expected 900 s to 43200 s .*got 840 s/],
    [
      `to: aws\nrole: [${role}, ${role}2]\nlifetime: 2h`,
      /lifetime: expected 900 s to 3600 s \(what AWS gives to a role in a chain\)/,
    ],
    [`to: aws\nrole: ${role}\nlifetime: soon`, /lifetime: expected whole seconds, .*got "soon"/],
    [`to: aws\nrole: ${role}\nfrom: { source: ecs, file: x }`, /from\.file: ecs takes no file/],
    [`to: aws\nrole: []`, /role: expected at least one role/],
    [`to: aws\nrole: arn:aws:iam::1:role/x`, /role: expected a role ARN/],
    [`to: aws\nrole: ${role}\nsessionName: "a b"`, /sessionName: expected 2 to 64/],
  ]
  for (const [members, why] of wrong) {
    const mistakes = await mistakesOf(t, one(members))
    assert.equal(mistakes.length, 1, mistakes.join('\n'))
    assert.match(mistakes[0]!, why)
  }
})

test('a role of another token service than AWS is taken beside its endpoint, and is a mistake without', async (t) => {
  const other = 'arn:minio:iam:::role/Isuv5wGLPF5S2sd65PG_TYC1DWg'
  const members = `to: aws\nrole: [${role}, ${other}]`
  assert.match(
    (await mistakesOf(t, one(members)))[0]!,
    /credentials\[0\]\.role\[1\]: expected a role ARN .*minio/,
  )
  const via = await mistakesOf(t, one(`to: google\nprovider: ${provider}\nvia: ${other}`))
  assert.match(via[0]!, /credentials\[0\]\.via: expected a role ARN/)
  const [plan] = await read(t, one(`${members}\nendpoint: https://s3.acme.example`))
  assert.deepEqual(
    plan?.steps.map((step) => step.to === 'aws' && step.role),
    [role, other],
  )
  const [byVariable] = await read(t, one(members), { AWS_ENDPOINT_URL: 'https://s3.acme.example' })
  assert.equal(byVariable?.steps.length, 2)
})

test('two credentials of one name are a mistake, also when the name is the default one', async (t) => {
  const yaml = `credentials:\n  - { to: aws, role: ${role} }\n  - { to: aws, role: ${role} }\n`
  assert.deepEqual(await mistakesOf(t, yaml), [
    '3: credentials[1].name: credentials[0] is called aws already: give this one another name',
  ])
})

test('broken YAML is CONFIG_SYNTAX with line and column', async (t) => {
  await assert.rejects(
    read(t, 'credentials:\n  - to: aws\n role: x\n'),
    failure('CONFIG_SYNTAX', 'mayfly.yaml:3:'),
  )
  await assert.rejects(read(t, 'credentials: !secret []\n'), failure('CONFIG_SYNTAX', 'mayfly.yaml:1:14'))
  await assert.rejects(
    read(t, 'credentials: []\ncredentials: []\n'),
    failure('CONFIG_SYNTAX', 'mayfly.yaml:2:1'),
  )
})

test('aliases that explode are refused, not expanded', { timeout: 5000 }, async (t) => {
  const lines = Array.from(
    { length: 12 },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`,
  )
  await assert.rejects(read(t, ['a0: &a0 [x]', ...lines, ''].join('\n')), failure('CONFIG_SYNTAX', 'aliases'))
})

test('an empty file, or one that is a list, says what is missing', async (t) => {
  assert.deepEqual(await mistakesOf(t, ''), ['1: expected an object, got nothing'])
  assert.deepEqual(await mistakesOf(t, '{}'), ['1: credentials: is missing'])
  assert.deepEqual(await mistakesOf(t, 'credentials: []'), [
    '1: credentials: expected at least one credential, got a list of 0',
  ])
})

test('the example in this repository is right, and is what it says', async () => {
  const root = join(import.meta.dirname, '..', '..')
  const plans = await readConfigFile(join(root, 'examples/mayfly.yaml'), host)
  assert.deepEqual(
    plans.map(({ name, steps, deliveries }) => [name, steps.map(({ to }) => to), deliveries]),
    [
      ['warehouse', ['google'], ['gce']],
      ['archive', ['aws', 'aws'], ['ecs']],
      ['reports', ['aws', 'google'], []],
    ],
  )
})
