import { MayflyError } from '../../errors.ts'
import type { Check } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import { evaluateBindings, type Permission } from '../../trust/google-bindings.ts'
import type { Assertion, MappedAttributes } from '../../trust/google-provider.ts'
import type {
  AccessTokenAsk,
  AccessTokenGrant,
  AwsIdentity,
  GoogleIdentity,
  IdTokenAsk,
  IdTokenGrant,
  TokenAsk,
  Ungranted,
  WebIdentity,
} from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { TrustDenied } from '../trust-denied.ts'
import { principalName } from './access-token.ts'
import type { PoolProvider, ServiceAccount } from './registered.ts'

/** One hour: what Google gives for every subject token. */
const tokenSeconds = 3600

/** By the provider's attribute mapping and condition; a `trace` takes what allowed it. What comes of it can do nothing yet: bindings decide on that. */
export function authorizeExchange(
  ask: TokenAsk,
  identity: WebIdentity | AwsIdentity,
  registered: Snapshot,
  nowMs: number,
  trace?: Check[],
): Ungranted<AccessTokenGrant> {
  const provider = registered.providers.get(ask.audience)
  if (!provider) throw new MayflyError('TRUST_PROVIDER', { message: `${ask.audience} is not registered` })
  const assertion = assertionOf(identity)
  const mapped = mapOrExplain(provider, assertion, trace)
  if (!provider.rule().admits(assertion, mapped, trace)) throw notAdmitted(provider, assertion)
  const { subject, groups, attributes } = mapped
  return {
    kind: 'access-token',
    principal: { type: 'federated', pool: provider.pool, subject, groups, attributes },
    scopes: ask.scopes,
    rule: `the attribute condition of ${provider.name}`,
    ...lifetime(tokenSeconds, nowMs),
  }
}

/** Of a signed AWS request, what GetCallerIdentity would have answered. */
function assertionOf(identity: WebIdentity | AwsIdentity): Assertion {
  if (identity.type === 'web') return identity.claims
  return { arn: identity.arn, account: identity.account, userid: identity.userId }
}

function mapOrExplain(provider: PoolProvider, assertion: Assertion, trace?: Check[]): MappedAttributes {
  try {
    return provider.rule().map(assertion, trace)
  } catch (cause) {
    if (!(cause instanceof MayflyError)) throw cause
    const { code, message, values } = cause
    throw new TrustDenied(code, { message, values, cause }, explain(provider, assertion, message))
  }
}

function notAdmitted(provider: PoolProvider, assertion: Assertion): TrustDenied {
  const message = `the attribute condition of ${provider.name} does not hold`
  return new TrustDenied('TRUST_CONDITION', { message }, explain(provider, assertion, message))
}

/** Maps and tests once more, recording everything. */
function explain(provider: PoolProvider, assertion: Assertion, message: string) {
  const trace: Check[] = []
  try {
    const mapped = provider.rule().map(assertion, trace)
    provider.rule().admits(assertion, mapped, trace)
  } catch {
    trace.push({ check: 'mapping', outcome: 'fail', hint: message })
  }
  return decisionOf(trace)
}

/** Either scope lets its holder ask for a service account's tokens. */
const impersonationScopes = [
  'https://www.googleapis.com/auth/cloud-platform',
  'https://www.googleapis.com/auth/iam',
]

/** By the bindings on the service account. One that is missing is refused like one that is closed. */
export function authorizeImpersonation(
  ask: AccessTokenAsk | IdTokenAsk,
  identity: GoogleIdentity,
  registered: Snapshot,
  nowMs: number,
  trace?: Check[],
): Ungranted<AccessTokenGrant | IdTokenGrant> {
  if (!identity.scopes.some((each) => impersonationScopes.includes(each))) throw tooNarrow(identity)
  const permission =
    ask.kind === 'GenerateIdToken'
      ? 'iam.serviceAccounts.getOpenIdToken'
      : 'iam.serviceAccounts.getAccessToken'
  const account = registered.serviceAccount(ask.serviceAccount)
  if (!account || !evaluateBindings(account.bindings(), identity.principal, permission, trace))
    throw notPermitted(identity, permission, account, ask.serviceAccount)
  const rule = `the bindings of ${account.email}, by ${permission}`
  return ask.kind === 'GenerateIdToken'
    ? { ...idToken(ask, account), rule, expiresAtMs: lifetime(tokenSeconds, nowMs).expiresAtMs }
    : { ...accessToken(ask, account), rule, ...lifetime(ask.lifetimeSeconds, nowMs) }
}

/** What a machine asks its metadata server for, of the service account that is attached to it. */
export type AttachedAsk =
  | Pick<AccessTokenAsk, 'kind' | 'serviceAccount' | 'scopes'>
  | Pick<IdTokenAsk, 'kind' | 'serviceAccount' | 'audience' | 'includeEmail'>

/** Whoever attached the account decided; here it only has to be there still. */
export function authorizeAttached(
  ask: AttachedAsk,
  registered: Snapshot,
  nowMs: number,
): Ungranted<AccessTokenGrant | IdTokenGrant> {
  const account = registered.serviceAccount(ask.serviceAccount)
  if (!account)
    throw new MayflyError('TRUST_DENIED', {
      message: `the service account ${ask.serviceAccount}, which is attached to the machine, is not registered`,
      hint: 'Register it under `serviceAccounts:` of its project.',
    })
  const life = lifetime(tokenSeconds, nowMs)
  return ask.kind === 'GenerateIdToken'
    ? { ...idToken(ask, account), expiresAtMs: life.expiresAtMs }
    : { ...accessToken(ask, account), ...life }
}

function idToken(
  { audience, includeEmail }: Pick<IdTokenAsk, 'audience' | 'includeEmail'>,
  { email, uniqueId }: ServiceAccount,
) {
  return { kind: 'id-token', email, uniqueId, audience, includeEmail } as const
}

function accessToken({ scopes }: Pick<AccessTokenAsk, 'scopes'>, { email }: ServiceAccount) {
  return { kind: 'access-token', principal: { type: 'service-account', email }, scopes } as const
}

/** Times are whole seconds on this wire. */
function lifetime(lifetimeSeconds: number, nowMs: number) {
  return { lifetimeSeconds, expiresAtMs: (Math.floor(nowMs / 1000) + lifetimeSeconds) * 1000 }
}

function tooNarrow(identity: GoogleIdentity): MayflyError {
  return new MayflyError('TRUST_SCOPES', {
    message: `the access token of ${principalName(identity)} is for ${identity.scopes.join(' ')}, which does not reach service accounts`,
    values: { presented: identity.scopes, expected: impersonationScopes },
  })
}

function notPermitted(
  identity: GoogleIdentity,
  permission: Permission,
  account: ServiceAccount | undefined,
  name: string,
): TrustDenied {
  const who = principalName(identity)
  const trace: Check[] = []
  if (account) evaluateBindings(account.bindings(), identity.principal, permission, trace)
  else
    trace.push({
      check: 'service-account',
      outcome: 'fail',
      expected: name,
      hint: 'No such service account is registered',
    })
  const decision = decisionOf(trace)
  const why = decision.nearMiss ? `: ${decision.nearMiss}` : ''
  return new TrustDenied(
    'TRUST_DENIED',
    { message: `${who} has no ${permission} on ${name}${why}`, values: { permission } },
    decision,
  )
}
