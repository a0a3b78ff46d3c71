import { jobToken, meantToken, providerName, type TokenProvider, tokenProviders } from './cel-tokens.ts'
import { type Bound, boundMembers, poolOf } from './google-members.ts'
import type { Rule, Suspicion } from './rule.ts'

// What several tokens have in common that are not of the same: one space of subjects or attributes for many issuers, one
// text that several claims can make.

export const sharedSubjects: Rule = {
  id: 'google-shared-subjects',
  severity: 'high',
  what: 'several issuers of a pool give out subjects or attributes of one and the same space',
  why: 'principal://…/subject/S is whoever has the subject S, at whichever provider of the pool, and the same goes for attributes: who controls one issuer can be anybody of the others.',
  find: (given) =>
    boundMembers(given)
      .filter((bound) => isPlain(bound, bound.provider) && fits(bound))
      .flatMap((bound) =>
        othersOf(bound, tokenProviders(given.poolProviders)).map((other) => shared(bound, other)),
      ),
}

function shared(bound: Bound, other: TokenProvider): Suspicion {
  const { provider, account, during } = bound
  const key = keyOf(bound)
  const { document } = other.given
  const value = 'value' in bound.member ? bound.member.value : ''
  const tokenOf = (one: TokenProvider) => ({ ...meantToken(one), [claimFor(key, one)!]: value })
  return {
    document: { kind: 'provider', given: other.given },
    ...(during !== undefined && { during }),
    path: ['attributeMapping', key],
    effect: 'admits',
    message: `${document.id} and ${provider.given.document.id} both make ${key} of a claim as it is`,
    asks: { cloud: 'google', provider: other.given, account },
    legitimateAsks: { cloud: 'google', provider: provider.given, account },
    tokens: [tokenOf(other)],
    legitimate: [tokenOf(provider)],
    fixed: {
      ...document,
      attributeMapping: {
        ...document.attributeMapping,
        [key]: `'${document.id}::' + ${document.attributeMapping[key]}`,
      },
    },
  }
}

function othersOf(bound: Bound, providers: readonly TokenProvider[]): TokenProvider[] {
  const { provider, member } = bound
  const ofPool = providers.filter((each) => poolOf(each) === member.pool)
  const isOther = (each: TokenProvider) => each.issuer !== provider.issuer && isPlain(bound, each)
  // A subject shows whose it is; of attributes the first provider is taken to be the one that is meant.
  const from = member.kind === 'subject' ? 0 : ofPool.findIndex((each) => isSame(each, provider))
  return ofPool.slice(from).filter(isOther)
}

function isSame(one: TokenProvider, other: TokenProvider): boolean {
  return providerName(one.given) === providerName(other.given)
}

function keyOf({ member }: Bound): string {
  if (member.kind === 'attribute') return `attribute.${member.name}`
  return member.kind === 'subject' ? 'google.subject' : ''
}

function claimFor(key: string, { given }: TokenProvider): string | undefined {
  return /^assertion\.(\w+)$/.exec(given.document.attributeMapping[key] ?? '')?.[1]
}

function isPlain(bound: Bound, provider: TokenProvider): boolean {
  return claimFor(keyOf(bound), provider) !== undefined
}

/** Whether the subject of a member looks like one of its provider's issuer. */
function fits({ member, provider: { platform } }: Bound): boolean {
  if (member.kind !== 'subject') return member.kind === 'attribute'
  return platform.ownerPrefix.test(member.value) || platform.name === 'this issuer'
}

/** Two claims, one after the other. */
const joined = /^assertion\.(\w+)\s*\+\s*(?:(['"])(.*?)\2\s*\+\s*)?assertion\.(\w+)$/

export const ambiguousMapping: Rule = {
  id: 'google-ambiguous-mapping',
  severity: 'high',
  what: 'a mapping joins two claims so that others can make the same text',
  why: 'acme + "-" + shop-web is the same as acme-shop + "-" + web: a delimiter that names may hold tells nobody where the one ends.',
  find: (given) =>
    boundMembers(given).flatMap((bound) => {
      const { provider, member, account, during } = bound
      const { document } = provider.given
      const [, first, , between = '', second] =
        joined.exec(document.attributeMapping[keyOf(bound)] ?? '') ?? []
      if (first === undefined || second === undefined || !('value' in member)) return []
      const [meant, ...others] = splits(member.value, between)
      if (!meant || others.length === 0) return []
      const claims = ([one, other]: Split) => ({ [first]: one, [second]: other })
      return {
        document: { kind: 'provider', given: provider.given } as const,
        ...(during !== undefined && { during }),
        path: ['attributeMapping', keyOf(bound)],
        effect: 'admits' as const,
        message: `${JSON.stringify(member.value)} is made of ${others.length + 1} pairs of ${first} and ${second}`,
        asks: { cloud: 'google' as const, provider: provider.given, account },
        tokens: others.map((each) => ({
          ...jobToken(provider, { owner: each[0], project: each[1] }),
          ...claims(each),
        })),
        legitimate: [{ ...meantToken(provider), ...claims(meant) }],
        fixed: {
          ...document,
          attributeCondition: [document.attributeCondition, `assertion.${first} == '${meant[0]}'`]
            .filter(Boolean)
            .join(' && '),
        },
      }
    }),
}

type Split = readonly [first: string, second: string]

/** The pairs of which a text may have been made. */
function splits(text: string, between: string): Split[] {
  const all = [...text].map((_, at): Split => [text.slice(0, at), text.slice(at + between.length)])
  return all.filter(
    ([first, second]) => first !== '' && second !== '' && `${first}${between}${second}` === text,
  )
}
