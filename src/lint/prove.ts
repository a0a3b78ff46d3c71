import { arnOf, type GivenTrust } from '../registry/given.ts'
import { explainOffline, type Target } from '../sts/explain-offline.ts'
import { unsignedToken } from '../sts/unsigned-token.ts'
import { providerName } from './cel-tokens.ts'
import type { Asks, Claims, Example, Rule, Suspect, Suspicion } from './rule.ts'
import { only, replaced } from './suspects.ts'

/** A suspicion that the engine confirmed. */
export interface Proof {
  readonly rule: Rule
  readonly suspicion: Suspicion
  readonly example?: Example
  /** With the fixed document in place; absent where it was not seen to work. */
  readonly mended?: GivenTrust
  readonly legitimate?: Claims
  /** Whether the example is decided otherwise by another trust. */
  isEndedBy(trust: GivenTrust): Promise<boolean>
  /** Whether a token that is meant to pass does, by another trust. */
  allows(trust: GivenTrust, claims: Claims): Promise<boolean>
}

/** Asks the engine about what is suspected, as the document is and as it should be; undefined when nothing is wrong. */
export async function proved(
  rule: Rule,
  suspicion: Suspicion,
  given: GivenTrust,
): Promise<Proof | undefined> {
  const { document, effect, fixed, asks, tokens } = suspicion
  const wrong = effect === 'refuses' ? 'deny' : 'allow'
  const claims = effect === 'weakens' ? undefined : await first(tokens, decider(given, document, asks), wrong)
  if (!claims && effect !== 'weakens') return undefined
  const isEndedBy = async (trust: GivenTrust) =>
    !claims || (await decider(trust, document, asks)(claims)) !== wrong
  const mended = replaced(given, document, fixed)
  const asked = suspicion.legitimateAsks ?? asks
  const legitimate = await first(suspicion.legitimate, decider(mended, document, asked), 'allow')
  const works = (await isEndedBy(mended)) && (legitimate || suspicion.legitimate.length === 0)
  return {
    rule,
    suspicion,
    ...(claims && { example: { claims, decision: wrong, ...askedIn(asks) } }),
    // A fix that was not seen to work is not offered.
    ...(works && { mended, ...(legitimate && { legitimate }) }),
    isEndedBy,
    allows: async (trust, token) => (await decider(trust, document, asked)(token)) === 'allow',
  }
}

function askedIn(asks: Asks | undefined): Omit<Example, 'claims' | 'decision'> {
  if (asks?.cloud !== 'oauth') return {}
  const { client, resources, actor } = asks
  const [resource] = resources
  return {
    ...(client !== undefined && { client }),
    ...(resource !== undefined && { resource }),
    ...(actor && { actor }),
  }
}

type Decide = (claims: Claims) => Promise<'allow' | 'deny'>

/** Where no time is said, any will do: tokens get theirs around it. */
const nowMs = Date.parse('2026-01-01T00:00:00Z')

function decider(given: GivenTrust, document: Suspect, asks: Asks | undefined): Decide {
  const trust = only(given, document, asks)
  return async (claims) => {
    const target = targetOf(document, asks)
    const { presented } = unsignedToken(claims, nowMs)
    return (await explainOffline({ trust, presented, target, nowMs })).decision
  }
}

function targetOf(document: Suspect, asks: Asks | undefined): Target {
  if (asks?.cloud === 'google')
    return {
      cloud: 'google',
      provider: providerName(asks.provider),
      serviceAccount: asks.account.document.email,
    }
  if (asks && document.kind === 'server') {
    const { rule: _, ...wanted } = asks
    return { ...wanted, authorizationServer: document.given.document.issuer }
  }
  switch (document.kind) {
    case 'role':
      return { cloud: 'aws', roleArn: arnOf(document.given) }
    case 'provider':
      return { cloud: 'google', provider: providerName(document.given) }
    case 'credential':
      return { cloud: 'entra' }
    default:
      throw new TypeError(`what is asked for does not follow from a ${document.kind}`)
  }
}

/** The first token that is decided so. */
async function first(
  tokens: readonly Claims[],
  decide: Decide,
  decision: string,
): Promise<Claims | undefined> {
  for (const each of tokens) if ((await decide(each)) === decision) return each
  return undefined
}
