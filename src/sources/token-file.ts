import { MayflyError } from '../errors.ts'
import type { SourceChoice } from '../plan.ts'
import type { World } from '../world.ts'
import { audiencesOf, isFor, jwtProof, peekClaims } from './jwt.ts'
import { readTokenFile } from './read-token.ts'
import type { Audience, Sighting, Source } from './source.ts'

/**
 * A file that holds a JWT, as text or as a member of a JSON object: what `credential_source.file` of Google's external_account and
 * AWS_WEB_IDENTITY_TOKEN_FILE name.
 * @see https://google.aip.dev/auth/4117 "Determining the subject token in file-sourced credentials"
 */
export function tokenFile({ env, clock }: World, choice: SourceChoice = {}): Source {
  const path = choice.file || env.AWS_WEB_IDENTITY_TOKEN_FILE
  return {
    name: 'token-file',
    gives: 'jwt',
    detect: () => sight(path),
    async prove(audience) {
      if (!path) throw new MayflyError('SOURCE_ABSENT', { message: `no token file: ${sight(path).saw}` })
      const token = member(await readTokenFile(path), path, choice.field)
      checkAudience(token, path, audience)
      return jwtProof({ what: `the token in ${path}`, token, clock })
    },
  }
}

function sight(path: string | undefined): Sighting {
  if (!path)
    return { here: false, saw: 'no token file is configured and AWS_WEB_IDENTITY_TOKEN_FILE is not set' }
  return { here: true, saw: `the token file ${path} is configured` }
}

function member(text: string, path: string, field: string | undefined): string {
  if (!field) return text
  const value = jsonMember(text, field)
  if (value) return value
  throw new MayflyError('SOURCE_FAILED', {
    message: `the token file ${path} is not a JSON object with the token as text in \`${field}\``,
    values: { file: path, field },
  })
}

function jsonMember(text: string, field: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const found = Object.entries(value ?? {}).find(([name]) => name === field)?.[1]
    return typeof found === 'string' ? found.trim() : undefined
  } catch {
    return undefined
  }
}

/** Only against an audience that somebody configured: a file holds one token, and the usual one is the token service's to judge. */
function checkAudience(token: string, path: string, { value, usual }: Audience): void {
  const claims = peekClaims(token)
  if (usual || !claims || isFor(claims, value)) return
  const found = audiencesOf(claims)
  throw new MayflyError('SOURCE_AUDIENCE', {
    message: `a token for the audience ${value} is wanted, and the one in ${path} is for ${found.join(', ') || 'none'}`,
    values: { wanted: value, found },
  })
}
