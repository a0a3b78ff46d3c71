import type { Claims } from './decide.ts'
import type { TokenSet } from './token-set.ts'
import { witnessOf } from './witness.ts'

/** What nobody varies: without these no token gets as far as a condition. */
const fixed: readonly string[] = ['iss', 'sub', 'aud', 'may_act', 'cnf', 'google.subject']

/**
 * Tokens like one of a set in which one claim is no text: a boolean, a number, a list. Sets are about texts alone, so that
 * of these the deciding engine is asked; what conditions compare with is among the values.
 */
export function otherTokens(set: TokenSet): Claims[] {
  const token = witnessOf(set)
  if (!token) return []
  const said = [...set.conditions.keys()].join(' ')
  const named = [...said.matchAll(/\bassertion\.(\w+)|\bassertion\[['"]([^'"]+)['"]\]/g)]
  const names = new Set([...set.claims.keys(), ...named.map(([, one, other]) => one ?? other!)])
  const values = valuesIn(said)
  return [...names]
    .filter((name) => !fixed.includes(name) && !name.startsWith('('))
    .flatMap((name) => values.map((value) => ({ ...token, [name]: value })))
}

function valuesIn(text: string): unknown[] {
  const words = [...text.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, one, other]) => one ?? other!)
  const numbers = [...text.matchAll(/(?<![\w'".])\d+(?:\.\d+)?(?![\w'"])/g)].map(([digits]) => Number(digits))
  return [...new Set([true, false, 0, ...numbers]), [], words, ...new Set(words)]
}
