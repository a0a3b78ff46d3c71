import { roleGrants } from '../trust/google-bindings.ts'
import { meantToken, ownToken, tokenProviders } from './cel-tokens.ts'
import {
  accountMembers,
  type Bound,
  boundMembers,
  boundTo,
  type Listed,
  poolOf,
  principalOf,
  projectMembers,
  subjectMember,
  suspected,
  tokenless,
  withMember,
  withoutMember,
} from './google-members.ts'
import { onBranch, own, projectClaims } from './platforms.ts'
import type { Claims, Rule, Suspicion } from './rule.ts'

// Who of a pool may act as a service account, or has a role on a project.

type Given = Parameters<Rule['find']>[0]

export const everyone: Rule = {
  id: 'google-binding-everyone',
  severity: 'critical',
  what: 'everybody has a role on a service account or a project',
  why: 'allUsers is everybody, and allAuthenticatedUsers everybody who has a Google account.',
  find: (given) =>
    [...accountMembers(given), ...projectMembers(given)]
      .filter(({ member }) => /^all(Authenticated)?Users$/.test(member.text))
      .map((each) => tokenless(each, `${each.member.text} has ${each.role}`, withoutMember(each))),
}

export const wholePool: Rule = {
  id: 'google-binding-whole-pool',
  severity: 'high',
  what: 'every identity of a pool has a role on a service account or a project',
  why: 'principalSet://…/* holds whatever any provider of the pool lets in, now or later.',
  find: (given) => [
    ...unseenPools(given),
    ...boundMembers(given)
      .filter(({ member, role }) => member.kind === 'pool' && givesTokens(role))
      .map((bound) => {
        const meant = meantToken(bound.provider)
        return {
          ...suspected(bound),
          message: `the member of ${bound.role} is the whole pool`,
          tokens: otherProjects(bound),
          legitimate: [meant],
          fixed: withMember(bound, principalOf(bound, meant)),
        }
      }),
  ],
}

function givesTokens(role: string): boolean {
  return roleGrants(role, 'iam.serviceAccounts.getAccessToken')
}

/** Whole pools of which no provider for tokens is at hand, or whose role gives no tokens: then none can show it. */
function unseenPools(given: Given): Suspicion[] {
  const seen = new Set(tokenProviders(given.poolProviders).map(poolOf))
  const whole = (each: Listed) => each.member.kind === 'pool'
  const accounts = accountMembers(given).filter(
    (each) => whole(each) && !('pool' in each.member && seen.has(each.member.pool) && givesTokens(each.role)),
  )
  return [...accounts, ...projectMembers(given).filter(whole)].map((each) => {
    const pool = 'pool' in each.member ? each.member.pool : ''
    const narrowed = isStrong(each) ? withoutMember(each) : withMember(each, subjectMember(pool, 'SUBJECT'))
    return tokenless(each, `the member of ${each.role} is the whole pool`, narrowed)
  })
}

// ── roles on a project ─────────────────────────────────────────────────────────────────────────────────

export const everyAccount: Rule = {
  id: 'google-project-every-account',
  severity: 'high',
  what: 'identities of a pool may act as every service account of a project',
  why: 'A role on a project counts for every service account in it, also for those that are made later: give it on the one that is meant.',
  find: (given) =>
    projectMembers(given)
      .filter(({ role, member }) => 'pool' in member && givesTokens(role))
      .flatMap((each) => {
        const message = `${each.member.text} has ${each.role} on the project`
        const fixed = withoutMember(each)
        const bound = firstBound(each, given)
        if (!bound) return tokenless(each, message, fixed)
        return { ...suspected(bound), message, tokens: [ofMember(bound)], legitimate: [], fixed }
      }),
}

/** By the first service account of the project, and a provider of the pool. */
function firstBound(listed: Listed, given: Given): Bound | undefined {
  if (listed.document.kind !== 'project') return undefined
  const { projectNumber } = listed.document.given
  const [account] = given.serviceAccounts.filter((each) => each.projectNumber === projectNumber)
  return account && boundTo(listed, account, tokenProviders(given.poolProviders))[0]
}

/** Of whom a role makes the masters of a project or an account. */
const strong =
  /^roles\/(owner|editor|viewer|iam\.\w*[aA]dmin|iam\.serviceAccountUser|resourcemanager\.\w*Admin)$/

function isStrong({ document, role }: Listed): boolean {
  return strong.test(role) || (document.kind === 'project' && givesTokens(role))
}

export const strongRole: Rule = {
  id: 'google-strong-role',
  severity: 'high',
  what: 'identities of a pool have a basic role, or one that gives out roles',
  why: 'Whoever takes over one job then has the project: owner and editor may change nearly all of it, viewer reads it, and the Admin roles of IAM give out any role. Give the one role that the job needs.',
  find: (given) =>
    [...accountMembers(given), ...projectMembers(given)]
      .filter(({ role, member }) => 'pool' in member && strong.test(role))
      .map((each) => tokenless(each, `${each.member.text} has ${each.role}`, withoutMember(each))),
}

// ── which jobs of the pool ─────────────────────────────────────────────────────────────────────────────

export const anyProject: Rule = {
  id: 'google-binding-any-project',
  severity: 'medium',
  what: 'a binding goes by an attribute that does not say which project it is',
  why: 'Whoever may create a project for which the provider lets tokens in gets in: a branch or an environment of that name can be made in every one, and an owner has many.',
  find: (given) =>
    boundMembers(given)
      .filter((bound) => bound.member.kind === 'attribute' && !namesProject(bound))
      .map((bound) => {
        const same = valueIn(bound)
        const meant = { ...meantToken(bound.provider), ...same }
        return {
          ...suspected(bound),
          legitimate: [meant],
          message: `${attributeOf(bound)} is the same in many projects`,
          tokens: otherProjects(bound).map((token) => ({ ...token, ...same })),
          fixed: withMember(bound, principalOf(bound, meant)),
        }
      }),
}

export const pullRequest: Rule = {
  id: 'google-pull-request',
  severity: 'high',
  what: 'a binding is for the jobs of pull requests and plans too',
  why: 'The code of a pull request, or of a plan, has not been reviewed when its job runs.',
  find: (given) =>
    [...boundMembers(given).filter(namesProject), ...boundMembers(given).filter(isProposed)].flatMap(
      (bound) => {
        const job = jobOf(bound)
        const pushed = { ...meantToken(bound.provider, job), ...valueIn(bound) }
        const proposed = { ...ownToken(bound.provider, { ...job, event: 'pull_request' }), ...valueIn(bound) }
        if (proposed.sub === pushed.sub && !isProposed(bound)) return []
        const meant = isProposed(bound) ? meantToken(bound.provider, job) : pushed
        return {
          ...suspected(bound),
          message: 'it fits jobs of pull requests or plans as well as those of branches',
          tokens: [proposed],
          legitimate: [meant],
          fixed: withMember(bound, principalOf(bound, meant)),
        }
      },
    ),
}

export const anyRef: Rule = {
  id: 'google-any-ref',
  severity: 'medium',
  what: 'a binding is for every branch of a project',
  why: 'Whoever may push a branch gets in: protecting the main branch does not help.',
  find: (given) =>
    boundMembers(given)
      .filter(namesProject)
      .flatMap((bound) => {
        const pushed = { ...ownToken(bound.provider, jobOf(bound)), ...valueIn(bound) }
        const branch = onBranch(pushed)
        if (!branch) return []
        return {
          ...suspected(bound),
          message: 'it fits every branch',
          tokens: [branch],
          legitimate: [pushed],
          fixed: withMember(bound, principalOf(bound, pushed)),
        }
      }),
}

export const literalWildcard: Rule = {
  id: 'google-binding-literal-wildcard',
  severity: 'medium',
  what: 'a member takes * literally',
  why: 'A subject, an attribute’s value and a group are compared character for character, so nobody gets in: only principalSet://…/* is all of a pool.',
  find: (given) =>
    boundMembers(given).flatMap((bound) => {
      const { member } = bound
      const claim = claimOf(bound)
      if (!('value' in member) || !/\*/.test(member.value) || claim === undefined) return []
      const usual = String(meantToken(bound.provider)[claim])
      const begin = member.value.replace(/\*.*$/, '')
      const meant = { ...meantToken(bound.provider), [claim]: usual.startsWith(begin) ? usual : `${begin}x` }
      return {
        ...suspected(bound),
        message: `${JSON.stringify(member.value)} is compared character for character`,
        effect: 'refuses' as const,
        tokens: [meant],
        legitimate: [meant],
        fixed: withMember(bound, principalOf(bound, meant)),
      }
    }),
}

// ── what these share ───────────────────────────────────────────────────────────────────────────────────

function namesProject({ member, provider }: Bound): boolean {
  const name = member.kind === 'attribute' ? member.name : ''
  const text = provider.given.document.attributeMapping[`attribute.${name}`] ?? ''
  return (text.match(/[\w./-]+/g) ?? []).some((each) =>
    projectClaims.includes(each.replace(/^assertion\./, '')),
  )
}

/** Whether the member is the subject of pull requests or plans. */
function isProposed({ member }: Bound): boolean {
  return member.kind === 'subject' && /:(pull_request|run_phase:plan)$/.test(member.value)
}

function attributeOf({ member }: Bound): string {
  if (member.kind === 'subject') return 'google.subject'
  return member.kind === 'attribute' ? `attribute.${member.name}` : ''
}

/** The claim that the attribute of a member is, where its mapping is that alone. */
function claimOf(bound: Bound): string | undefined {
  const text = bound.provider.given.document.attributeMapping[attributeOf(bound)] ?? ''
  return /^assertion\.(\w+)$/.exec(text)?.[1]
}

function valueIn(bound: Bound): Claims {
  const claim = claimOf(bound)
  return claim !== undefined && 'value' in bound.member ? { [claim]: bound.member.value } : {}
}

/** The job that a member names, as far as it does. */
function jobOf({ member }: Bound) {
  const value = 'value' in member ? member.value : ''
  const [, owner, project] = /^(?:repo:|project_path:)?([^/:@]+)(?:@\d+)?\/([^:@]+)/.exec(value) ?? []
  return owner !== undefined && project !== undefined ? { owner, project } : own
}

/** Jobs of another project, of the same owner where the provider demands that. */
function otherProjects({ provider }: Bound): Claims[] {
  const strange = meantToken(provider, { owner: 'evil-corp', project: 'playground' })
  const other = { ...own, project: 'playground' }
  return [
    provider.platform.token(provider.issuer, { owner: 'evil-corp', project: 'playground' }),
    strange,
    meantToken(provider, other),
  ].map((token) => ({ ...token, aud: provider.audience }))
}

/** A token of the member itself. */
function ofMember(bound: Bound): Claims {
  return { ...meantToken(bound.provider, jobOf(bound)), ...valueIn(bound) }
}
