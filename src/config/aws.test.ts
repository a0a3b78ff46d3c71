import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { failure, folderOf } from '../../test/workload.ts'
import type { Environment } from '../world.ts'
import { readAwsSettings } from './aws.ts'

const role = 'arn:aws:iam::123456789012:role/deploy'

async function planIn(t: TestContext, env: Environment, files: Record<string, string> = {}) {
  const home = folderOf(t, files)
  const finding = await readAwsSettings({ HOME: home, HOSTNAME: 'box', ...env }, home)
  assert.ok('plan' in finding, JSON.stringify(finding))
  return finding.plan
}

async function absenceIn(t: TestContext, env: Environment, files: Record<string, string> = {}) {
  const home = folderOf(t, files)
  const finding = await readAwsSettings({ HOME: home, ...env }, home)
  assert.ok('absent' in finding)
  return finding.absent.map(({ what, why }) => `${what} ${why}`).join('; ')
}

const config = (text: string) => ({ '.aws/config': text })

test('AWS_ROLE_ARN with a token file: that file, and what the SDKs read besides', async (t) => {
  const plan = await planIn(t, {
    AWS_ROLE_ARN: role,
    AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    AWS_ROLE_SESSION_NAME: 'me',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_STS: 'https://sts.corp.example',
  })
  assert.deepEqual(plan, {
    name: 'aws',
    from: { name: 'token-file', file: '/token' },
    steps: [
      { to: 'aws', role, sessionName: 'me', region: 'eu-west-1', endpoint: 'https://sts.corp.example' },
    ],
    deliveries: ['ecs'],
    region: 'eu-west-1',
    origin: `AWS_ROLE_ARN=${role}`,
  })
})

test('AWS_ROLE_ARN alone takes whatever proof is here', async (t) => {
  const plan = await planIn(t, { AWS_ROLE_ARN: role })
  assert.deepEqual(plan.from, {})
  assert.deepEqual(plan.steps, [{ to: 'aws', role, sessionName: 'mayfly-box' }])
})

test('a variable of the wrong form is CONFIG_FIELD, naming it', async (t) => {
  await assert.rejects(
    planIn(t, { AWS_ROLE_ARN: 'deploy' }),
    failure('CONFIG_FIELD', 'AWS_ROLE_ARN', '"deploy"'),
  )
  const spaced = planIn(t, { AWS_ROLE_ARN: role, AWS_ROLE_SESSION_NAME: 'a b' })
  await assert.rejects(spaced, failure('CONFIG_FIELD', 'session name', '"a b"'))
  const plain = planIn(t, { AWS_ROLE_ARN: role, AWS_ENDPOINT_URL: 'http://sts.example' })
  await assert.rejects(plain, failure('CONFIG_FIELD', 'AWS_ENDPOINT_URL', 'http://sts.example'))
})

const elsewhere = [
  ['MinIO', 'arn:minio:iam:::role/Isuv5wGLPF5S2sd65PG_TYC1DWg'],
  ['Ceph', 'arn:aws:iam::acme:role/S3Access'],
  ['SeaweedFS', 'arn:aws:iam::role/S3Access'],
] as const
for (const [service, arn] of elsewhere)
  test(`a role as ${service} names it is taken where an endpoint is named, and nowhere else`, async (t) => {
    const env = { AWS_ROLE_ARN: arn, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }
    const plan = await planIn(t, { ...env, AWS_ENDPOINT_URL_STS: 'https://s3.acme.example' })
    assert.equal(plan.steps[0]?.to === 'aws' && plan.steps[0].role, arn)
    await assert.rejects(planIn(t, env), failure('CONFIG_FIELD', 'AWS_ROLE_ARN', arn))
  })

test("story 3's profile: role_arn and web_identity_token_file", async (t) => {
  const text = `[profile oidc]\nrole_arn = ${role}\nweb_identity_token_file = /tmp/web-identity-token\nduration_seconds = 900\nrole_session_name=ci\nregion = us-east-2\n`
  const plan = await planIn(t, { AWS_PROFILE: 'oidc' }, config(text))
  assert.deepEqual(plan.from, { name: 'token-file', file: '/tmp/web-identity-token' })
  assert.deepEqual(plan.steps, [
    { to: 'aws', role, sessionName: 'ci', region: 'us-east-2', durationSeconds: 900 },
  ])
  assert.equal(plan.region, 'us-east-2')
  assert.match(plan.origin, /profile oidc in .*\.aws\/config/)
})

test('the default profile is read, from both files, and the variables beat its region', async (t) => {
  const files = {
    '.aws/config': `[default]\nrole_arn = ${role}\nregion = us-east-2\n`,
    '.aws/credentials': '[default]\nweb_identity_token_file = /t # by the runner\n',
  }
  const plan = await planIn(t, { AWS_DEFAULT_REGION: 'eu-west-1' }, files)
  assert.deepEqual(plan.from, { name: 'token-file', file: '/t' })
  assert.equal(plan.region, 'eu-west-1')
})

test('AWS_CONFIG_FILE names the file, from the home folder too, and AWS_ROLE_ARN beats a profile', async (t) => {
  const files = { 'my/config': `[default]\nrole_arn = ${role}\nweb_identity_token_file = /t\n` }
  assert.equal((await planIn(t, { AWS_CONFIG_FILE: '~/my/config' }, files)).steps[0].to, 'aws')
  assert.equal((await planIn(t, { AWS_CONFIG_FILE: 'my/config' }, files)).steps[0].to, 'aws')
  const both = await planIn(t, { AWS_CONFIG_FILE: 'my/config', AWS_ROLE_ARN: `${role}2` }, files)
  assert.equal(both.steps[0].to === 'aws' && both.steps[0].role, `${role}2`)
})

test('profiles that stand on each other are a chain, in the order of assuming', async (t) => {
  const text = `[profile last]\nrole_arn = ${role}-last\nsource_profile = first\nexternal_id = theirs\n[profile first]\nrole_arn = ${role}-first\ncredential_source = EcsContainer\n`
  const plan = await planIn(t, { AWS_PROFILE: 'last' }, config(text))
  assert.deepEqual(plan.from, { name: 'ecs' })
  assert.deepEqual(
    plan.steps.map((step) => step.to === 'aws' && [step.role, step.externalId]),
    [
      [`${role}-first`, undefined],
      [`${role}-last`, 'theirs'],
    ],
  )
})

test('profiles that name each other are CONFIG_FIELD, not a hang', { timeout: 5000 }, async (t) => {
  const text = `[profile a]\nrole_arn = ${role}\nsource_profile = b\n[profile b]\nrole_arn = ${role}\nsource_profile = a\n`
  await assert.rejects(planIn(t, { AWS_PROFILE: 'a' }, config(text)), failure('CONFIG_FIELD', 'a → b → a'))
})

test('a duration that AWS does not give is CONFIG_FIELD', async (t) => {
  for (const duration of ['60', '1h', '']) {
    const text = `[default]\nrole_arn = ${role}\nweb_identity_token_file = /t\nduration_seconds = ${duration}\n`
    await assert.rejects(planIn(t, {}, config(text)), failure('CONFIG_FIELD', 'duration_seconds'))
  }
})

test('the STS endpoint of a profile is found, in its services section first', async (t) => {
  const text = `[default]\nrole_arn = ${role}\nweb_identity_token_file = /t\nendpoint_url = https://all.example\n`
  const endpointIn = async (more: string, env = {}) => {
    const [step] = (await planIn(t, env, config(text + more))).steps
    return step.to === 'aws' ? step.endpoint : undefined
  }
  const services =
    'services = mine\n[services mine]\ns3 =\n  endpoint_url = https://s3.example\nsts =\n  endpoint_url = https://sts.example\n'
  assert.equal(await endpointIn(''), 'https://all.example')
  assert.equal(await endpointIn(services), 'https://sts.example')
  assert.equal(await endpointIn(services, { AWS_ENDPOINT_URL: 'https://env.example' }), 'https://env.example')
  assert.equal(await endpointIn(services, { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }), undefined)
})

test('what is not for Mayfly is absent, with the reason', async (t) => {
  const absences: [string, RegExp][] = [
    ['', /AWS_ROLE_ARN is not set; the AWS profile default is in neither/],
    ['[default]\nregion = x\n', /has no role_arn/],
    [`[default]\nrole_arn = ${role}\n`, /neither web_identity_token_file/],
    [
      `[default]\nrole_arn = ${role}\nsource_profile = default\naws_access_key_id = x\n`,
      /stored in the profile itself/,
    ],
    [
      `[default]\nrole_arn = ${role}\nsource_profile = keys\n[profile keys]\naws_access_key_id = x\n`,
      /stands on the profile keys, which has no role_arn/,
    ],
    [`[default]\nrole_arn = ${role}\ncredential_source = Ec2InstanceMetadata\n`, /Ec2InstanceMetadata/],
    [`[default]\nrole_arn = ${role}\nmfa_serial = x\nsource_profile = k\n`, /mfa_serial/],
  ]
  for (const [text, why] of absences) assert.match(await absenceIn(t, {}, text ? config(text) : {}), why)
  assert.match(
    await absenceIn(t, { AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }),
    /though AWS_WEB_IDENTITY_TOKEN_FILE is/,
  )
  assert.match(
    await absenceIn(t, { AWS_PROFILE: 'gone' }),
    new RegExp(`gone is in neither .*${join('.aws', 'config')}`),
  )
})
