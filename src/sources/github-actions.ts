import { MayflyError } from '../errors.ts'
import type { Environment, World } from '../world.ts'
import { jwtProof } from './jwt.ts'
import { askPlatform, platformUrl } from './platform.ts'
import type { Sighting, Source } from './source.ts'

const permission =
  'Give the job `permissions: id-token: write` (pull requests from forks never have it), or name another identity with `from:`.'

/**
 * A job of GitHub Actions. A token lives five minutes and the right to request one as long as the job, so one is requested at every call.
 * @see https://docs.github.com/en/actions/reference/security/oidc "Methods for requesting the OIDC token"
 */
export function githubActions({ env, http, clock }: World): Source {
  return {
    name: 'github-actions',
    gives: 'jwt',
    detect: () => sight(env),
    async prove(audience, signal) {
      const { url, bearer } = requestOf(env)
      url.searchParams.set('audience', audience.value)
      const who = "GitHub's ID token endpoint"
      const headers = { authorization: `bearer ${bearer}`, accept: 'application/json' }
      const { value } = await askPlatform(http, { who, url, headers, signal, timeoutMs: 5000 })
      if (typeof value !== 'string')
        throw new MayflyError('SOURCE_FAILED', {
          message: `${who} at ${url.origin} answered without a \`value\``,
        })
      return jwtProof({ what: 'the ID token that GitHub has just given', token: value, clock })
    },
  }
}

/** A job without the permission is still seen here: were it not, it could act as the machine that runs it. */
function sight(env: Environment): Sighting {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = env
  if (url && bearer) return { here: true, saw: 'ACTIONS_ID_TOKEN_REQUEST_URL and its token are set' }
  if (env.GITHUB_ACTIONS === 'true' || url || bearer)
    return {
      here: true,
      saw: `this is a GitHub Actions job without \`permissions: id-token: write\` (ACTIONS_ID_TOKEN_REQUEST_${url ? 'TOKEN' : 'URL'} is not set)`,
      hint: permission,
    }
  return { here: false, saw: 'ACTIONS_ID_TOKEN_REQUEST_URL is not set' }
}

function requestOf(env: Environment): { url: URL; bearer: string } {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = env
  if (url && bearer) return { url: platformUrl('ACTIONS_ID_TOKEN_REQUEST_URL', url), bearer }
  const { here, saw, hint } = sight(env)
  throw new MayflyError(here ? 'SOURCE_FAILED' : 'SOURCE_ABSENT', {
    message: `no ID token of GitHub Actions: ${saw}`,
    ...(hint && { hint }),
  })
}
