import { MayflyError } from '../../errors.ts'
import type { AwsRequest } from '../../trust/aws-evaluate.ts'
import { compilePolicy, type Policy } from '../../trust/aws-policy.ts'
import { readJsonObject } from '../../wire/json.ts'
import type { AwsIdentity, SessionMarks, SessionPolicies, SessionTag } from '../ask.ts'
import { packedPolicySize } from './packed-size.ts'
import type { AwsAccount } from './registered.ts'
import { addRequestTags, type RequestKeys } from './request-keys.ts'

/** What a request has the session marked with, before it is known whether that is allowed. */
export interface Wishes {
  /** Passed with the request. */
  readonly tags: readonly SessionTag[]
  /** From the session that signed the request. */
  readonly inherited: readonly SessionTag[]
  readonly sourceIdentity?: string
}

/** Of nearly every request. */
const none: Wishes = { tags: [], inherited: [] }

/**
 * The tags and the source identity that a session takes over from the one that asks for it, and those that are asked for.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html "Chaining roles with session tags"
 * @throws REQUEST_TAGS when a tag that is asked for is inherited already
 */
export function wishesOf(
  { tags = [], sourceIdentity }: { readonly tags?: readonly SessionTag[]; readonly sourceIdentity?: string },
  identity?: AwsIdentity,
): Wishes {
  if (tags.length === 0 && sourceIdentity === undefined && !identity?.marks) return none
  const inherited = identity?.marks?.tags?.filter((tag) => tag.transitive) ?? []
  const taken = new Set(inherited.map(folded))
  if (tags.some((tag) => taken.has(folded(tag))))
    throw conflict(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  const source = sourceIdentity ?? identity?.marks?.sourceIdentity
  return { tags, inherited, ...(source !== undefined && { sourceIdentity: source }) }
}

/**
 * All that has to be allowed for a session: assuming the role, and whatever marks it, as a permission of its own. The tags
 * are known to the first two; to sts:SetSourceIdentity they are not.
 */
export function requestsFor(
  request: AwsRequest & { readonly keys: RequestKeys },
  wishes: Wishes,
): readonly [AwsRequest, ...AwsRequest[]] {
  if (wishes === none) return [request]
  const { tags, inherited, sourceIdentity } = wishes
  const tagged =
    tags.length === 0 ? request : { ...request, keys: addRequestTags(new Map(request.keys), tags) }
  return [
    tagged,
    ...(tags.length + inherited.length > 0 ? [{ ...tagged, action: 'sts:TagSession' }] : []),
    ...(sourceIdentity === undefined ? [] : [{ ...request, action: 'sts:SetSourceIdentity' }]),
  ]
}

/** What a session is to carry, and how much of the room that takes. */
export interface Marked {
  readonly marks?: SessionMarks
  readonly packedPolicySize?: number
}

/**
 * The marks of a session that may have them.
 * @throws TRUST_POLICY when its inline policy is none, or a managed one is not known in that account
 * @throws REQUEST_PACKED_SIZE when policies and tags are too large together
 */
export function markedWith(
  { policy, policyArns }: SessionPolicies,
  wishes: Wishes,
  account: AwsAccount | undefined,
  more?: Pick<SessionMarks, 'federatedProvider'>,
): Marked {
  if (wishes === none && policy === undefined && !policyArns) return more ? { marks: more } : {}
  const { tags, inherited, sourceIdentity } = wishes
  const unknown = policyArns?.find((arn) => !account?.managedPolicy(arn))
  if (unknown !== undefined) throw unknownPolicy(unknown)
  if (policy !== undefined) inlinePolicy(policy)
  const all = [...inherited, ...tags]
  const marks: SessionMarks = {
    ...more,
    ...(policy !== undefined && { policy }),
    ...(policyArns && { policyArns }),
    ...(all.length > 0 && { tags: all }),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
  }
  const size = packedPolicySize(marks)
  return {
    ...(Object.keys(marks).length > 0 && { marks }),
    ...(size !== undefined && { packedPolicySize: size }),
  }
}

/** What a session was narrowed to; undefined when it was not. A managed policy that is gone since allows nothing. */
export function sessionPolicies(
  { policy, policyArns = [] }: SessionPolicies,
  account: AwsAccount | undefined,
): readonly Policy[] | undefined {
  if (policy === undefined && policyArns.length === 0) return undefined
  const inline = policy === undefined ? [] : [inlinePolicy(policy)]
  return [...inline, ...policyArns.flatMap((arn) => account?.managedPolicy(arn) ?? [])]
}

function inlinePolicy(text: string): Policy {
  const document = readJsonObject(Buffer.from(text))
  if (document) return compilePolicy(document, 'identity', '')
  const words = 'The policy is not in the valid JSON format.'
  throw new MayflyError('TRUST_POLICY', { message: words, values: { text: words } })
}

function unknownPolicy(arn: string): MayflyError {
  const text = `The policy ${arn} does not exist or is not attachable.`
  return new MayflyError('TRUST_POLICY', {
    message: `the session policy ${arn} is not registered in this account`,
    values: { text, path: 'PolicyArns', found: arn },
    hint: 'Register it under managedPolicies of the account of the role.',
  })
}

/** Tag keys are the same whatever their letter case. */
export function folded({ key }: Pick<SessionTag, 'key'>): string {
  return key.toLowerCase()
}

export function conflict(text: string): MayflyError {
  return new MayflyError('REQUEST_TAGS', { message: text, values: { text } })
}
