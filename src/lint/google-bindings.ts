import type { ServiceAccountDocument } from '../registry/documents.ts'
import type { GivenServiceAccount } from '../registry/given.ts'
import { compileBindings, type Member } from '../trust/google-bindings.ts'
import { meantToken, type TokenProvider, tokenProviders } from './google-tokens.ts'
import { own } from './platforms.ts'
import type { Rule, Suspicion } from './rule.ts'

// Who of a pool may act as a service account.

type Given = Parameters<Rule['find']>[0]

interface Bound {
  readonly account: GivenServiceAccount
  readonly provider: TokenProvider
  readonly member: Member & { readonly pool: string }
  readonly path: Suspicion['path']
}

/** Every member that is of a pool, with each provider of that pool that is at hand. */
function boundMembers({ serviceAccounts, poolProviders }: Given): Bound[] {
  const providers = tokenProviders(poolProviders)
  return serviceAccounts.flatMap((account) =>
    compileBindings(account.document.bindings).flatMap(({ members }, i) =>
      members.flatMap((member, j) => {
        if (!('pool' in member)) return []
        const path = ['bindings', i, 'members', j]
        const own = providers.filter(({ given }) => member.pool === poolOf(given))
        return own.map((provider) => ({ account, provider, member, path }))
      }),
    ),
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
  find: (given) =>
    boundMembers(given)
      .filter(({ member }) => member.kind === 'pool')
      .map((bound) => ({
        ...suspected(bound),
        message: 'the member is the whole pool',
        tokens: otherProjects(bound),
        fixed: withMember(
          bound,
          `principal://iam.googleapis.com/${bound.member.pool}/subject/${meantToken(bound.provider).sub}`,
        ),
      })),
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
          fixed: withMember(
            bound,
            `principal://iam.googleapis.com/${bound.member.pool}/subject/${meant.sub}`,
          ),
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
            asks: { provider: other.given, account: bound.account },
            legitimateAsks: { provider: provider.given, account: bound.account },
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
    asks: { provider: provider.given, account },
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

function withMember({ account, path }: Bound, text: string): ServiceAccountDocument {
  const document = structuredClone(account.document) as unknown as { bindings: { members: string[] }[] }
  document.bindings[Number(path[1])]!.members[Number(path[3])] = text
  return document as unknown as ServiceAccountDocument
}
