import { MayflyError } from '../errors.ts'
import { type AwsPrincipal, type AwsRequest, evaluate, type Verdict } from '../trust/aws-evaluate.ts'
import type { Check } from '../trust/decision.ts'
import { decisionOf } from '../trust/explain.ts'
import { accountOfArn } from './arn.ts'
import type {
  AssumeRoleAsk,
  AwsIdentity,
  AwsSessionGrant,
  Ungranted,
  WebIdentity,
  WebIdentityAsk,
} from './ask.ts'
import type { Role } from './registered-aws.ts'
import type { Circumstances } from './request.ts'
import type { Snapshot } from './snapshot.ts'
import { TrustDenied } from './trust-denied.ts'

type Session = Ungranted<AwsSessionGrant>
type Keys = Map<string, string | readonly string[]>

/** By the role's trust policy alone: identity policies have no say in it. A `trace` takes what allowed it. */
export function authorizeWebIdentity(
  ask: WebIdentityAsk,
  identity: WebIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
  trace?: Check[],
): Session {
  const action = 'sts:AssumeRoleWithWebIdentity'
  const role = registered.role(ask.roleArn)
  const provider = registered.oidcProvider(ask.roleArn, identity.issuer)
  if (!role || !provider) throw noRole(ask.roleArn, { action })
  const { claims, audience, subject } = identity
  const keys = sessionKeys(provider.claimKeys.keys(claims, audience), ask.sessionName, circumstances)
  keys.set('aws:federatedprovider', provider.arn)
  const request: AwsRequest = { action, principal: { type: 'federated', provider: provider.arn }, keys }
  const verdict = evaluate(role.trust(), request, trace)
  if (verdict.effect !== 'allow') {
    const explained = { ...request, withheld: provider.claimKeys.withheld(claims) }
    throw denied(role, `${subject} may not assume ${role.arn}`, { action }, (trace) =>
      evaluate(role.trust(), explained, trace),
    )
  }
  const seconds = sessionSeconds(ask.durationSeconds, role.maxSessionSeconds)
  const web = { subject, audience, provider: provider.arn }
  return { ...session(role, ask.sessionName, seconds, circumstances.nowMs), web, rule: ruleOf(role, verdict) }
}

/**
 * By the role's trust policy and the caller's own policies: within an account being named suffices, through the account
 * and across accounts both sides have to allow it, and a Deny on either side wins.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function authorizeAssumeRole(
  ask: AssumeRoleAsk,
  identity: AwsIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
): Session {
  const role = registered.role(ask.roleArn)
  const caller = registered.roleOfSession(identity)
  const request: AwsRequest = {
    action: 'sts:AssumeRole',
    resource: ask.roleArn,
    principal: awsPrincipal(identity, caller),
    keys: callerKeys(ask, identity, caller, circumstances),
  }
  const own = caller?.policies() ?? []
  const sides = {
    trust: role ? evaluate(role.trust(), request) : nothing,
    own: evaluate(own, request),
    foreign: identity.account !== accountOfArn(ask.roleArn),
  }
  const suffix = objection(sides)
  if (suffix !== undefined || !role) {
    const told = { action: request.action, caller: identity.arn, resource: ask.roleArn, suffix: suffix ?? '' }
    if (!role) throw noRole(ask.roleArn, told)
    throw denied(role, `${identity.arn} may not assume ${role.arn}`, told, (trace) => {
      evaluate(role.trust(), request, trace)
      // Its own policies explain something only where they are asked for.
      if (sides.foreign || sides.trust.effect !== 'implicit-deny') evaluate(own, request, trace)
    })
  }
  const seconds = sessionSeconds(
    ask.durationSeconds,
    role.maxSessionSeconds,
    identity.credential === 'role-session',
  )
  return { ...session(role, ask.sessionName, seconds, circumstances.nowMs), rule: ruleOf(role, sides.trust) }
}

/** A service of the cloud that takes a role for a workload, as ECS does for its tasks. */
export interface ServiceAsk {
  readonly roleArn: string
  /** `ecs-tasks.amazonaws.com` */
  readonly service: string
  readonly sessionName: string
  /** The resource on whose behalf, as a trust policy's `aws:SourceArn` sees it. */
  readonly sourceArn?: string
  /** Default: one hour. */
  readonly durationSeconds?: number
}

/** By the role's trust policy: the service has to be named in it. */
export function authorizeService(
  ask: ServiceAsk,
  registered: Snapshot,
  circumstances: Circumstances,
): Session {
  const action = 'sts:AssumeRole'
  const role = registered.role(ask.roleArn)
  if (!role) throw noRole(ask.roleArn, { action })
  const keys = sessionKeys(new Map(), ask.sessionName, circumstances)
  keys.set('aws:sourceaccount', role.account)
  if (ask.sourceArn !== undefined) keys.set('aws:sourcearn', ask.sourceArn)
  const request: AwsRequest = { action, principal: { type: 'service', service: ask.service }, keys }
  const verdict = evaluate(role.trust(), request)
  if (verdict.effect !== 'allow')
    throw denied(role, `${ask.service} may not assume ${role.arn}`, { action }, (trace) =>
      evaluate(role.trust(), request, trace),
    )
  const seconds = sessionSeconds(ask.durationSeconds, role.maxSessionSeconds)
  return { ...session(role, ask.sessionName, seconds, circumstances.nowMs), rule: ruleOf(role, verdict) }
}

// ── the circumstances, as condition keys ───────────────────────────────────────────────────────────────

/** What AWS knows of every request. */
function sessionKeys(keys: Keys, sessionName: string, { nowMs, from, secure }: Circumstances): Keys {
  keys.set('sts:rolesessionname', sessionName)
  keys.set('aws:currenttime', isoSecond(nowMs))
  keys.set('aws:epochtime', String(Math.floor(nowMs / 1000)))
  if (from !== undefined) keys.set('aws:sourceip', from)
  if (secure !== undefined) keys.set('aws:securetransport', String(secure))
  return keys
}

// Many requests share a second, and a text of it costs as much as a condition.
let second = { atSeconds: Number.NaN, text: '' }

function isoSecond(ms: number): string {
  const atSeconds = Math.floor(ms / 1000)
  if (second.atSeconds !== atSeconds) second = { atSeconds, text: isoTime(ms) }
  return second.text
}

function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

function callerKeys(
  ask: AssumeRoleAsk,
  identity: AwsIdentity,
  caller: Role | undefined,
  circumstances: Circumstances,
): Keys {
  const keys = sessionKeys(new Map(), ask.sessionName, circumstances)
  keys.set('aws:principalarn', caller?.arn ?? identity.arn)
  keys.set('aws:principalaccount', identity.account)
  keys.set('aws:principaltype', 'AssumedRole')
  keys.set('aws:userid', identity.userId)
  // Present for temporary credentials alone. Revocation stands on it.
  if (identity.issuedAtMs !== undefined) keys.set('aws:tokenissuetime', isoTime(identity.issuedAtMs))
  if (ask.externalId !== undefined) keys.set('sts:externalid', ask.externalId)
  return keys
}

function awsPrincipal({ arn, account }: AwsIdentity, caller: Role | undefined): AwsPrincipal {
  return { type: 'aws', arn, account, ...(caller && { roleArn: caller.arn }) }
}

// ── both sides of AssumeRole ───────────────────────────────────────────────────────────────────────────

const nothing: Verdict = { effect: 'implicit-deny' }

interface Sides {
  readonly trust: Verdict
  readonly own: Verdict
  /** Whether the caller is of another account than the role. */
  readonly foreign: boolean
}

/** What AWS adds to its refusal; undefined when there is nothing against it. */
function objection({ trust, own, foreign }: Sides): string | undefined {
  if (trust.effect === 'explicit-deny') return ' with an explicit deny in a resource-based policy'
  if (own.effect === 'explicit-deny') return ' with an explicit deny in an identity-based policy'
  const byName = trust.effect === 'allow' && !foreign && trust.matchedBy !== 'account'
  if (own.effect !== 'allow' && !byName)
    return foreign ? '' : ' because no identity-based policy allows the sts:AssumeRole action'
  return trust.effect === 'allow' ? undefined : ''
}

// ── the session ────────────────────────────────────────────────────────────────────────────────────────

const defaultSeconds = 3600
/** A role that a role assumes ends with the hour. */
const chainedSeconds = 3600

function sessionSeconds(asked: number | undefined, most: number, chained = false): number {
  const seconds = asked ?? defaultSeconds
  if (chained && seconds > chainedSeconds)
    throw tooLong(
      seconds,
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  if (seconds > most)
    throw tooLong(seconds, 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  return seconds
}

function tooLong(seconds: number, text: string): MayflyError {
  return new MayflyError('TRUST_DURATION', { message: text, values: { seconds, text } })
}

/** Times are whole seconds on this wire. */
function session(role: Role, sessionName: string, seconds: number, nowMs: number) {
  return {
    kind: 'aws-session',
    account: role.account,
    roleName: role.name,
    roleId: role.id(),
    sessionName,
    expiresAtMs: (Math.floor(nowMs / 1000) + seconds) * 1000,
  } as const
}

function ruleOf(role: Role, { matchedBy }: Verdict): string {
  return `the trust policy of ${role.arn}, by ${matchedBy}`
}

// ── refusals ───────────────────────────────────────────────────────────────────────────────────────────

type Told = Readonly<Record<'action', string> & Partial<Record<'caller' | 'resource' | 'suffix', string>>>

function noRole(roleArn: string, told: Told): TrustDenied {
  const check: Check = {
    check: 'role',
    outcome: 'fail',
    presented: roleArn,
    hint: 'No such role is registered',
  }
  return new TrustDenied(
    'TRUST_ROLE',
    { message: `the role ${roleArn} is not registered`, values: told },
    decisionOf([check]),
  )
}

/** Decides once more, recording everything: only a refusal pays for its explanation. */
function denied(role: Role, message: string, told: Told, decide: (trace: Check[]) => void): TrustDenied {
  const trace: Check[] = []
  decide(trace)
  const decision = decisionOf(trace)
  const why = decision.nearMiss ? `: ${decision.nearMiss}` : ''
  return new TrustDenied(
    'TRUST_DENIED',
    { message: `${message}${why}`, values: { ...told, role: role.arn } },
    decision,
  )
}
