import { MayflyError } from '../errors.ts'
import type { SourceChoice } from '../plan.ts'
import type { Environment, World } from '../world.ts'
import { audiencesOf, type Claims, isFor, jwtProof, peekClaims } from './jwt.ts'
import type { Audience, Sighting, Source } from './source.ts'

const declare =
  'Declare `id_tokens:` with an `aud:` in the job of .gitlab-ci.yml, or name another identity with `from:`.'
const outlived =
  'GitLab makes ID tokens when the job starts and cannot renew them: raise the timeout of the job, which is their lifetime.'

interface IdToken {
  readonly variable: string
  readonly token: string
  readonly claims: Claims
}

/**
 * A job of GitLab CI/CD. `id_tokens:` puts tokens into variables of any name, so they are known by what they hold.
 * @see https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export function gitlabCi({ env, clock }: World, choice: SourceChoice = {}): Source {
  return {
    name: 'gitlab-ci',
    gives: 'jwt',
    detect: () => sight(env, choice.variable),
    async prove(audience) {
      const { variable, token } = choice.variable
        ? named(env, choice.variable, audience)
        : pick(env, audience)
      return jwtProof({ what: `the ID token in ${variable}`, token, clock, hint: outlived })
    },
  }
}

/** A job without an ID token is still seen here: were it not, it could act as the machine that runs it. */
function sight(env: Environment, variable: string | undefined): Sighting {
  if (!env.GITLAB_CI) return { here: false, saw: 'GITLAB_CI is not set' }
  if (variable) return { here: true, saw: `GITLAB_CI is set, and the ID token is to be in ${variable}` }
  const found = idTokens(env)
  if (found.length) return { here: true, saw: `GITLAB_CI is set, with an ID token in ${namesOf(found)}` }
  return { here: true, saw: `GITLAB_CI is set, but no variable holds an ID token${old(env)}`, hint: declare }
}

/** CI_JOB_JWT and its like were removed in GitLab 17; a runner that still sets them offers an audience that nobody chose. */
function old(env: Environment): string {
  const names = Object.keys(env).filter((name) => name.startsWith('CI_JOB_JWT') && env[name])
  return names.length ? ` (${names.join(', ')} are no longer used: GitLab replaced them by id_tokens)` : ''
}

function named(env: Environment, variable: string, audience: Audience): IdToken {
  const token = env[variable]
  if (!token)
    throw new MayflyError('SOURCE_FAILED', {
      message: `${variable} is to hold the ID token, and it is not set`,
      hint: declare,
    })
  const claims = peekClaims(token) ?? {}
  const found = { variable, token, claims }
  if (!audience.usual && !isFor(claims, audience.value)) throw wrongAudience([found], audience)
  return found
}

function pick(env: Environment, audience: Audience): IdToken {
  const tokens = idTokens(env)
  if (!tokens.length) {
    const { here, saw, hint } = sight(env, undefined)
    throw new MayflyError(here ? 'SOURCE_FAILED' : 'SOURCE_ABSENT', {
      message: `no ID token of GitLab CI: ${saw}`,
      ...(hint && { hint }),
    })
  }
  const meant = tokens.find(({ claims }) => isFor(claims, audience.value))
  const only = audience.usual && tokens.length === 1 ? tokens[0] : undefined
  const chosen = meant ?? only
  if (!chosen) throw wrongAudience(tokens, audience)
  return chosen
}

function wrongAudience(tokens: readonly IdToken[], { value }: Audience): MayflyError {
  const found = tokens.map(
    ({ variable, claims }) => `${variable} (${audiencesOf(claims).join(', ') || 'none'})`,
  )
  return new MayflyError('SOURCE_AUDIENCE', {
    message: `an ID token for the audience ${value} is wanted, and the job has ${found.join(', ')}`,
    values: { wanted: value, found },
    hint: `Declare \`id_tokens: { NAME: { aud: ${value} } }\` in .gitlab-ci.yml, or set \`audience:\` in mayfly.yaml to the one that is there.`,
  })
}

function idTokens(env: Environment): IdToken[] {
  return Object.entries(env)
    .filter(([name, value]) => value?.startsWith('eyJ') && !name.startsWith('CI_JOB_JWT'))
    .map(([variable, token]) => ({ variable, token: token ?? '', claims: peekClaims(token ?? '') ?? {} }))
    .filter(({ claims }) => isGitlabs(claims) && audiencesOf(claims).length > 0)
}

/** Any JWT may lie in a job's variables; only GitLab's own may go to a token service unasked. */
function isGitlabs({ project_path, sub }: Claims): boolean {
  return typeof project_path === 'string' || (typeof sub === 'string' && sub.startsWith('project_path:'))
}

const namesOf = (tokens: readonly IdToken[]) => tokens.map(({ variable }) => variable).join(', ')
