import type { Check } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import { evaluateBindings, type GooglePrincipal, type Permission } from '../../trust/google-bindings.ts'
import type { ImpersonationAsk } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { TrustDenied } from '../trust-denied.ts'
import { principalName } from './access-token.ts'
import type { ServiceAccount } from './registered.ts'

/** One step from a principal to a service account, which needs a permission on it. */
interface Link {
  readonly holder: GooglePrincipal
  readonly name: string
  readonly permission: Permission
  /** `link 1 of 2`; absent where there is only one. */
  readonly place?: string
}

export interface ChainSetting {
  /** Who asks. */
  readonly from: GooglePrincipal
  /** What is needed on the account at the end. */
  readonly permission: Permission
  readonly registered: Snapshot
  /** Epoch milliseconds. */
  readonly nowMs: number
  readonly trace?: Check[]
}

/**
 * The account at the end of a chain. Each account but the last only hands on: that is implicitDelegation, which
 * serviceAccountTokenCreator has and workloadIdentityUser has not.
 * @see https://cloud.google.com/iam/docs/service-account-permissions "iam.serviceAccounts.implicitDelegation"
 * @throws TrustDenied for the first link that does not hold: TRUST_DENIED, TRUST_SERVICE_ACCOUNT
 */
export function followChain(
  { delegates, serviceAccount }: Pick<ImpersonationAsk, 'delegates' | 'serviceAccount'>,
  { from, permission, ...setting }: ChainSetting,
): ServiceAccount {
  const count = delegates.length + 1
  const placeOf = (i: number) => (count > 1 ? { place: `link ${i} of ${count}` } : {})
  let holder = from
  for (const [i, name] of delegates.entries()) {
    const { email } = passLink({ holder, name, permission: handsOn, ...placeOf(i + 1) }, setting)
    holder = { type: 'service-account', email }
  }
  return passLink({ holder, name: serviceAccount, permission, ...placeOf(count) }, setting)
}

const handsOn = 'iam.serviceAccounts.implicitDelegation'

function passLink(
  link: Link,
  { registered, nowMs, trace }: Omit<ChainSetting, 'from' | 'permission'>,
): ServiceAccount {
  const { holder: principal, name, permission } = link
  const account = registered.serviceAccount(name)
  if (!account) throw notRegistered(link)
  const question = { principal, permission, nowMs }
  if (!account.disabled && evaluateBindings(account.bindings(), question, trace)) return account
  throw notPermitted(link, account, nowMs)
}

function notRegistered({ name, place }: Link): TrustDenied {
  const check = { check: 'service-account', outcome: 'fail', expected: name } as const
  const decision = decisionOf([{ ...check, hint: 'No such service account is registered' }])
  const message = `there is no service account ${name}${placed(place)}`
  return new TrustDenied('TRUST_SERVICE_ACCOUNT', { message, values: { name } }, decision)
}

function notPermitted(
  { holder, name, permission, place }: Link,
  account: ServiceAccount,
  nowMs: number,
): TrustDenied {
  const trace: Check[] = []
  if (account.disabled)
    trace.push({
      check: 'service-account',
      outcome: 'fail',
      expected: name,
      hint: 'The service account is disabled',
    })
  evaluateBindings(account.bindings(), { principal: holder, permission, nowMs }, trace)
  const decision = decisionOf(trace)
  const who = principalName({ principal: holder })
  const why = decision.nearMiss ? `: ${decision.nearMiss}` : ''
  return new TrustDenied(
    'TRUST_DENIED',
    { message: `${who} has no ${permission} on ${name}${placed(place)}${why}`, values: { permission } },
    decision,
  )
}

const placed = (place: string | undefined) =>
  place === undefined ? '' : ` (${place} of the delegation chain)`
