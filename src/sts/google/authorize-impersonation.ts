import { MayflyError } from '../../errors.ts'
import type { Check } from '../../trust/decision.ts'
import type { Permission } from '../../trust/google-bindings.ts'
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
import { principalName } from './access-token.ts'
import { followChain } from './delegation-chain.ts'
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
  const permission = permissions[ask.kind]
  if (identity.boundary) throw downscoped(identity, permission)
  if (!identity.scopes.some((each) => impersonationScopes.includes(each))) throw tooNarrow(identity)
  const account = followChain(ask, {
    from: identity.principal,
    permission,
    registered,
    nowMs,
    ...(trace && { trace }),
  })
  const rule = `the bindings of ${account.email}, by ${permission}`
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
  if (!account || account.disabled)
    throw new MayflyError('TRUST_DENIED', {
      message: `the service account ${ask.serviceAccount}, which is attached to the machine, is ${account ? 'disabled' : 'not registered'}`,
      hint: 'Register it under `serviceAccounts:` of its project.',
    })
  const life = tokenLife(tokenSeconds, nowMs)
  return ask.kind === 'GenerateIdToken'
    ? { ...idToken(ask, account), expiresAtMs: life.expiresAtMs }
    : { ...accessToken(ask, account), ...life }
}

function idToken(
  {
    audience,
    includeEmail,
    useEmailAzp = false,
  }: Pick<IdTokenAsk, 'audience' | 'includeEmail' | 'useEmailAzp'>,
  { email, uniqueId }: ServiceAccount,
) {
  return { kind: 'id-token', email, uniqueId, audience, includeEmail, useEmailAzp } as const
}

function accessToken({ scopes }: Pick<AccessTokenAsk, 'scopes'>, { email, uniqueId }: ServiceAccount) {
  return { kind: 'access-token', principal: { type: 'service-account', email, uniqueId }, scopes } as const
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
