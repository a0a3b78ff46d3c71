import type { AuthorizationServerDocument, TokenRuleDocument } from '../registry/documents.ts'
import type { GivenAuthorizationServer } from '../registry/given.ts'
import { meantToken, ownToken, platformFor } from './cel-tokens.ts'
import { conditionRules } from './condition-rules.ts'
import { both, type PlacedCondition, suspected } from './placed-condition.ts'
import { onBranch, own, platformOf, projectClaims } from './platforms.ts'
import type { Claims, OauthAsks, Rule } from './rule.ts'

// Whose tokens the rules of an authorization server take, and which of their jobs.

type Given = Parameters<Rule['find']>[0]

/** A rule of an authorization server, with its place. */
export interface PlacedRule extends PlacedCondition {
  readonly rule: TokenRuleDocument
  readonly asks: OauthAsks
  readonly server: AuthorizationServerDocument
  /** The authorization server with other members of the rule. */
  changed(members: Partial<TokenRuleDocument>): AuthorizationServerDocument
}

export function rulesIn({ authorizationServers }: Given): PlacedRule[] {
  return authorizationServers.flatMap((given) =>
    given.document.rules.map((rule, index) => placedRule(given, rule, index)),
  )
}

function placedRule(given: GivenAuthorizationServer, rule: TokenRuleDocument, index: number): PlacedRule {
  const { document: server } = given
  const { issuer, condition = '' } = rule
  const changed = (members: Partial<TokenRuleDocument>) => ({
    ...server,
    rules: server.rules.with(index, { ...rule, ...members }),
  })
  return {
    rule,
    server,
    issuer,
    platform: platformFor(issuer, condition),
    condition,
    written: condition,
    audience: audienceFor(issuer, server),
    document: { kind: 'server', given },
    path: ['rules', index, 'condition'],
    asks: asksFor(rule, server),
    with: (text) => changed({ condition: text }),
    changed,
  }
}

/** For whom tokens of a provider have to be made. */
export function audienceFor(issuer: string, server: AuthorizationServerDocument): string {
  return server.providers.find((each) => each.issuer === issuer)?.audiences?.[0] ?? server.issuer
}

function asksFor(
  { clients, resources, actor, condition = '' }: TokenRuleDocument,
  server: AuthorizationServerDocument,
): OauthAsks {
  const [client] = clients ?? []
  return {
    cloud: 'oauth',
    resources: resources.slice(0, 1).map(({ identifier }) => identifier),
    scopes: [],
    ...(client !== undefined && { client }),
    ...(actor?.required && { actor: meantActor(actor.issuer, condition, server) }),
  }
}

/** Who is meant to act for others: as the condition says, or a workload of the issuer. */
export function meantActor(issuer: string, condition: string, server: AuthorizationServerDocument): Claims {
  const wanted = [...condition.matchAll(/\bactor\.(\w+)\s*==\s*(?:'([^']*)'|"([^"]*)")/g)]
  const met = wanted.map(([, claim, single, double]) => [claim, single ?? double])
  const usual = platformOf(issuer).token(issuer, own)
  return { ...usual, aud: audienceFor(issuer, server), ...Object.fromEntries(met) }
}

/** Rules for tokens of others; those for the server's own access tokens have none of their platforms' claims. */
function foreignRules(given: Given): PlacedRule[] {
  return rulesIn(given).filter(({ rule, server }) => rule.issuer !== server.issuer)
}

export const ruleConditions: readonly Rule[] = conditionRules({
  name: 'oauth',
  what: 'a rule',
  open: 'critical',
  conditionsIn: foreignRules,
})

export const anyProject: Rule = {
  id: 'oauth-any-project',
  severity: 'medium',
  what: 'a rule is for every project of an owner, or every workload of a cluster',
  why: 'Whoever may create a repository, a workspace or a ServiceAccount there gets access tokens.',
  find: (given) =>
    foreignRules(given)
      .filter(({ condition, platform }) => condition !== '' || !platform.shared)
      .map((each) => {
        const usual = meantToken(each)
        const other = each.platform.token(each.issuer, { ...own, project: 'playground' })
        return {
          ...suspected(each),
          message: `the rule ${each.rule.name} takes tokens of every project or workload`,
          tokens: [{ ...usual, ...named(other, projectClaims) }],
          fixed: each.with(subjectBesides(each, usual)),
        }
      }),
}

export const pullRequest: Rule = {
  id: 'oauth-pull-request',
  severity: 'high',
  what: 'a rule takes tokens of pull requests and plans too',
  why: 'The code of a pull request, or of a plan, has not been reviewed when its job runs.',
  find: (given) =>
    foreignRules(given)
      .filter(({ condition }) => condition !== '')
      .flatMap((each) => {
        const pushed = meantToken(each)
        const proposed = ownToken(each, { ...own, event: 'pull_request' })
        if (proposed.sub === pushed.sub) return []
        return {
          ...suspected(each),
          message: `the rule ${each.rule.name} takes tokens of pull requests or plans`,
          tokens: [proposed],
          fixed: each.with(subjectBesides(each, pushed)),
        }
      }),
}

export const anyRef: Rule = {
  id: 'oauth-any-ref',
  severity: 'medium',
  what: 'a rule takes tokens of every branch of a project',
  why: 'Whoever may push a branch gets access tokens: protecting the main branch does not help.',
  find: (given) =>
    foreignRules(given)
      .filter(({ condition }) => condition !== '')
      .flatMap((each) => {
        const branch = onBranch(ownToken(each, own))
        if (!branch) return []
        return {
          ...suspected(each),
          message: `the rule ${each.rule.name} takes tokens of every branch`,
          tokens: [branch],
          fixed: each.with(subjectBesides(each, meantToken(each))),
        }
      }),
}

function subjectBesides(rule: PlacedRule, { sub }: Claims): string {
  return both(rule, `assertion.sub == '${sub}'`)
}

function named(claims: Claims, names: readonly string[]): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.includes(name)))
}
