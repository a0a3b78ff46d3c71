import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { type Bindings, serveApp } from './serve.ts'

export interface GithubRunnerOptions {
  /** A token of the workflow run for one audience; GitHub's default is the owner's URL. */
  readonly mint: (audience: string) => string
  readonly defaultAudience?: string
}

/** The endpoint at which a job of GitHub Actions with `id-token: write` asks for its ID tokens. */
export async function serveGithubRunner({
  mint,
  defaultAudience = 'https://github.com/acme',
}: GithubRunnerOptions) {
  const requestToken = randomBytes(24).toString('base64url')
  const audiences: string[] = []
  const app = new Hono<Bindings>()
  app.get('/idtoken/:run', (c) => {
    const [scheme, token] = (c.req.header('authorization') ?? '').split(' ')
    if (scheme?.toLowerCase() !== 'bearer' || token !== requestToken)
      return c.json({ message: 'Unauthorized' }, 401)
    const audience = c.req.query('audience') ?? defaultAudience
    audiences.push(audience)
    return c.json({ count: 1, value: mint(audience) })
  })
  const served = await serveApp(app)
  return {
    ...served,
    audiences,
    env: {
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${served.url}/idtoken/1?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    },
  }
}
