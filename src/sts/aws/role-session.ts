import { MayflyError } from '../../errors.ts'
import type { Verdict } from '../../trust/aws-evaluate.ts'
import type { Check } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import type { AwsSessionGrant, Ungranted } from '../ask.ts'
import { TrustDenied } from '../trust-denied.ts'
import type { Role } from './registered.ts'

/** A session that may be had, before `authorize` vouches for it. */
export type SessionGrant = Ungranted<AwsSessionGrant>

const defaultSeconds = 3600
/** A role that a role assumes ends with the hour. */
const chainedSeconds = 3600

interface RoleSessionAsk {
  readonly role: Role
  readonly sessionName: string
  /** Default: one hour. */
  readonly durationSeconds: number | undefined
  readonly minimumTokenSize?: number | undefined
  /** Whether temporary credentials ask for it. */
  readonly chained?: boolean
  readonly nowMs: number
  readonly verdict: Verdict
}

/**
 * The session of a role. Times are whole seconds on this wire.
 * @throws TRUST_DURATION when it would be longer than the role, or a chain, may have
 */
export function roleSession(ask: RoleSessionAsk): SessionGrant {
  const { role, sessionName, minimumTokenSize, nowMs, verdict } = ask
  return {
    kind: 'aws-session',
    account: role.account,
    principal: { type: 'role', roleName: role.name, roleId: role.id(), sessionName },
    ...(minimumTokenSize !== undefined && { minimumTokenSize }),
    expiresAtMs: (Math.floor(nowMs / 1000) + secondsOf(ask)) * 1000,
    rule: `the trust policy of ${role.arn}, by ${verdict.matchedBy}`,
  }
}

function secondsOf({ role, durationSeconds = defaultSeconds, chained = false }: RoleSessionAsk): number {
  if (chained && durationSeconds > chainedSeconds)
    throw tooLong(
      durationSeconds,
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  if (durationSeconds > role.maxSessionSeconds)
    throw tooLong(
      durationSeconds,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  return durationSeconds
}

function tooLong(seconds: number, text: string): MayflyError {
  return new MayflyError('TRUST_DURATION', { message: text, values: { seconds, text } })
}

// ── refusals ───────────────────────────────────────────────────────────────────────────────────────────

/** What the caller may be told of a refusal. */
export type Told = Readonly<
  Record<'action', string> & Partial<Record<'caller' | 'resource' | 'suffix', string>>
>

export function noRole(roleArn: string, told: Told): TrustDenied {
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
export function denied(
  message: string,
  values: Told & { readonly role?: string },
  decide: (trace: Check[]) => void,
): TrustDenied {
  const trace: Check[] = []
  decide(trace)
  const decision = decisionOf(trace)
  const why = decision.nearMiss ? `: ${decision.nearMiss}` : ''
  return new TrustDenied('TRUST_DENIED', { message: `${message}${why}`, values }, decision)
}
