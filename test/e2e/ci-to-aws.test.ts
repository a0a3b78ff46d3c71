import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { TrustDocument } from '../../src/registry/documents.ts'
import type { Environment } from '../../src/world.ts'
import { account, type Cloud, region, roleArn, startCloud, storiesTrust } from '../fakes/cloud.ts'
import { mayfly, run } from '../fakes/run.ts'

// Story 3: a job of GitLab CI, and one of GitHub Actions, as their platforms start them.

const github = 'https://token.actions.githubusercontent.com'
const audience = 'https://user-audience.test'
const program = ['node', 'demo/workloads/describe-instances.mjs']
const underMayfly = [mayfly, 'run', '--', ...program]

let cloud: Cloud

before(async () => {
  cloud = await startCloud({ trust: withGithub(await storiesTrust()) })
})
after(() => cloud.close())

interface JobOptions {
  readonly aud?: string
  readonly project?: string
  readonly ref?: string
  readonly tag?: string
}

/** The variables of a job: its ID token under a name of the author's choice, and the role to assume. */
function job({ aud = audience, project = 'acme/shop', ...rest }: JobOptions = {}): Environment {
  const inputs = { project, ref: 'main', ...rest }
  const { token, claims } = cloud.issue('https://gitlab.com', { inputs, audience: [aud] })
  return {
    ...cloud.env,
    AWS_REGION: region,
    GITLAB_CI: 'true',
    CI_PROJECT_ID: String(claims.project_id),
    CI_PIPELINE_ID: String(claims.pipeline_id),
    OIDC_TOKEN: token.reveal(),
    AWS_ROLE_ARN: roleArn('deploy'),
  }
}

describe('a job of GitLab CI', () => {
  it('needs no script under `mayfly run`: the AWS SDKs are authorised as the role', async () => {
    const ran = await run(underMayfly, job())
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /^I am arn:aws:sts::123456789012:assumed-role\/deploy\/GitLabRunner-\d+-\d+$/m)
    assert.match(ran.out, /^instance i-0123456789abcdef0 is running$/m)
    assert.equal(cloud.ec2.seen.at(-1)?.call, 'DescribeInstances')
  })

  it('can use a profile with role_arn and web_identity_token_file at our token service, with Mayfly and without', async () => {
    const { OIDC_TOKEN = '', AWS_ROLE_ARN, ...variables } = job()
    const [token, config] = [join(cloud.home, 'token'), join(cloud.home, 'config')]
    await writeFile(token, OIDC_TOKEN, { mode: 0o600 })
    await writeFile(config, `[profile oidc]\nrole_arn=${AWS_ROLE_ARN}\nweb_identity_token_file=${token}\n`)
    const env = { ...variables, AWS_CONFIG_FILE: config, AWS_PROFILE: 'oidc' }
    for (const command of [program, underMayfly]) {
      const ran = await run(command, env)
      assert.equal(ran.code, 0, ran.err)
      assert.match(ran.out, /^I am .*:assumed-role\/deploy\//)
    }
  })

  it('can export three variables from AssumeRoleWithWebIdentity at our token service', async () => {
    const script = `export $(node demo/workloads/assume-role.mjs) && ${program.join(' ')}`
    const ran = await run(['sh', '-c', script], job())
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /^I am .*\/GitLabRunner-\d+-\d+$/m)
  })

  const elsewhere: readonly (readonly [string, JobOptions, RegExp, string])[] = [
    [
      'for another audience',
      { aud: 'https://gitlab.com' },
      /InvalidIdentityToken: Incorrect token audience/,
      'PROOF_AUDIENCE',
    ],
    [
      'of another repository',
      { project: 'acme/other' },
      /AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity/,
      'TRUST_DENIED',
    ],
    ['of another branch', { ref: 'feature' }, /AccessDenied: Not authorized/, 'TRUST_DENIED'],
    ['of a tag by the name of the branch', { tag: 'main' }, /AccessDenied: Not authorized/, 'TRUST_DENIED'],
  ]
  for (const [what, options, words, code] of elsewhere)
    it(`${what} is refused in AWS's words and explained to the operator`, async () => {
      const ran = await run(underMayfly, job(options))
      assert.equal(ran.code, 1)
      assert.match(ran.err, words)
      assert.equal(ran.out, '', 'the program was started')
      const record = cloud.records.at(-1)!
      assert.equal(record.code, code)
      const failed = record.checks?.find(
        ({ outcome, presented }) => outcome === 'fail' && presented !== undefined,
      )
      assert.ok(failed?.expected !== undefined, JSON.stringify(record))
    })

  it('of another branch is told by AWS SDKs too that it is not authorized', async () => {
    const ran = await run(['node', 'demo/workloads/assume-role.mjs'], job({ ref: 'feature' }))
    assert.notEqual(ran.code, 0)
    assert.match(ran.err, /AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity/)
  })
})

describe('a job of GitHub Actions', () => {
  it('is authorised by a token that Mayfly requests for each exchange', async () => {
    const inputs = { repository: 'acme/shop', ref: 'main' }
    const runner = await cloud.github((aud) =>
      cloud.issue(github, { inputs, audience: [aud] }).token.reveal(),
    )
    const env = { ...cloud.env, ...runner.env, AWS_REGION: region, AWS_ROLE_ARN: roleArn('release') }
    const ran = await run(underMayfly, env)
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /^I am .*:assumed-role\/release\//)
    assert.deepEqual(runner.audiences, ['sts.amazonaws.com'])
  })
})

/** The stories' trust, and a role for one branch of a repository at GitHub. */
function withGithub(trust: TrustDocument): TrustDocument {
  const [aws, ...others] = trust.aws
  const host = github.slice('https://'.length)
  const release = {
    ...aws!.roles[0]!,
    name: 'release',
    assumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${host}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${host}:aud`]: 'sts.amazonaws.com',
            [`${host}:sub`]: 'repo:acme/shop:ref:refs/heads/main',
          },
        },
      },
    },
  }
  const provider = { ...aws!.oidcProviders[0]!, url: github, clientIds: ['sts.amazonaws.com'] }
  return {
    ...trust,
    issuers: [...trust.issuers, { url: github, shape: 'github', algorithm: 'RS256' }],
    aws: [
      { ...aws!, oidcProviders: [...aws!.oidcProviders, provider], roles: [...aws!.roles, release] },
      ...others,
    ],
  }
}
