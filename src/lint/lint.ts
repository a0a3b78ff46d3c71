import type {
  BindingDocument,
  PoolProviderDocument,
  RoleDocument,
  ServiceAccountDocument,
} from '../registry/documents.ts'
import { arnOf, type GivenTrust } from '../registry/given.ts'
import { explainOffline, type Target } from '../sts/explain-offline.ts'
import { unsignedToken } from '../sts/unsigned-token.ts'
import { providerName } from './google-tokens.ts'
import {
  type Asks,
  type Claims,
  type Finding,
  type Rule,
  type Suspect,
  type Suspicion,
  severities,
} from './rule.ts'
import { rules } from './rules.ts'

/**
 * What is dangerous in a trust, the worst first. Each finding is proved by the engine that decides: a token that gets
 * through and should not, or one that does not and should.
 */
export async function lint(given: GivenTrust, checked: readonly Rule[] = rules): Promise<Finding[]> {
  const found: Finding[] = []
  for (const rule of checked)
    for (const suspicion of rule.find(given)) {
      const finding = await proved(rule, suspicion, given)
      if (finding) found.push(finding)
    }
  const rank = ({ severity }: Finding) => severities.indexOf(severity)
  return found.sort((a, b) => rank(a) - rank(b) || a.file.localeCompare(b.file) || a.line - b.line)
}

async function proved(rule: Rule, suspicion: Suspicion, given: GivenTrust): Promise<Finding | undefined> {
  const { document, path, message, effect, fixed, asks } = suspicion
  const wrong = effect === 'refuses' ? 'deny' : 'allow'
  const claims =
    effect === 'weakens' ? undefined : await first(suspicion.tokens, decider(given, document, asks), wrong)
  if (!claims && effect !== 'weakens') return undefined
  const mended = replaced(given, document, fixed)
  const asked = suspicion.legitimateAsks ?? asks
  const legitimate = await first(suspicion.legitimate, decider(mended, document, asked), 'allow')
  const ended = !claims || (await decider(mended, document, asks)(claims)) !== wrong
  const { place } = document.given
  return {
    rule: rule.id,
    severity: rule.severity,
    file: place.file,
    line: place.line(path),
    message,
    ...(claims && { example: { claims, decision: wrong } }),
    // A fix that was not seen to work is not offered.
    ...(ended && (legitimate || suspicion.legitimate.length === 0) && { fixed: vendorsOwn(document, fixed) }),
    ...(ended && legitimate && { legitimate }),
  }
}

type Decide = (claims: Claims) => Promise<'allow' | 'deny'>

/** Where no time is said, any will do: tokens get theirs around it. */
const nowMs = Date.parse('2026-01-01T00:00:00Z')

function decider(given: GivenTrust, document: Suspect, asks: Asks | undefined): Decide {
  const trust = whateverTheTime(only(given, document, asks))
  return async (claims) => {
    const target = targetOf(document, asks)
    const { presented } = unsignedToken(claims, nowMs)
    return (await explainOffline({ trust, presented, target, nowMs })).decision
  }
}

/** Of what was given, what decides about one document: however much there is, looking at all of it takes so much longer. */
function only(given: GivenTrust, { kind, given: one }: Suspect, asks: Asks | undefined): GivenTrust {
  const is = <Item extends { readonly place: object }>(
    items: readonly Item[],
    ...kept: readonly (object | undefined)[]
  ) => items.filter(({ place }) => kept.includes(place))
  return {
    ...given,
    roles: kind === 'role' ? is(given.roles, one.place) : [],
    poolProviders: is(given.poolProviders, one.place, asks?.provider.place),
    serviceAccounts: is(given.serviceAccounts, one.place, asks?.account.place),
    // Of an application's credentials the one that is looked at, as if it were alone.
    credentials: is(given.credentials, one.place),
  }
}

/** Without the conditions of bindings: what one of them lets in, it lets in some time. */
function whateverTheTime(given: GivenTrust): GivenTrust {
  const without = <Item extends { readonly bindings: readonly BindingDocument[] }>(each: Item): Item => ({
    ...each,
    bindings: each.bindings.map(({ condition: _, ...rest }) => rest),
  })
  return {
    ...given,
    serviceAccounts: given.serviceAccounts.map((each) => ({ ...each, document: without(each.document) })),
    projectBindings: given.projectBindings.map(without),
  }
}

function targetOf(document: Suspect, asks: Asks | undefined): Target {
  if (asks)
    return {
      cloud: 'google',
      provider: providerName(asks.provider),
      serviceAccount: asks.account.document.email,
    }
  switch (document.kind) {
    case 'role':
      return { cloud: 'aws', roleArn: arnOf(document.given) }
    case 'provider':
      return { cloud: 'google', provider: providerName(document.given) }
    case 'credential':
      return { cloud: 'entra' }
    case 'account':
      throw new TypeError('a service account is asked for through a provider')
  }
}

function replaced(given: GivenTrust, { kind, given: old }: Suspect, document: object): GivenTrust {
  const swap = <Item extends { readonly document: object }>(items: readonly Item[]): Item[] =>
    items.map((each) => (each === (old as object) ? { ...each, document } : each))
  return {
    ...given,
    ...(kind === 'role' && { roles: swap(given.roles) }),
    ...(kind === 'provider' && { poolProviders: swap(given.poolProviders) }),
    ...(kind === 'account' && { serviceAccounts: swap(given.serviceAccounts) }),
    ...(kind === 'credential' && { credentials: swap(given.credentials) }),
  }
}

/** As the vendor's own tools have it: of a role its trust policy, of an account its bindings. */
function vendorsOwn(document: Suspect, fixed: object): unknown {
  if (document.kind === 'role') return (fixed as RoleDocument).assumeRolePolicyDocument
  if (document.kind === 'account') return { bindings: (fixed as ServiceAccountDocument).bindings }
  if (document.kind === 'credential') return fixed
  const { id: _, disabled, oidc, ...rest } = fixed as PoolProviderDocument
  const name = providerName(document.given).replace('//iam.googleapis.com/', '')
  const { reach: __, ...printed } = oidc ?? { reach: 'public' }
  return { name, ...rest, ...(disabled && { disabled }), ...(oidc && { oidc: printed }) }
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
