import { isoSecond } from '../../wire/iso-time.ts'
import type { AwsIdentity, SessionTag } from '../ask.ts'
import type { Circumstances } from '../request.ts'
import type { Role, User } from './registered.ts'

/** Condition keys by name in lower case, while they are collected. */
export type RequestKeys = Map<string, string | readonly string[]>

/** What AWS knows of every request. No service of AWS makes one for a caller of ours. */
export function addCircumstances(keys: RequestKeys, circumstances: Circumstances): RequestKeys {
  const { nowMs, from, secure, userAgent } = circumstances
  keys.set('aws:currenttime', isoSecond(nowMs))
  keys.set('aws:epochtime', String(Math.floor(nowMs / 1000)))
  keys.set('aws:viaawsservice', 'false')
  if (from !== undefined) keys.set('aws:sourceip', from)
  if (secure !== undefined) keys.set('aws:securetransport', String(secure))
  if (userAgent !== undefined) keys.set('aws:useragent', userAgent)
  return keys
}

/**
 * What AWS knows of the role that a request is for. Both forms of its tags are there.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
 */
export function addRole(keys: RequestKeys, { account, tags }: Role): RequestKeys {
  keys.set('aws:resourceaccount', account)
  for (const { key, value } of tags) {
    const name = key.toLowerCase()
    keys.set(`aws:resourcetag/${name}`, value)
    keys.set(`iam:resourcetag/${name}`, value)
  }
  return keys
}

const principalTypes = {
  'role-session': 'AssumedRole',
  user: 'User',
  'user-session': 'User',
  'federated-user': 'FederatedUser',
} as const satisfies Record<AwsIdentity['credential'], string>

/**
 * What AWS knows of the signer of a request. `principal` is its role or user.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html "Properties of the principal"
 */
export function addSigner(
  keys: RequestKeys,
  identity: AwsIdentity,
  principal: Role | User | undefined,
  nowMs: number,
): RequestKeys {
  const { credential, issuedAtMs, region, marks = {} } = identity
  keys.set(
    'aws:principalarn',
    credential === 'role-session' ? (principal?.arn ?? identity.arn) : identity.arn,
  )
  keys.set('aws:principalaccount', identity.account)
  keys.set('aws:principaltype', principalTypes[credential])
  keys.set('aws:userid', identity.userId)
  keys.set('aws:principalisawsservice', 'false')
  if (region !== undefined) keys.set('aws:requestedregion', region)
  if (principalTypes[credential] === 'User' && principal) keys.set('aws:username', principal.name)
  // Present for temporary credentials alone. Revocation stands on it.
  if (issuedAtMs !== undefined) keys.set('aws:tokenissuetime', isoSecond(issuedAtMs))
  if (issuedAtMs !== undefined || marks.mfaAtMs !== undefined)
    keys.set('aws:multifactorauthpresent', String(marks.mfaAtMs !== undefined))
  if (marks.mfaAtMs !== undefined)
    keys.set('aws:multifactorauthage', String(Math.floor((nowMs - marks.mfaAtMs) / 1000)))
  if (marks.sourceIdentity !== undefined) keys.set('aws:sourceidentity', marks.sourceIdentity)
  if (marks.federatedProvider !== undefined) keys.set('aws:federatedprovider', marks.federatedProvider)
  for (const { key, value } of principalTags(identity, principal))
    keys.set(`aws:principaltag/${key.toLowerCase()}`, value)
  return keys
}

/** The tags of a signer: those of its role or user, and over them those of its session. Keys ignore letter case. */
export function principalTags(identity: AwsIdentity, principal: Role | User | undefined) {
  const tags = new Map<string, Pick<SessionTag, 'key' | 'value'>>()
  for (const tag of [...(principal?.tags ?? []), ...(identity.marks?.tags ?? [])])
    tags.set(tag.key.toLowerCase(), tag)
  return tags.values()
}

/** What AWS knows of the tags that a request passes. */
export function addRequestTags(keys: RequestKeys, tags: readonly SessionTag[]): RequestKeys {
  if (tags.length === 0) return keys
  for (const { key, value } of tags) keys.set(`aws:requesttag/${key.toLowerCase()}`, value)
  keys.set(
    'aws:tagkeys',
    tags.map(({ key }) => key),
  )
  const transitive = tags.filter((tag) => tag.transitive).map(({ key }) => key)
  if (transitive.length > 0) keys.set('sts:transitivetagkeys', transitive)
  return keys
}
