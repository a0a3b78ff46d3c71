import { MayflyError } from '../../errors.ts'
import type { Check } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import { evaluateBindings, type GooglePrincipal, type Permission } from '../../trust/google-bindings.ts'
import type {
  AccessTokenAsk,
  AccessTokenGrant,
  GoogleIdentity,
  IdTokenAsk,
  IdTokenGrant,
  ImpersonationAsk,
  SignedBlobGrant,
  SignedJwtGrant,
  SignJwtAsk,
  Ungranted,
} from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { TrustDenied } from '../trust-denied.ts'
import { principalName } from './access-token.ts'
import { tokenLife, tokenSeconds } from './lifetime.ts'
import type { ServiceAccount } from './registered.ts'

/** Either scope lets its holder ask for a service account's tokens. */
const impersonationScopes = [
  'https://www.googleapis.com/auth/cloud-platform',
  'https://www.googleapis.com/auth/iam',
]

type ImpersonationGrant = AccessTokenGrant | IdTokenGrant | SignedBlobGrant | SignedJwtGrant

const permissions: Readonly<Record<ImpersonationAsk['kind'], Permission>> = {
  GenerateAccessToken: 'iam.serviceAccounts.getAccessToken',
  GenerateIdToken: 'iam.serviceAccounts.getOpenIdToken',
  SignBlob: 'iam.serviceAccounts.signBlob',
  SignJwt: 'iam.serviceAccounts.signJwt',
}

/** By the bindings on the service account, and on every delegate before it. */
export function authorizeImpersonation(
  ask: ImpersonationAsk,
  identity: GoogleIdentity,
  registered: Snapshot,
  nowMs: number,
  trace?: Check[],
): Ungranted<ImpersonationGrant> {
  if (identity.boundary) throw downscoped(identity, permissions[ask.kind])
  if (!identity.scopes.some((each) => impersonationScopes.includes(each))) throw tooNarrow(identity)
  const account = followChain(ask, identity, registered, trace)
  const rule = `the bindings of ${account.email}, by ${permissions[ask.kind]}`
  return { ...granted(ask, account, nowMs), rule }
}

function granted(
  ask: ImpersonationAsk,
  account: ServiceAccount,
  nowMs: number,
): Ungranted<ImpersonationGrant> {
  const { uniqueId } = account
  switch (ask.kind) {
    case 'GenerateAccessToken':
      checkLifetime(ask.lifetimeSeconds, account)
      return { ...accessToken(ask, account), ...tokenLife(ask.lifetimeSeconds, nowMs) }
    case 'GenerateIdToken':
      return { ...idToken(ask, account), expiresAtMs: tokenLife(tokenSeconds, nowMs).expiresAtMs }
    case 'SignBlob':
      return { kind: 'signed-blob', uniqueId, payload: ask.payload }
    case 'SignJwt':
      checkExpiry(ask.claims, nowMs)
      return { kind: 'signed-jwt', uniqueId, payload: ask.payload }
  }
}

function checkLifetime(seconds: number, { email, longestSeconds }: ServiceAccount): void {
  if (seconds <= longestSeconds) return
  throw new MayflyError('TRUST_DURATION', {
    message: `an access token of ${email} may last ${longestSeconds} s, and ${seconds} were asked for`,
    values: { presented: seconds, expected: longestSeconds },
    hint: 'Ask for less. `credentialLifetimeExtension: true` stands for the organization policy that allows 43200 s.',
  })
}

/** How far ahead a JWT that is signed here may end. */
const longestJwtSeconds = 12 * 3600

/** @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt "payload" */
function checkExpiry({ exp }: SignJwtAsk['claims'], nowMs: number): void {
  const now = Math.floor(nowMs / 1000)
  if (
    exp === undefined ||
    (Number.isInteger(exp) && Number(exp) >= now && Number(exp) <= now + longestJwtSeconds)
  )
    return
  const text =
    'The exp claim must be an integer timestamp, not in the past and at most 12 hours in the future.'
  throw new MayflyError('REQUEST_PARAMETER', { message: text, values: { text } })
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
  const life = tokenLife(tokenSeconds, nowMs)
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

// ── who may stand for whom ─────────────────────────────────────────────────────────────────────────────

/** One step from a principal to a service account, which needs a permission on it. */
interface Link {
  readonly holder: GooglePrincipal
  readonly name: string
  readonly permission: Permission
  /** `link 1 of 2`; absent where there is only one. */
  readonly place?: string
}

/**
 * The account at the end of the chain. Each account but the last only hands on: that is implicitDelegation, which
 * serviceAccountTokenCreator has and workloadIdentityUser has not.
 * @see https://cloud.google.com/iam/docs/service-account-permissions "iam.serviceAccounts.implicitDelegation"
 */
function followChain(
  { kind, delegates, serviceAccount }: ImpersonationAsk,
  identity: GoogleIdentity,
  registered: Snapshot,
  trace?: Check[],
): ServiceAccount {
  const count = delegates.length + 1
  const placeOf = (i: number) => (count > 1 ? { place: `link ${i} of ${count}` } : {})
  let holder = identity.principal
  for (const [i, name] of delegates.entries()) {
    const link = {
      holder,
      name,
      permission: 'iam.serviceAccounts.implicitDelegation',
      ...placeOf(i + 1),
    } as const
    holder = { type: 'service-account', email: passLink(link, registered, trace).email }
  }
  const last = { holder, name: serviceAccount, permission: permissions[kind], ...placeOf(count) }
  return passLink(last, registered, trace)
}

function passLink(link: Link, registered: Snapshot, trace?: Check[]): ServiceAccount {
  const { holder, name, permission } = link
  const account = registered.serviceAccount(name)
  if (!account) throw notRegistered(link)
  if (evaluateBindings(account.bindings(), holder, permission, trace)) return account
  throw notPermitted(link, account)
}

/** Downscoped tokens are for Cloud Storage alone. */
function downscoped(identity: GoogleIdentity, permission: Permission): MayflyError {
  return new MayflyError('TRUST_BOUNDARY', {
    message: `the access token of ${principalName(identity)} is downscoped, and stands for no service account's credentials`,
    values: { permission },
  })
}

function tooNarrow(identity: GoogleIdentity): MayflyError {
  return new MayflyError('TRUST_SCOPES', {
    message: `the access token of ${principalName(identity)} is for ${identity.scopes.join(' ')}, which does not reach service accounts`,
    values: { presented: identity.scopes, expected: impersonationScopes },
  })
}

function notRegistered({ name, place }: Link): TrustDenied {
  const check = { check: 'service-account', outcome: 'fail', expected: name } as const
  const decision = decisionOf([{ ...check, hint: 'No such service account is registered' }])
  const message = `there is no service account ${name}${placed(place)}`
  return new TrustDenied('TRUST_SERVICE_ACCOUNT', { message, values: { name } }, decision)
}

function notPermitted({ holder, name, permission, place }: Link, account: ServiceAccount): TrustDenied {
  const trace: Check[] = []
  evaluateBindings(account.bindings(), holder, permission, trace)
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
