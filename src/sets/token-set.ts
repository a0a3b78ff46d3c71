import { undecided } from './text-set.ts'
import { anyValue, hasValue, meet, others, type ValueSet, valueIn } from './value-set.ts'

/** Tokens: all whose claims say what is in these sets. `iss` is a claim like another; one that is not named may say anything. */
export interface TokenSet {
  readonly claims: ReadonlyMap<string, ValueSet>
  /** What no set of tokens can say, by its text: whether it has to hold, or has to fail. */
  readonly conditions: ReadonlyMap<string, boolean>
}

export const allTokens: TokenSet = { claims: new Map(), conditions: new Map() }

export function tokensWith(claims: Readonly<Record<string, ValueSet>>): TokenSet {
  return { claims: new Map(Object.entries(claims)), conditions: new Map() }
}

/** What is left open: a condition that is not about what a token says, or says in a way that sets do not have. */
export function tokensIf(condition: string, holds = true): TokenSet {
  return { claims: new Map(), conditions: new Map([[condition, holds]]) }
}

/** The tokens in both; undefined when there are none for sure. */
export function meetTokens(a: TokenSet, b: TokenSet): TokenSet | undefined {
  const conditions = new Map(a.conditions)
  for (const [text, holds] of b.conditions) {
    if ((conditions.get(text) ?? holds) !== holds) return undefined
    conditions.set(text, holds)
  }
  const claims = new Map(a.claims)
  for (const [name, values] of b.claims) {
    const known = claims.get(name)
    const met = known ? meet(known, values) : values
    if (valueIn(met) === 'empty') return undefined
    claims.set(name, met)
  }
  return { claims, conditions }
}

/** Every set of the one list with every one of the other. */
export function meetAll(many: readonly TokenSet[], more: readonly TokenSet[]): TokenSet[] {
  return many.flatMap((a) => more.flatMap((b) => meetTokens(a, b) ?? []))
}

/** So many sets are made: where what is left has more parts, nobody could read them. */
const mostSets = 1000

/** What is in the first and in none of the others, in parts that do not overlap. */
export function withoutTokens(from: TokenSet, less: readonly TokenSet[]): TokenSet[] | typeof undecided {
  let rest = [from]
  for (const each of less) {
    rest = rest.flatMap((part) => minus(part, each))
    if (rest.length > mostSets) return undecided
  }
  return rest
}

function minus(from: TokenSet, less: TokenSet): TokenSet[] {
  if (!meetTokens(from, less)) return [from]
  const parts: TokenSet[] = []
  let inside: TokenSet | undefined = from
  for (const { outside, within } of sidesOf(less)) {
    if (!inside) break
    for (const each of outside) {
      const part = meetTokens(inside, each)
      if (part) parts.push(part)
    }
    inside = meetTokens(inside, within)
  }
  return parts
}

/** Of everything that a set asks for: what meets it, and what does not. */
function sidesOf({ claims, conditions }: TokenSet): { within: TokenSet; outside: TokenSet[] }[] {
  return [
    ...[...claims].map(([name, values]) => ({
      within: tokensWith({ [name]: values }),
      outside: others(values).map((each) => tokensWith({ [name]: each })),
    })),
    ...[...conditions].map(([text, holds]) => ({
      within: tokensIf(text, holds),
      outside: [tokensIf(text, !holds)],
    })),
  ]
}

/** Whether a token is in the set, as far as that hangs on its claims. */
export function hasToken({ claims }: TokenSet, token: Readonly<Record<string, unknown>>): boolean {
  return [...claims].every(([name, values]) => {
    const value = Object.hasOwn(token, name) ? token[name] : undefined
    return (value === undefined || typeof value === 'string') && hasValue(values, value)
  })
}

export function valuesOf({ claims }: TokenSet, name: string): ValueSet {
  return claims.get(name) ?? anyValue
}
