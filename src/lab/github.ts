import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import type { Claims } from '../issuer/shape.ts'
import type { Environment } from '../world.ts'
import { issuerOf, workloadToken } from './issuers.ts'
import type { Platform } from './platform.ts'

// Jobs are told a host of their own kind, whose number differs.
const host = 'run-actions-1-azure-eastus.actions.githubusercontent.com'
const path = '/0//idtoken/1'

export const github: Platform = {
  name: 'github',
  summary: 'a job of GitHub Actions with `id-token: write`',
  takes: ['claims', 'audience'],
  issuer: (_workload, trust) => issuerOf('github', 'https://token.actions.githubusercontent.com', trust),
  async open(stage) {
    const { claims } = workloadToken(stage, stage.workload.audience)
    const { app, env } = githubRunner(
      (audience) =>
        workloadToken(stage, audience === undefined ? stage.workload.audience : [audience]).token.reveal(),
      `https://${host}`,
    )
    return { env: { ...jobVariables(claims), ...env }, hosts: { [host]: app } }
  },
}

/** The endpoint at which a job asks for its ID tokens, and the variables that lead there. GitHub's default audience is the owner's URL. */
export function githubRunner(mint: (audience: string | undefined) => string, origin: string) {
  const requestToken = randomBytes(24).toString('base64url')
  const app = new Hono()
  app.get('*', (c) => {
    if (!c.req.path.includes('/idtoken/')) return c.json({ message: 'Not Found' }, 404)
    const [scheme, token] = (c.req.header('authorization') ?? '').split(' ')
    if (scheme?.toLowerCase() !== 'bearer' || token !== requestToken)
      return c.json({ message: 'Unauthorized' }, 401)
    return c.json({ count: 1, value: mint(c.req.query('audience')) })
  })
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}${path}?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
  }
  return { app, env }
}

/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function jobVariables(claims: Claims): Environment {
  const said = (name: string) => String(claims[name])
  const ref = said('ref')
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_REPOSITORY: said('repository'),
    GITHUB_REPOSITORY_ID: said('repository_id'),
    GITHUB_REPOSITORY_OWNER: said('repository_owner'),
    GITHUB_REPOSITORY_OWNER_ID: said('repository_owner_id'),
    GITHUB_REF: ref,
    GITHUB_REF_NAME: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REF_TYPE: said('ref_type'),
    GITHUB_REF_PROTECTED: said('ref_protected'),
    GITHUB_HEAD_REF: said('head_ref'),
    GITHUB_BASE_REF: said('base_ref'),
    GITHUB_SHA: said('sha'),
    GITHUB_EVENT_NAME: said('event_name'),
    GITHUB_ACTOR: said('actor'),
    GITHUB_ACTOR_ID: said('actor_id'),
    GITHUB_RUN_ID: said('run_id'),
    GITHUB_RUN_NUMBER: said('run_number'),
    GITHUB_RUN_ATTEMPT: said('run_attempt'),
    GITHUB_WORKFLOW_REF: said('workflow_ref'),
    GITHUB_WORKFLOW_SHA: said('workflow_sha'),
    RUNNER_ENVIRONMENT: said('runner_environment'),
    RUNNER_OS: 'Linux',
  }
}
