import { githubRunner } from '../../src/lab/github.ts'
import { serveApp } from './serve.ts'

export interface GithubRunnerOptions {
  /** A token of the workflow run for one audience; GitHub's default is the owner's URL. */
  readonly mint: (audience: string) => string
  readonly defaultAudience?: string
}

/** The lab's GitHub runner on loopback, with the audiences that it was asked for. */
export async function serveGithubRunner({
  mint,
  defaultAudience = 'https://github.com/acme',
}: GithubRunnerOptions) {
  const audiences: string[] = []
  const minted = (audience = defaultAudience) => {
    audiences.push(audience)
    return mint(audience)
  }
  const { app, env } = githubRunner(minted, '')
  const served = await serveApp(app)
  const ACTIONS_ID_TOKEN_REQUEST_URL = served.url + env.ACTIONS_ID_TOKEN_REQUEST_URL
  return { ...served, audiences, env: { GITHUB_ACTIONS: 'true', ...env, ACTIONS_ID_TOKEN_REQUEST_URL } }
}
