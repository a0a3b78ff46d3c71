import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../../src/world.ts'
import { type Cloud, region, roleArn } from '../../test/fakes/cloud.ts'
import {
  hold,
  lines,
  type Stage,
  type Story,
  showExchanges,
  showProof,
  showRefusal,
  tell,
  underMayfly,
  workload,
} from '../story.ts'

const program = ['node', workload('describe-instances')]
const audience = 'https://user-audience.test'

export const gitlabToAws: Story = {
  name: 'GitLab CI to AWS',
  title: 'A GitLab CI job gets AWS credentials by OpenID Connect',

  async play(stage) {
    const { cloud, screen } = stage
    const { env, claims } = await job(cloud)
    screen.row('has', 'an ID token of GitLab in OIDC_TOKEN:')
    showProof(stage, claims, ['iss', 'sub', 'aud'])
    const told = await tell(stage, underMayfly(...program), env)
    hold(told.code === 0, told.err)
    showExchanges(stage, told)
    screen.row('calls', ...lines(told.out))
    const seen = cloud.ec2.seen.at(-1)
    hold(seen?.call === 'DescribeInstances', 'EC2 was not called')
    screen.row('seen as', `${seen.identity.arn}, by EC2`)
    screen.line()

    await oldWays(stage)
    screen.row('but', `the job’s token is for another audience, https://gitlab.com`)
    const wrongAudience = await job(cloud, { audience: 'https://gitlab.com' })
    const first = showRefusal(stage, await tell(stage, underMayfly(...program), wrongAudience.env))
    hold(first.code === 'PROOF_AUDIENCE', `refused for ${first.code}`)
    screen.line()
    screen.row('and', 'the job runs on another branch, feature')
    const wrongBranch = await job(cloud, { ref: 'feature' })
    const second = showRefusal(stage, await tell(stage, underMayfly(...program), wrongBranch.env))
    hold(second.code === 'TRUST_DENIED', `refused for ${second.code}`)
    return {
      ran: '@aws-sdk/client-sts, -ec2',
      allowed: 'DescribeInstances',
      refused: 'wrong audience, wrong branch',
    }
  },

  async byHand(cloud) {
    const { env } = await job(cloud)
    return { env, program: program.join(' ') }
  },
}

/** The ways without Mayfly go on working against our token service: a profile, and three exported variables. */
async function oldWays(stage: Stage): Promise<void> {
  const { cloud, screen } = stage
  const { env, profile } = await job(cloud)
  screen.row('also', 'the profile way, without Mayfly: role_arn and web_identity_token_file')
  const byProfile = await tell(stage, program, profile)
  hold(byProfile.code === 0, byProfile.err)
  screen.row('calls', lines(byProfile.out)[0]!)
  screen.row('also', 'the export way, without Mayfly: 15 minutes, and nothing renews them')
  const script = `export $(node ${workload('assume-role')}) && ${program.join(' ')}`
  const byExport = await tell(stage, ['sh', '-c', script], env)
  hold(byExport.code === 0, byExport.err)
  screen.row('calls', lines(byExport.out)[0]!)
  screen.line()
}

interface Job {
  readonly env: Environment
  readonly profile: Environment
  readonly claims: Readonly<Record<string, unknown>>
}

/** The job's variables: its token as `id_tokens:` declares it, and the role to assume. */
async function job(cloud: Cloud, { ref = 'main', audience: aud = audience } = {}): Promise<Job> {
  const { token, claims } = cloud.issue('https://gitlab.com', {
    inputs: { project: 'acme/shop', ref },
    audience: [aud],
  })
  const common = {
    ...cloud.env,
    AWS_REGION: region,
    GITLAB_CI: 'true',
    CI: 'true',
    CI_PROJECT_PATH: 'acme/shop',
  }
  const env = {
    ...common,
    CI_PROJECT_ID: String(claims.project_id),
    CI_PIPELINE_ID: String(claims.pipeline_id),
    CI_COMMIT_REF_NAME: ref,
    OIDC_TOKEN: token.reveal(),
    AWS_ROLE_ARN: roleArn('deploy'),
  }
  const [tokenFile, configFile] = [join(cloud.home, 'gitlab-token'), join(cloud.home, 'aws-config')]
  await writeFile(tokenFile, token.reveal(), { mode: 0o600 })
  await writeFile(
    configFile,
    `[profile oidc]\nrole_arn = ${roleArn('deploy')}\nweb_identity_token_file = ${tokenFile}\n`,
  )
  return { env, profile: { ...common, AWS_CONFIG_FILE: configFile, AWS_PROFILE: 'oidc' }, claims }
}
