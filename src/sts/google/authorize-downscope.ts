import { MayflyError } from '../../errors.ts'
import type { AccessTokenGrant, DownscopeAsk, GoogleIdentity, Ungranted } from '../ask.ts'
import { principalName } from './access-token.ts'

/**
 * Whoever holds a token may have one that is good for less and ends with it. It takes one boundary and no second.
 * @see https://cloud.google.com/iam/docs/downscoping-short-lived-credentials
 * @throws TRUST_BOUNDARY, TRUST_SCOPES, REQUEST_PARAMETER
 */
export function authorizeDownscope(
  { boundary, scopes }: DownscopeAsk,
  identity: GoogleIdentity,
  nowMs: number,
): Ungranted<AccessTokenGrant> {
  const { principal, expiresAtMs } = identity
  if (identity.boundary) throw twice(identity)
  const grant = { principal, scopes: narrowed(scopes, identity), boundary }
  checkSize(grant)
  const lifetimeSeconds = Math.floor((expiresAtMs - nowMs) / 1000)
  return { kind: 'access-token', ...grant, lifetimeSeconds, expiresAtMs }
}

function narrowed(asked: readonly string[], { scopes }: GoogleIdentity): readonly string[] {
  const wider = asked.filter((each) => !scopes.includes(each))
  if (wider.length === 0) return asked.length > 0 ? asked : scopes
  throw new MayflyError('TRUST_SCOPES', {
    message: `the token to be downscoped is not for ${wider.join(' ')}`,
    values: { presented: wider, expected: scopes },
    hint: 'Ask for scopes of that token, or for none: then they stay.',
  })
}

/** In bytes: sealed and in base64 it stays below the 12288 of Google's longest token. */
const longestRecord = 9000

/** The boundary travels in the token. */
export function checkSize(token: Pick<AccessTokenGrant, 'principal' | 'scopes' | 'boundary'>): void {
  if (Buffer.byteLength(JSON.stringify(token)) <= longestRecord) return
  const text = 'The access boundary is too large.'
  throw new MayflyError('REQUEST_PARAMETER', { message: text, values: { text } })
}

function twice(identity: GoogleIdentity): MayflyError {
  return new MayflyError('TRUST_BOUNDARY', {
    message: `the access token of ${principalName(identity)} is downscoped already, and takes no second boundary`,
    hint: 'Downscope the token that it was made from.',
  })
}
