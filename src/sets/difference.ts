import type { GivenTrust } from '../registry/given.ts'
import type { Target } from '../sts/explain-offline.ts'
import { type Claims, decide, isBound } from './decide.ts'
import { entrancesOf } from './entrances.ts'
import { otherTokens } from './other-values.ts'
import { jsonOfTokens } from './rows.ts'
import { undecided } from './text-set.ts'
import { type TokenSet, withoutTokens } from './token-set.ts'
import type { Entrance } from './way.ts'
import { witnessOf } from './witness.ts'

/** Tokens that the one trust lets in and the other does not. */
export interface Part {
  /** Undefined where there are too many parts to tell them, and where a claim of the example is no text. */
  readonly tokens?: TokenSet
  /** One of them. */
  readonly example?: Claims
  /** Whether the deciding engine let the example in by the one, and not by the other. */
  readonly confirmed: boolean
  /** Something whose meaning is not compared, in a line: a rule that is not about tokens. */
  readonly besides?: string
}

/** What two trusts differ in about one thing that tokens are presented for. */
export interface Difference {
  readonly name: string
  /** `both`, or the one of the two that alone has it. */
  readonly there: 'both' | 'old' | 'new'
  /** Who gets in by the new one alone. */
  readonly opened: readonly Part[]
  /** Who got in by the old one alone. */
  readonly closed: readonly Part[]
}

/** What comes of a change: `wider` when somebody gets in who did not, `undecided` when that cannot be told. */
export type Meaning = 'same' | 'narrower' | 'wider' | 'undecided'

export function meaningOf(differences: readonly Difference[]): Meaning {
  const opened = differences.flatMap((each) => each.opened)
  if (opened.some(({ confirmed }) => confirmed)) return 'wider'
  if (opened.length > 0) return 'undecided'
  return differences.some(({ closed }) => closed.length > 0) ? 'narrower' : 'same'
}

/** What two trusts differ in, for everything that one of them has. What is the same is left out. */
export async function differencesOf(before: GivenTrust, after: GivenTrust): Promise<Difference[]> {
  const differences: Difference[] = []
  for (const pair of pairsOf(entrancesOf(before), entrancesOf(after))) {
    if (saysTheSame(pair)) continue
    const old = { entrance: pair.old, trust: before }
    const now = { entrance: pair.now, trust: after }
    const opened = [...(await partsOf(now, old)), ...besidesOf(pair.now, pair.old)]
    const closed = [...(await partsOf(old, now)), ...besidesOf(pair.old, pair.now)]
    const there = pair.old && pair.now ? 'both' : pair.old ? 'old' : 'new'
    const name = pair.now?.name ?? pair.old?.name ?? ''
    if (opened.length + closed.length > 0) differences.push({ name, there, opened, closed })
  }
  return differences
}

interface Pair {
  readonly old?: Entrance | undefined
  readonly now?: Entrance | undefined
}

/** What is asked for by the same name in both; and where only one of a kind is left on either side, those two. */
function pairsOf(before: readonly Entrance[], after: readonly Entrance[]): Pair[] {
  const left = new Map(before.map((old) => [keyOf(old), old]))
  const named = after.map((now): Pair => {
    const old = left.get(keyOf(now))
    left.delete(keyOf(now))
    return { now, old }
  })
  const added = Map.groupBy(
    named.filter(({ old }) => !old),
    ({ now }) => kindOf(now!.target),
  )
  const gone = Map.groupBy(left.values(), ({ target }) => kindOf(target))
  const pairs = named.map((pair): Pair => {
    const kind = kindOf(pair.now!.target)
    const [old, ...more] = gone.get(kind) ?? []
    if (pair.old || !old || more.length > 0 || added.get(kind)!.length > 1) return pair
    gone.delete(kind)
    return { now: pair.now, old }
  })
  return [...pairs, ...[...gone.values()].flat().map((old) => ({ old }))]
}

function keyOf({ target }: Entrance): string {
  return JSON.stringify(target)
}

function kindOf(target: Target): string {
  // Another resource or scope is another thing, and not the same by another name.
  if (target.cloud === 'oauth') return JSON.stringify(target)
  if (target.cloud !== 'google') return target.cloud
  return `${target.serviceAccount === undefined ? 'provider' : 'account'}${target.provider === '' ? ' by others' : ''}`
}

/** Most of a trust is as it was: what is written in the same way needs no comparison. */
function saysTheSame({ old, now }: Pair): boolean {
  return old !== undefined && now !== undefined && setsText(old) === setsText(now)
}

function setsText({ ways, besides }: Entrance): string {
  return JSON.stringify([ways.map(({ lets, except }) => [lets, ...except].map(jsonOfTokens)), besides])
}

/** Of what is not about tokens, what the one allows and the other does not say, and what only the other denies. */
function besidesOf(one: Entrance | undefined, other: Entrance | undefined): Part[] {
  const [own, others] = [one?.besides ?? [], other?.besides ?? []]
  const allowed = own.filter((each) => each.startsWith('Allow') && !others.includes(each))
  const undenied = others.filter((each) => each.startsWith('Deny') && !own.includes(each))
  return [...allowed, ...undenied.map((each) => `without: ${each}`)].map((besides) => ({
    besides,
    confirmed: false,
  }))
}

interface Side {
  readonly entrance: Entrance | undefined
  readonly trust: GivenTrust
}

/** Whom the one lets in and the other does not. */
async function partsOf(one: Side, other: Side): Promise<Part[]> {
  const sets = setsOf(one.entrance)
  const against = setsOf(other.entrance)
  if (sets === undecided || against === undecided) return [{ confirmed: false }]
  const parts: Part[] = []
  for (const [i, set] of sets.entries()) {
    // What an earlier set of the same side has is told there.
    const rest = withoutTokens(set, [...against, ...sets.slice(0, i)])
    if (rest === undecided) return [{ confirmed: false }]
    for (const tokens of rest) parts.push(await partWith(tokens, one, other))
  }
  if (parts.some(({ confirmed }) => confirmed)) return parts
  return [...parts, ...(await partOfOthers(sets, one, other))]
}

/** So many tokens are tried: far more than conditions that people write have values. */
const mostTried = 500

/** Where the sets differ in nobody for sure, somebody may get in by a claim that is no text. */
async function partOfOthers(sets: readonly TokenSet[], one: Side, other: Side): Promise<Part[]> {
  for (const example of sets.flatMap(otherTokens).slice(0, mostTried))
    if ((await lets(one, example)) && !(await lets(other, example))) return [{ example, confirmed: true }]
  return []
}

/** All that gets in, in sets from which nothing is left out any more. */
function setsOf(entrance: Entrance | undefined): TokenSet[] | typeof undecided {
  const sets = entrance?.ways.map(({ lets, except }) => withoutTokens(lets, except)) ?? []
  return sets.includes(undecided) ? undecided : (sets as TokenSet[][]).flat()
}

async function partWith(tokens: TokenSet, one: Side, other: Side): Promise<Part> {
  const example = witnessOf(tokens)
  if (!example) return { tokens, confirmed: false }
  const confirmed = (await lets(one, example)) && !(await lets(other, example))
  return { tokens, confirmed, ...(confirmed && { example }) }
}

async function lets({ entrance, trust }: Side, claims: Claims): Promise<boolean> {
  if (!entrance) return false
  if (entrance.open !== undefined) return isBound(trust, entrance.target, claims)
  return (await decide(trust, entrance.target, claims)).decision === 'allow'
}
