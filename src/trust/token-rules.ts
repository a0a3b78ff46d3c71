import { isDeepStrictEqual } from 'node:util'
import { isCelError } from '@bufbuild/cel'
import { termChecks } from './cel-terms.ts'
import { celOf, shown } from './cel-values.ts'
import type { Check } from './decision.ts'
import { type Bindings, compileCel, type Program } from './google-cel.ts'

// The rules of an authorization server: whose tokens may be exchanged for which access tokens (RFC 8693).

type Claims = Readonly<Record<string, unknown>>

/** A rule as it is registered. */
export interface TokenRuleSource {
  readonly name: string
  readonly issuer: string
  readonly condition?: string
  readonly subjectMapping?: string
  readonly clients?: readonly string[]
  readonly actor?: { readonly issuer: string; readonly required: boolean }
  readonly resources: readonly { readonly identifier: string; readonly scopes: readonly string[] }[]
  readonly lifetimeSeconds?: number
}

/** A compiled rule. */
export interface TokenRule extends Omit<TokenRuleSource, 'clients' | 'condition' | 'subjectMapping'> {
  readonly condition?: Program
  readonly subjectMapping: Program
  readonly clients?: ReadonlySet<string>
}

/** What is asked for, and by whom, after verification. */
export interface TokenRequest {
  /** Claims of the subject token. */
  readonly subject: Claims
  /** Claims of the actor token. */
  readonly actor?: Claims
  /** The client that proved who it is. */
  readonly client?: string
  /** Audiences; none: what the rule has, if that is one. */
  readonly targets: readonly string[]
  /** None: all that may be had. */
  readonly scopes: readonly string[]
  /** Scopes that cannot be exceeded: of the subject token, where it is an access token itself. */
  readonly ceiling?: readonly string[]
}

/** What of an authorization server its rules are read with. */
export interface TokenSurroundings {
  readonly issuer: string
  /** The scopes that each resource knows. */
  readonly scopesOf: ReadonlyMap<string, ReadonlySet<string>>
  readonly clientIds: { has(clientId: string): boolean }
}

/** What a request was refused by, from the first that is looked at to the last. */
export const tokenStages = ['subject', 'client', 'actor', 'target', 'scope'] as const
export type TokenStage = (typeof tokenStages)[number]

export interface AllowedToken {
  readonly rule: string
  readonly subject: string
  readonly audiences: readonly string[]
  readonly scopes: readonly string[]
  readonly lifetimeSeconds?: number
}

export type TokenVerdict = AllowedToken | { readonly refused: TokenStage }

const expressionLength = 4096
const variables = ['assertion', 'actor']

/** Compiles a rule. @throws TRUST_POLICY naming the place in it */
export function compileTokenRule({
  condition,
  subjectMapping,
  clients,
  ...rest
}: TokenRuleSource): TokenRule {
  const compiled = (text: string, place: string) =>
    compileCel(text, place, { maxLength: expressionLength, variables })
  return {
    ...rest,
    subjectMapping: compiled(subjectMapping ?? 'assertion.sub', 'subjectMapping'),
    ...(condition !== undefined && { condition: compiled(condition, 'condition') }),
    ...(clients && { clients: new Set(clients) }),
  }
}

/**
 * The first rule that allows a request decides; of several that do not, the one that came furthest says why. No rule ever
 * gives more than it lists, nor more scope than `ceiling`.
 */
export function evaluateTokenRules(
  rules: readonly TokenRule[],
  request: TokenRequest,
  around: TokenSurroundings,
  trace?: Check[],
): TokenVerdict {
  let refused: TokenStage = 'subject'
  const fitting = rules.filter(({ issuer }) => issuer === request.subject.iss)
  for (const rule of fitting) {
    const verdict = evaluateRule(rule, request, around, trace)
    if ('rule' in verdict) return verdict
    if (tokenStages.indexOf(verdict.refused) > tokenStages.indexOf(refused)) refused = verdict.refused
  }
  trace?.push({
    check: 'rules',
    outcome: 'fail',
    hint: fitting.length === 0 ? 'No rule is for this issuer' : 'No rule for this issuer allows it',
  })
  return { refused }
}

function evaluateRule(
  rule: TokenRule,
  request: TokenRequest,
  around: TokenSurroundings,
  trace?: Check[],
): TokenVerdict {
  const checks: Check[] | undefined = trace && []
  const verdict = decide({ rule, request, around, checks })
  const allowed = 'rule' in verdict
  trace?.push(...(checks ?? []), {
    check: allowed ? 'rules' : 'statement',
    outcome: allowed ? 'pass' : 'fail',
    operator: 'Allow',
    source: `rules[${JSON.stringify(rule.name)}]`,
    ...(!allowed && { part: true as const }),
  })
  return verdict
}

/** One rule, looked at with one request. */
interface Look {
  readonly rule: TokenRule
  readonly request: TokenRequest
  readonly around: TokenSurroundings
  /** Takes what was looked at; absent where nobody asks. */
  readonly checks: Check[] | undefined
}

function decide(look: Look): TokenVerdict {
  const bindings = bindingsOf(look.request)
  if (!bindings || !holds(look, bindings)) return { refused: 'subject' }
  const subject = subjectOf(look, bindings)
  if (subject === undefined) return { refused: 'subject' }
  if (!clientMay(look)) return { refused: 'client' }
  if (!actorMay(look) || !isAuthorizedActor(look)) return { refused: 'actor' }
  const audiences = audiencesOf(look)
  if (!audiences) return { refused: 'target' }
  const scopes = scopesOf(look, audiences)
  if (!scopes) return { refused: 'scope' }
  const { name, lifetimeSeconds } = look.rule
  return { rule: name, subject, audiences, scopes, ...(lifetimeSeconds !== undefined && { lifetimeSeconds }) }
}

// ── who ────────────────────────────────────────────────────────────────────────────────────────────────

/** Undefined for claims that nest too deep. */
function bindingsOf({ subject, actor = {} }: TokenRequest): Bindings | undefined {
  try {
    return { assertion: celOf(subject), actor: celOf(actor) }
  } catch {
    return undefined
  }
}

function holds({ rule: { condition }, checks }: Look, bindings: Bindings): boolean {
  if (!condition) return true
  const result = condition.run(bindings)
  const presented = shown(result)
  checks?.push(...termChecks(condition, bindings, 'condition'))
  return looked(checks, 'condition', result === true, {
    ...(presented !== undefined && { presented }),
    expected: condition.text,
    operator: 'CEL',
  })
}

/** In characters: RFC 9068 sets no limit, and OpenID Connect Core §2 this one. */
const longestSubject = 255

/** What the access token calls the subject. A client's own name is for that client alone (RFC 9068 §5). */
function subjectOf({ rule, request, around, checks }: Look, bindings: Bindings): string | undefined {
  const result = rule.subjectMapping.run(bindings)
  const presented = shown(result)
  const isName = typeof result === 'string' && result !== '' && result.length <= longestSubject
  const isOthers = isName && around.clientIds.has(result) && result !== request.client
  const hint = isOthers
    ? 'It is the ID of a client, and another asks'
    : `It has to give 1 to ${longestSubject} characters${isCelError(result) ? `: ${result.message}` : ''}`
  const held = isName && !isOthers
  looked(checks, 'mapping', held, {
    ...(presented !== undefined && { presented }),
    expected: rule.subjectMapping.text,
    operator: 'CEL',
    ...(!held && { hint }),
  })
  return held ? result : undefined
}

function clientMay({ rule: { clients }, request: { client }, checks }: Look): boolean {
  if (!clients) return true
  const held = client !== undefined && clients.has(client)
  return looked(checks, 'client', held, { ...(client && { presented: client }), expected: [...clients] })
}

function actorMay({ rule, request: { actor }, checks }: Look): boolean {
  if (!rule.actor) {
    if (!actor) return true
    return looked(checks, 'actor', false, { presented: String(actor.iss), hint: 'The rule takes no actor' })
  }
  const held = actor ? actor.iss === rule.actor.issuer : !rule.actor.required
  return looked(checks, 'actor', held, {
    ...(actor && { presented: String(actor.iss) }),
    expected: rule.actor.issuer,
  })
}

/**
 * RFC 8693 §4.4: a subject token that says who may act for it holds for that party alone, which is whoever the actor token
 * is of or, without one, the client. A party without an issuer is one of the subject token's own issuer.
 */
function isAuthorizedActor({ request, around, checks }: Look): boolean {
  const { may_act: named, iss } = request.subject
  if (named === undefined) return true
  const party = request.actor ?? clientClaims(request.client, around.issuer)
  const wanted = typeof named === 'object' && named !== null ? { iss, ...named } : undefined
  const held =
    wanted !== undefined &&
    'sub' in wanted &&
    Object.entries(wanted).every(([claim, value]) => isDeepStrictEqual(party[claim], value))
  const shownParty = 'sub' in party ? `${party.sub} of ${party.iss}` : undefined
  return looked(checks, 'may_act', held, {
    ...(shownParty !== undefined && { presented: shownParty }),
    expected: JSON.stringify(named),
  })
}

function clientClaims(client: string | undefined, issuer: string): Claims {
  return client === undefined ? {} : { iss: issuer, sub: client, client_id: client }
}

// ── what ───────────────────────────────────────────────────────────────────────────────────────────────

function audiencesOf({ rule, request: { targets }, checks }: Look): readonly string[] | undefined {
  const known = rule.resources.map((each) => each.identifier)
  const wanted = targets.length > 0 ? [...new Set(targets)] : known
  const held = targets.length > 0 ? wanted.every((each) => known.includes(each)) : known.length === 1
  looked(checks, 'audience', held, {
    ...(targets.length > 0
      ? { presented: wanted }
      : !held && { hint: 'Ask for one of them, by resource or audience' }),
    expected: known,
  })
  return held ? wanted : undefined
}

/** Those that every audience which knows them may be given: a scope holds wherever the token is taken. */
function scopesOf({ rule, request, around, checks }: Look, audiences: readonly string[]) {
  const { scopes: wanted, ceiling } = request
  const allowedAt = new Map(rule.resources.map((each) => [each.identifier, each.scopes]))
  const may = (scope: string) =>
    audiences.every((each) => allowedAt.get(each)?.includes(scope) || !around.scopesOf.get(each)?.has(scope))
  const listed = new Set(audiences.flatMap((each) => allowedAt.get(each) ?? []))
  const allowed = [...listed].filter((each) => may(each) && (!ceiling || ceiling.includes(each)))
  const held = wanted.every((each) => allowed.includes(each))
  looked(checks, 'scope', held, { ...(wanted.length > 0 && { presented: wanted }), expected: allowed })
  if (!held) return undefined
  return wanted.length > 0 ? [...new Set(wanted)] : allowed
}

function looked(checks: Check[] | undefined, check: string, held: boolean, detail: Partial<Check>): boolean {
  checks?.push({ check, outcome: held ? 'pass' : 'fail', ...detail, part: true })
  return held
}
