import { MayflyError } from '../errors.ts'
import type { Claims } from '../issuer/shape.ts'
import { bareHost } from '../wire/addresses.ts'
import type { Environment } from '../world.ts'
import { issuerOf, workloadToken } from './issuers.ts'
import type { Platform } from './platform.ts'

// As the documentation of GitLab and of AWS call it.
const usualName = 'GITLAB_OIDC_TOKEN'

export const gitlab: Platform = {
  name: 'gitlab',
  summary: `a job of GitLab CI/CD with ID tokens: --id-token NAME=AUD; default: ${usualName}`,
  takes: ['claims', 'audience', 'idTokens'],
  issuer: (_workload, trust) => issuerOf('gitlab', 'https://gitlab.com', trust),
  async open(stage) {
    const { idTokens, audience } = stage.workload
    const named = Object.entries(idTokens)
    if (named.length && audience.length) throw twoWays(named[0]![0])
    const wanted = named.length ? named : [[usualName, audience] as const]
    const tokens = wanted.map(([name, aud]) => [name, workloadToken(stage, aud)] as const)
    const variables = tokens.map(([name, { token }]) => [name, token.reveal()])
    return { env: { ...jobVariables(tokens[0]![1].claims), ...Object.fromEntries(variables) } }
  },
}

function twoWays(name: string): MayflyError {
  return new MayflyError('COMMAND_USAGE', {
    message: `--audience is for the token in ${usualName}, and --id-token asks for others in its place`,
    hint: `Give each its own: --id-token ${name}=AUDIENCE, again for another.`,
  })
}

/** @see https://docs.gitlab.com/ci/variables/predefined_variables/ */
function jobVariables(claims: Claims): Environment {
  const said = (name: string) => String(claims[name])
  const url = said('iss')
  const isTag = claims.ref_type === 'tag'
  return {
    CI: 'true',
    GITLAB_CI: 'true',
    CI_SERVER: 'yes',
    CI_SERVER_URL: url,
    CI_SERVER_HOST: bareHost(new URL(url).hostname),
    CI_API_V4_URL: `${url}/api/v4`,
    CI_PROJECT_ID: said('project_id'),
    CI_PROJECT_PATH: said('project_path'),
    CI_PROJECT_NAMESPACE: said('namespace_path'),
    CI_PROJECT_NAME: said('project_path').split('/').at(-1),
    CI_PIPELINE_ID: said('pipeline_id'),
    CI_PIPELINE_SOURCE: said('pipeline_source'),
    CI_JOB_ID: said('job_id'),
    CI_COMMIT_SHA: said('sha'),
    CI_COMMIT_REF_NAME: said('ref'),
    CI_COMMIT_REF_PROTECTED: said('ref_protected'),
    ...(isTag ? { CI_COMMIT_TAG: said('ref') } : { CI_COMMIT_BRANCH: said('ref') }),
    ...(claims.environment !== undefined && { CI_ENVIRONMENT_NAME: said('environment') }),
    GITLAB_USER_LOGIN: said('user_login'),
    GITLAB_USER_EMAIL: said('user_email'),
  }
}
