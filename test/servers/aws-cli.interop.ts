import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { installedTools } from '../clients/command-line/tools.ts'
import { run } from '../fakes/run.ts'
import { administered } from '../sdk-iam.ts'
import { account, gitlab, mainBranch, roleArn, trusts } from '../trust-side.ts'

// The aws CLI as it is published, with the endpoint set and nothing else: an administrator registers an issuer and a role
// by it, and a job gets in by them.

const audience = 'https://user-audience.test'
const providerArn = `arn:aws:iam::${account}:oidc-provider/gitlab.com`
const ciOf = (sub: string) =>
  JSON.stringify(
    trusts({ Federated: providerArn }, 'sts:AssumeRoleWithWebIdentity', {
      StringEquals: { 'gitlab.com:aud': audience, 'gitlab.com:sub': sub },
    }),
  )
const skip = missing()

function missing(): string | false {
  if (installedTools().has('aws')) return false
  if (process.env.MAYFLY_REQUIRE_TOOLCHAINS === '1') throw new Error('aws is not on PATH')
  return 'aws is not on PATH'
}

/** A token service, its administrator at a shell, and a job with nothing but its token. */
async function shells(t: TestContext) {
  const { server, keyOf, token } = await administered(t)
  const home = await mkdtemp(join(tmpdir(), 'mayfly-aws-cli-'))
  t.after(() => rm(home, { recursive: true }))
  const { accessKeyId, secretAccessKey } = keyOf('admin')
  const shell = {
    PATH: process.env.PATH,
    HOME: home,
    AWS_ENDPOINT_URL: server.url,
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_DEFAULT_OUTPUT: 'json',
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_PAGER: '',
  }
  // Without it the first version of the CLI would fetch a parameter that is a URL.
  await writeFile(join(home, 'config'), '[default]\ncli_follow_urlparam = false\n')
  const tokenFile = join(home, 'token')
  await writeFile(tokenFile, token(), { mode: 0o600 })
  const job = { ...shell, AWS_ROLE_ARN: roleArn('deploy'), AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile }
  const admin = { ...shell, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  const aws =
    (env: typeof shell) =>
    (command: string, options: Readonly<Record<string, string>> = {}) => {
      const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
      return run(['aws', ...command.split(' '), ...flags], env)
    }
  const did = async (...asked: Parameters<ReturnType<typeof aws>>) => {
    const { code, out, err } = await aws(admin)(...asked)
    assert.equal(code, 0, err)
    return JSON.parse(out || 'null')
  }
  /** A job is not another one's, and finds nothing in the CLI's cache. */
  const newJob = async (command: string) => {
    await rm(join(home, '.aws'), { recursive: true, force: true })
    return aws(job)(command)
  }
  return { did, refused: aws(admin), job: newJob }
}

test('the aws CLI registers an issuer and a role by which a job gets in, and changes who that is', {
  skip,
}, async (t) => {
  const { did, job } = await shells(t)
  assert.match((await job('sts get-caller-identity')).err, /AccessDenied|InvalidIdentityToken/)
  const made = await did('iam create-open-id-connect-provider', { url: gitlab, 'client-id-list': audience })
  assert.equal(made.OpenIDConnectProviderArn, providerArn)
  const { Role } = await did('iam create-role', {
    'role-name': 'deploy',
    'assume-role-policy-document': ciOf(mainBranch),
    tags: 'Key=team,Value=shop',
  })
  assert.equal(Role.Arn, roleArn('deploy'))
  const { out } = await job('sts get-caller-identity')
  assert.match(JSON.parse(out).Arn, /:assumed-role\/deploy\//)
  const another = { 'role-name': 'deploy', 'policy-document': ciOf(`${mainBranch}-2`) }
  await did('iam update-assume-role-policy', another)
  assert.match((await job('sts get-caller-identity')).err, /AccessDenied.*AssumeRoleWithWebIdentity/)
})

test('what it registered it lists, reads and takes away again', { skip }, async (t) => {
  const { did, refused } = await shells(t)
  const role = { 'role-name': 'ci' }
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' },
  })
  await did('iam create-role', {
    ...role,
    'assume-role-policy-document': JSON.stringify(trusts({ AWS: account }, 'sts:AssumeRole')),
  })
  await did('iam put-role-policy', { ...role, 'policy-name': 's3', 'policy-document': policy })
  const attached = { 'policy-arn': 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }
  await did('iam attach-role-policy', { ...role, ...attached })
  assert.deepEqual((await did('iam list-role-policies', role)).PolicyNames, ['s3'])
  assert.equal((await did('iam list-attached-role-policies', role)).AttachedPolicies.length, 1)
  assert.deepEqual(
    (await did('iam list-roles')).Roles.map((each: { RoleName: string }) => each.RoleName),
    ['ci'],
  )
  assert.match((await refused('iam delete-role', role)).err, /DeleteConflict/)
  await did('iam detach-role-policy', { ...role, ...attached })
  await did('iam delete-role-policy', { ...role, 'policy-name': 's3' })
  await did('iam delete-role', role)
  assert.match((await refused('iam get-role', role)).err, /NoSuchEntity/)
})
