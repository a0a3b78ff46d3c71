import type { GivenCredential } from '../registry/given.ts'
import { compileCredential } from '../trust/entra.ts'
import type { Term } from '../trust/entra-expression.ts'
import { exactly, like } from './text-set.ts'
import { meetTokens, type TokenSet, tokensWith } from './token-set.ts'
import { oneOf, present } from './value-set.ts'
import type { Way } from './way.ts'

/** Whom a federated identity credential lets in. */
export function credentialWays({ document, place }: GivenCredential): Way[] {
  const { rule, terms } = compileCredential(document)
  const { name, issuer, audiences, subject } = rule
  const base = tokensWith({
    iss: oneOf([exactly(issuer)]),
    aud: oneOf(audiences.map(exactly)),
    sub: subject === undefined ? present : oneOf([exactly(subject)]),
  })
  let lets: TokenSet | undefined = base
  for (const each of terms) lets = lets && meetTokens(lets, termSet(each))
  return lets ? [{ source: name, line: place.line(), lets, except: [], notes: [] }] : []
}

function termSet({ claim, operator, expected }: Term): TokenSet {
  return tokensWith({ [claim]: oneOf([operator === 'eq' ? exactly(expected) : like(expected)]) })
}
