import { MayflyError } from '../../errors.ts'
import { outboundClaims } from '../../issuer/aws-outbound.ts'
import { outboundIssuer } from '../../wire/outbound-issuer.ts'
import type { AwsIdentity, Claims, Ungranted, WebIdentityTokenAsk, WebIdentityTokenGrant } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import { checkOwnPermission } from './own-permission.ts'
import { addRequestTags, principalTags, type RequestKeys } from './request-keys.ts'

/** By the caller's own policies, where its account has the feature on. */
export function authorizeWebIdentityToken(
  ask: WebIdentityTokenAsk,
  identity: AwsIdentity,
  registered: Snapshot,
  circumstances: Circumstances,
): Ungranted<WebIdentityTokenGrant> {
  const actions = ['sts:GetWebIdentityToken', ...(ask.tags ? ['sts:TagGetWebIdentityToken'] : [])]
  for (const action of actions)
    checkOwnPermission({ action, keys: requestKeys(ask) }, identity, registered, circumstances)
  const { account } = identity
  if (!registered.aws.get(account)?.outbound) throw switchedOff(account)
  const expiresAtMs = (Math.floor(circumstances.nowMs / 1000) + ask.durationSeconds) * 1000
  if (identity.expiresAtMs !== undefined && expiresAtMs > identity.expiresAtMs) throw tooLate(identity)
  const issuer = outboundIssuer(account)
  const claims = claimsOf(ask, identity, registered, issuer)
  checkSize(claims)
  return { kind: 'web-identity-token', issuer, algorithm: ask.algorithm, claims, expiresAtMs }
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_policies.html */
function requestKeys({ audiences, durationSeconds, algorithm, tags = [] }: WebIdentityTokenAsk): RequestKeys {
  const keys: RequestKeys = new Map()
  keys.set('sts:identitytokenaudience', audiences)
  keys.set('sts:durationseconds', String(durationSeconds))
  keys.set('sts:signingalgorithm', algorithm)
  keys.set('sts:subjectmode', 'AWSIdentity')
  return addRequestTags(keys, tags)
}

function claimsOf(
  { audiences, tags = [] }: WebIdentityTokenAsk,
  identity: AwsIdentity,
  registered: Snapshot,
  issuer: string,
): Claims {
  const { account, arn, region, expiresAtMs, marks = {} } = identity
  const principal = registered.principalOf(identity)
  return outboundClaims({
    issuer,
    audience: audiences.length === 1 ? audiences[0]! : audiences,
    principal: principal?.arn ?? arn,
    account,
    region,
    principalTags: textsOf(principalTags(identity, principal)),
    sessionExpiresAtMs: expiresAtMs,
    federatedProvider: marks.federatedProvider,
    sourceIdentity: marks.sourceIdentity,
    requestTags: textsOf(tags),
  })
}

function textsOf(
  tags: Iterable<{ readonly key: string; readonly value: string }>,
): Readonly<Record<string, string>> | undefined {
  const entries = [...tags].map(({ key, value }) => [key, value] as const)
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

/** AWS does not say its limit. This one leaves the token fit for a header. */
const largestClaimsBytes = 8 * 1024

function checkSize(claims: Claims): void {
  const bytes = Buffer.byteLength(JSON.stringify(claims))
  if (bytes <= largestClaimsBytes) return
  throw new MayflyError('REQUEST_TOKEN_SIZE', {
    message: `the claims take ${bytes} bytes, more than ${largestClaimsBytes}`,
    values: { bytes, limit: largestClaimsBytes },
  })
}

function switchedOff(account: string): MayflyError {
  return new MayflyError('TRUST_OUTBOUND', {
    message: `outbound web identity federation is off for the account ${account}`,
    values: { account },
  })
}

function tooLate({ arn, expiresAtMs = 0 }: AwsIdentity): MayflyError {
  return new MayflyError('TRUST_SESSION_END', {
    message: `the token would live longer than the session of ${arn}, which ends at ${new Date(expiresAtMs).toISOString()}`,
  })
}
