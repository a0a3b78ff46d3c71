import { MayflyError } from '../../errors.ts'
import type { Keys, Sealing } from '../../keys/keys.ts'
import type { GoogleIdentity } from '../ask.ts'
import type { Sts } from '../sts.ts'

/** What a Google access token of ours holds, sealed. */
export interface AccessTokenRecord extends Omit<GoogleIdentity, 'type'> {
  /** Epoch milliseconds. */
  readonly issuedAtMs: number
}

/** What Google STS says of a subject token that is no good, and not why. Not recorded. */
export const invalidToken = 'The access token is invalid or has expired.'

const purpose = 'google-access-token'
// What Google's own access tokens begin with; programs and secret scanners know them by it.
const prefix = 'ya29.'

/** An opaque bearer token that this token service alone can read. */
export function sealAccessToken(record: AccessTokenRecord, sealing: Sealing): string {
  const { principal, scopes, issuedAtMs, expiresAtMs, boundary } = record
  const parts = [1, principal, scopes, issuedAtMs, expiresAtMs, ...(boundary ? [boundary] : [])]
  return prefix + sealing.seal(purpose, JSON.stringify(parts))
}

/** Undefined when the token is not of this token service, or was altered. */
export function unsealAccessToken(token: string, sealing: Sealing): AccessTokenRecord | undefined {
  const record = token.startsWith(prefix) ? sealing.unseal(purpose, token.slice(prefix.length)) : undefined
  if (record === undefined) return undefined
  const [, principal, scopes, issuedAtMs, expiresAtMs, boundary] = JSON.parse(record)
  return { principal, scopes, issuedAtMs, expiresAtMs, ...(boundary && { boundary }) }
}

/** `principal://iam.googleapis.com/…` of a federated identity, `serviceAccount:EMAIL` of a service account. */
export function principalName({ principal }: Pick<GoogleIdentity, 'principal'>): string {
  return principal.type === 'service-account'
    ? `serviceAccount:${principal.email}`
    : `principal://iam.googleapis.com/${principal.pool}/subject/${principal.subject}`
}

/** What a token of ours holds, while it and what it stands for are in force. */
export function liveToken(token: string, { keys, registered, now }: Sts): AccessTokenRecord | undefined {
  const record = unsealAccessToken(token, keys.sealing)
  return record && record.expiresAtMs > now() && registered().stands(record.principal) ? record : undefined
}

/**
 * Who holds a bearer token.
 * @throws REQUEST_CREDENTIAL when it is not ours
 * @throws REQUEST_CREDENTIAL_EXPIRED
 */
export function holderOfAccessToken(
  token: string,
  { keys, nowMs }: { readonly keys: Keys; readonly nowMs: number },
): GoogleIdentity {
  const record = unsealAccessToken(token, keys.sealing)
  if (!record)
    throw new MayflyError('REQUEST_CREDENTIAL', {
      message: "the access token is not this token service's",
      values: { google: invalidToken },
    })
  const { issuedAtMs: _, ...holder } = record
  if (holder.expiresAtMs > nowMs) return { type: 'google', ...holder }
  const seconds = Math.ceil((nowMs - holder.expiresAtMs) / 1000)
  throw new MayflyError('REQUEST_CREDENTIAL_EXPIRED', {
    message: `the access token of ${principalName(record)} expired ${seconds} s ago`,
    values: { google: invalidToken },
  })
}
