import { own, platformOf, stranger } from '../lint/platforms.ts'
import { filled, jobIn, strangers } from '../lint/tokens.ts'
import type { Claims } from './decide.ts'
import { patternsOf } from './in-words.ts'
import { shown, undecided } from './text-set.ts'
import { hasToken, type TokenSet, valuesOf } from './token-set.ts'
import { hasValue, valueIn } from './value-set.ts'

/**
 * A token of a set: one as the platform makes them where one is in it, of somebody else before ours; otherwise one with
 * texts that fit. Undefined when none could be found.
 */
export function witnessOf(set: TokenSet): Claims | undefined {
  const likely = likelyTokens(set)
  const within = likely.find((each) => hasToken(set, each))
  return within ?? patched(set, likely.toSorted((a, b) => misses(set, a) - misses(set, b))[0] ?? somebody)
}

const otherAudience = 'https://another-service.example'
const somebody: Claims = { iss: 'https://issuer.example', sub: 'somebody', aud: 'sts.amazonaws.com' }

/** How many claims would have to be changed. */
function misses(set: TokenSet, token: Claims): number {
  return [...set.claims].filter(([name, values]) => !hasValue(values, usualFor(token, name))).length
}

function likelyTokens(set: TokenSet): Claims[] {
  const issuer = textsFor(set, 'iss')[0]
  if (issuer === undefined) return []
  const patterns = textsFor(set, 'sub')
  const platform = platformOf(issuer, patterns[0])
  const audience = textsFor(set, 'aud').map(filled)[0]
  const jobs = (patterns.length > 0 ? patterns : ['']).flatMap((pattern) => {
    const job = jobIn(pattern)
    const event = 'pull_request' as const
    return [...strangers(pattern), { ...job, event }, { ...job, project: 'playground' }, job]
  })
  return [stranger, ...jobs, own].map((job) => ({
    ...platform.token(issuer, job),
    ...(audience !== undefined && { aud: audience }),
  }))
}

function textsFor(set: TokenSet, name: string): string[] {
  return (patternsOf(valuesOf(set, name)) ?? []).map(shown)
}

/** The token with those claims changed that are not in the set. */
function patched(set: TokenSet, token: Claims): Claims | undefined {
  const changed: Record<string, unknown> = { ...token }
  for (const [name, values] of set.claims) {
    const fitting = textsFor(set, name).map(filled)
    const found = valueIn(values, [
      usualFor(token, name),
      ...fitting,
      ...(name === 'aud' ? [otherAudience] : []),
    ])
    if (found === 'empty' || found === undecided) return undefined
    if (found.value === undefined) delete changed[name]
    else changed[name] = found.value
  }
  return changed
}

function usualFor(token: Claims, name: string): string | undefined {
  const value = token[name]
  return typeof value === 'string' ? value : undefined
}
