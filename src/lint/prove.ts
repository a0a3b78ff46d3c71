import { arnOf, type GivenTrust } from '../registry/given.ts'
import { explainOffline, type Target } from '../sts/explain-offline.ts'
import { unsignedToken } from '../sts/unsigned-token.ts'
import { providerName } from './cel-tokens.ts'
import type { Asks, Claims, Example, Rule, Suspect, Suspicion } from './rule.ts'
import { alone, only, replaced } from './suspects.ts'

/** A suspicion that the engine confirmed. */
export interface Proof {
  readonly rule: Rule
  readonly suspicion: Suspicion
  readonly example?: Example
  /** With the fixed document in place; absent where it was not seen to work. */
  readonly mended?: GivenTrust
  readonly legitimate?: Claims
  /** Whether the example is decided otherwise by what was found, as another trust has it. */
  isEnded(trust: GivenTrust): Promise<boolean>
  /** The same of all that the other trust has. */
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
  const { document, path, effect, fixed, asks, tokens, needsFix } = suspicion
  const wrong = effect === 'refuses' ? 'deny' : 'allow'
  // Who is kept out has to be kept out by all of the document.
  const looked = (trust: GivenTrust) => (effect === 'admits' ? alone(trust, document, path) : trust)
  const claims =
    effect === 'weakens' ? undefined : await first(tokens, decider(looked(given), document, asks), wrong)
  if (!claims && effect !== 'weakens') return undefined
  const isEnded = async (trust: GivenTrust) =>
    !claims || (await decider(trust, document, asks)(claims)) !== wrong
  const mended = replaced(given, document, fixed)
  const asked = suspicion.legitimateAsks ?? asks
  const legitimate = await first(suspicion.legitimate, decider(mended, document, asked), 'allow')
  const works = (await isEnded(looked(mended))) && (legitimate || suspicion.legitimate.length === 0)
  if (needsFix && !works) return undefined
  return {
    rule,
    suspicion,
    ...(claims && { example: { claims, decision: wrong, ...askedIn(asks) } }),
    // A fix that was not seen to work is not offered.
    ...(works && { mended, ...(legitimate && { legitimate }) }),
    isEnded: (trust) => isEnded(looked(trust)),
    isEndedBy: isEnded,
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
  if (asks && document.kind === 'server')
    return { ...asks, authorizationServer: document.given.document.issuer }
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
