import { MayflyError } from '../errors.ts'
import type { ConditionKeys } from './aws-variables.ts'

export type Claims = Readonly<Record<string, unknown>>

/** `strict`: the claims that AWS offers condition keys for. `all`: every claim, which AWS does not do. */
export type ClaimsMode = 'strict' | 'all'

/** Turns one issuer's claims into condition keys. */
export interface ClaimKeys {
  /** The condition keys by name in lower case; `audience` is the one that `awsAudience` gave. */
  keys(claims: Claims, audience: string): Map<string, string | readonly string[]>
  /** The names, in lower case, of keys that people expect of these claims and AWS does not offer. */
  withheld(claims: Claims): Set<string>
}

/** Claims that every provider's tokens have condition keys for. `aud` and `oaud` are made from the audience. */
const everywhere = ['amr', 'email', 'sub']

interface CuratedIssuer {
  /** The issuer without `https://`. */
  readonly issuer: string
  /** Whether issuers whose path lies under this one have the same keys. */
  readonly under?: true
  readonly claims: readonly string[]
}

/**
 * What AWS offers besides, issuer by issuer. GitLab's keys are gitlab.com's alone: a self-managed instance has none.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */
export const curatedClaims: readonly CuratedIssuer[] = [
  {
    issuer: 'token.actions.githubusercontent.com',
    claims: [
      'actor',
      'actor_id',
      'job_workflow_ref',
      'repository',
      'repository_id',
      'repository_owner_id',
      'workflow',
      'ref',
      'environment',
      'enterprise_id',
    ],
  },
  {
    issuer: 'gitlab.com',
    claims: [
      'namespace_id',
      'project_id',
      'user_id',
      'user_login',
      'user_email',
      'user_access_level',
      'ref_protected',
      'pipeline_source',
      'runner_environment',
    ],
  },
  { issuer: 'oidc.circleci.com/org', under: true, claims: ['oidc.circleci.com/project-id'] },
  {
    issuer: 'agent.buildkite.com',
    claims: [
      'organization_slug',
      'organization_id',
      'pipeline_slug',
      'pipeline_id',
      'cluster_name',
      'cluster_id',
      'build_branch',
    ],
  },
  { issuer: 'accounts.google.com', claims: ['google/organization_number'] },
]

/** Compiles what an issuer's claims are called in conditions: `<issuer without https://>:<claim>`. */
export function compileClaimKeys(issuer: string, mode: ClaimsMode = 'strict'): ClaimKeys {
  const name = issuer.replace(/^https:\/\//, '')
  const keyFor = (claim: string) => `${name}:${claim}`.toLowerCase()
  const offered = [...everywhere, ...curatedFor(name)].map((claim) => ({ claim, key: keyFor(claim) }))
  const [aud, oaud] = [keyFor('aud'), keyFor('oaud')]
  return {
    keys(claims, audience) {
      const all = () => Object.keys(claims).map((claim) => ({ claim, key: keyFor(claim) }))
      const keys = collect(mode === 'all' ? [...all(), ...offered] : offered, claims)
      keys.set(aud, audience)
      const original = asKeyValue(claims.aud)
      if (original !== undefined) keys.set(oaud, original)
      return keys
    },
    withheld(claims) {
      if (mode === 'all') return new Set()
      const known = new Set([aud, oaud, ...offered.map(({ key }) => key)])
      return new Set(
        Object.keys(claims)
          .map(keyFor)
          .filter((key) => !known.has(key)),
      )
    },
  }
}

/**
 * The audience that AWS goes by: `azp` before `aud`, and of several in `aud` none.
 * The errors' value `aws` is what AWS says of it.
 * @throws PROOF_AUDIENCE when `aud` lists several and there is no `azp`
 * @throws PROOF_CLAIM when there is neither
 */
export function awsAudience(claims: Claims): string {
  const { aud, azp } = claims
  if (isWord(azp)) return azp
  const listed = Array.isArray(aud) ? aud.filter(isWord) : isWord(aud) ? [aud] : []
  if (listed.length === 0)
    throw new MayflyError('PROOF_CLAIM', {
      message: 'the token has no audience in aud',
      values: { claim: 'aud', aws: 'Missing a required claim: aud' },
    })
  if (listed.length > 1)
    throw new MayflyError('PROOF_AUDIENCE', {
      message: `the token is for ${listed.length} audiences and has no azp to say which counts: ${listed.join(', ')}`,
      values: {
        audience: listed,
        aws: 'Token audience contains more than one audience while authorized party is not present',
      },
      hint: 'Have the issuer make a token for one audience alone, or set azp.',
    })
  return listed[0]!
}

function curatedFor(name: string): readonly string[] {
  const row = curatedClaims.find(
    ({ issuer, under }) => name === issuer || (under && name.startsWith(`${issuer}/`)),
  )
  return row?.claims ?? []
}

function collect(
  offered: readonly { readonly claim: string; readonly key: string }[],
  claims: Claims,
): Map<string, string | readonly string[]> {
  const keys = new Map<string, string | readonly string[]>()
  for (const { claim, key } of offered) {
    const value = asKeyValue(claimIn(claims, claim))
    if (value !== undefined) keys.set(key, value)
  }
  return keys
}

/** A claim by its name, or by the way to it where its name has slashes. */
function claimIn(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  const slash = name.indexOf('/')
  const inner = slash < 0 ? undefined : own(claims, name.slice(0, slash))
  return typeof inner === 'object' && inner !== null
    ? claimIn(inner as Claims, name.slice(slash + 1))
    : undefined
}

function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

// Every condition key is a string, or a list of them; objects have no key.
function asKeyValue(value: unknown): string | readonly string[] | undefined {
  if (Array.isArray(value)) return value.map(asWord).filter((word) => word !== undefined)
  return asWord(value)
}

function asWord(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Keys of several makers as one: claims, `aws:` and `sts:` keys. Later ones win. */
export function mergeKeys(...many: readonly ConditionKeys[]): ConditionKeys {
  const merged = new Map<string, string | readonly string[]>()
  for (const keys of many) for (const [name, value] of keys) merged.set(name.toLowerCase(), value)
  return merged
}
