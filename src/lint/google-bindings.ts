import type { ServiceAccountDocument } from '../registry/documents.ts'
import type { GivenServiceAccount } from '../registry/given.ts'
import { compileBindings, type Member } from '../trust/google-bindings.ts'
import { meantToken, type TokenProvider, tokenProviders } from './cel-tokens.ts'
import { own } from './platforms.ts'
import type { Rule, Suspicion } from './rule.ts'

// Who of a pool may act as a service account.

type Given = Parameters<Rule['find']>[0]

/** A member of a service account's binding, with its place. */
interface Listed {
  readonly account: GivenServiceAccount
  readonly member: Member
  readonly path: Suspicion['path']
}

function listedMembers({ serviceAccounts }: Given): Listed[] {
  return serviceAccounts.flatMap((account) =>
    compileBindings(account.document.bindings).flatMap(({ members }, i) =>
      members.map((member, j) => ({ account, member, path: ['bindings', i, 'members', j] })),
    ),
  )
}

/** One that is of a pool, with a provider of that pool that is at hand. */
interface Bound extends Listed {
  readonly provider: TokenProvider
  readonly member: Member & { readonly pool: string }
}

function boundMembers(given: Given): Bound[] {
  const providers = tokenProviders(given.poolProviders)
  return listedMembers(given).flatMap(({ member, ...rest }) =>
    'pool' in member
      ? providers
          .filter((each) => member.pool === poolOf(each.given))
          .map((provider) => ({ ...rest, member, provider }))
      : [],
  )
}

function poolOf({ projectNumber, pool }: TokenProvider['given']): string {
  return `projects/${projectNumber}/locations/global/workloadIdentityPools/${pool.id}`
}

export const wholePool: Rule = {
  id: 'google-binding-whole-pool',
  severity: 'high',
  what: 'every identity of a pool may act as a service account',
  why: 'principalSet://…/* holds whatever any provider of the pool lets in, now or later.',
  find: (given) => [
    ...unseenPools(given),
    ...boundMembers(given)
      .filter(({ member }) => member.kind === 'pool')
      .map((bound) => ({
        ...suspected(bound),
        message: wholePoolMessage,
        tokens: otherProjects(bound),
        fixed: withMember(bound, subjectOf(bound.member.pool, meantToken(bound.provider).sub)),
      })),
  ],
}

const wholePoolMessage = 'the member is the whole pool'

function subjectOf(pool: string, subject: unknown): string {
  return `principal://iam.googleapis.com/${pool}/subject/${subject}`
}

/** Whole pools of which no provider for tokens is at hand: then no token can show it. */
function unseenPools(given: Given): Suspicion[] {
  const seen = new Set(tokenProviders(given.poolProviders).map((each) => poolOf(each.given)))
  return listedMembers(given).flatMap((each) =>
    each.member.kind === 'pool' && !seen.has(each.member.pool)
      ? tokenless(each, wholePoolMessage, subjectOf(each.member.pool, 'SUBJECT'))
      : [],
  )
}

export const everyone: Rule = {
  id: 'google-binding-everyone',
  severity: 'critical',
  what: 'everybody may act as a service account',
  why: 'allUsers is everybody, and allAuthenticatedUsers everybody who has a Google account.',
  find: (given) =>
    listedMembers(given)
      .filter(({ member }) => /^all(Authenticated)?Users$/.test(member.text))
      .flatMap((each) =>
        tokenless(
          each,
          `the member is ${each.member.text}`,
          'serviceAccount:ci@acme.iam.gserviceaccount.com',
        ),
      ),
}

/** What is seen in the document alone. */
function tokenless(listed: Listed, message: string, member: string): Suspicion[] {
  const { account, path } = listed
  const document = { kind: 'account', given: account } as const
  const fixed = withMember(listed, member)
  return [{ document, path, message, effect: 'weakens', tokens: [], legitimate: [], fixed }]
}

export const anyProject: Rule = {
  id: 'google-binding-any-project',
  severity: 'medium',
  what: 'a binding goes by an attribute that does not say which project it is',
  why: 'A branch or an environment of that name can be made in every project that the provider lets in.',
  find: (given) =>
    boundMembers(given)
      .filter(({ member, provider }) => member.kind === 'attribute' && !namesProject(member.name, provider))
      .map((bound) => {
        const claim = claimOf(bound)
        const value = 'value' in bound.member ? bound.member.value : ''
        const same = claim === undefined ? {} : { [claim]: value }
        const meant = { ...meantToken(bound.provider), ...same }
        return {
          ...suspected(bound),
          legitimate: [meant],
          message: `attribute.${'name' in bound.member ? bound.member.name : ''} is the same in every project`,
          tokens: otherProjects(bound).map((token) => ({ ...token, ...same })),
          fixed: withMember(bound, subjectOf(bound.member.pool, meant.sub)),
        }
      }),
}

function claimOf({ member, provider }: Bound): string | undefined {
  const name = member.kind === 'attribute' ? member.name : ''
  const text = provider.given.document.attributeMapping[`attribute.${name}`] ?? ''
  return /^assertion\.(\w+)$/.exec(text)?.[1]
}

function namesProject(name: string, { given, platform }: TokenProvider): boolean {
  const text = given.document.attributeMapping[`attribute.${name}`] ?? ''
  return ['sub', ...platform.tenantClaims].some((claim) => text.includes(`assertion.${claim}`))
}

export const sharedSubjects: Rule = {
  id: 'google-shared-subjects',
  severity: 'high',
  what: 'several issuers of a pool give out subjects of one and the same space',
  why: 'principal://…/subject/S is whoever has the subject S, at whichever provider of the pool: who controls one issuer can be anybody of the others.',
  find: (given) =>
    boundMembers(given)
      .filter(
        ({ member, provider }) => member.kind === 'subject' && isPlain(provider) && fits(member, provider),
      )
      .flatMap((bound) => {
        const { provider, member } = bound
        const subject = member.kind === 'subject' ? member.value : ''
        const others = tokenProviders(given.poolProviders).filter(
          (each) => poolOf(each.given) === member.pool && each.issuer !== provider.issuer && isPlain(each),
        )
        return others.map(
          (other): Suspicion => ({
            document: { kind: 'provider', given: other.given },
            path: ['attributeMapping', 'google.subject'],
            effect: 'admits',
            message: `${other.given.document.id} and ${provider.given.document.id} both map google.subject from sub as it is`,
            asks: { cloud: 'google', provider: other.given, account: bound.account },
            legitimateAsks: { cloud: 'google', provider: provider.given, account: bound.account },
            tokens: [{ ...meantToken(other), sub: subject }],
            legitimate: [{ ...meantToken(provider), sub: subject }],
            fixed: {
              ...other.given.document,
              attributeMapping: {
                ...other.given.document.attributeMapping,
                'google.subject': `'${other.given.document.id}::' + assertion.sub`,
              },
            },
          }),
        )
      }),
}

function isPlain({ given }: TokenProvider): boolean {
  return given.document.attributeMapping['google.subject'] === 'assertion.sub'
}

/** Whether the subject of a member looks like one of this provider's issuer. */
function fits(member: Member, { platform }: TokenProvider): boolean {
  return (
    member.kind === 'subject' && (platform.ownerPrefix.test(member.value) || platform.name === 'this issuer')
  )
}

// ── what these share ───────────────────────────────────────────────────────────────────────────────────

function suspected({ account, provider, path }: Bound) {
  return {
    document: { kind: 'account', given: account },
    asks: { cloud: 'google', provider: provider.given, account },
    path,
    effect: 'admits',
    legitimate: [meantToken(provider)],
  } as const
}

/** Jobs of another project, of the same owner where the provider demands that. */
function otherProjects({ provider }: Bound) {
  const strange = meantToken(provider, { owner: 'evil-corp', project: 'playground' })
  const other = { ...own, project: 'playground' }
  return [
    provider.platform.token(provider.issuer, { owner: 'evil-corp', project: 'playground' }),
    strange,
    meantToken(provider, other),
  ].map((token) => ({ ...token, aud: provider.audience }))
}

function withMember({ account, path }: Listed, text: string): ServiceAccountDocument {
  const document = structuredClone(account.document) as unknown as { bindings: { members: string[] }[] }
  document.bindings[Number(path[1])]!.members[Number(path[3])] = text
  return document as unknown as ServiceAccountDocument
}
