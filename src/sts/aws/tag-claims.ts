import { MayflyError } from '../../errors.ts'
import type { Claims, SessionTag } from '../ask.ts'
import { constraints } from './constraints.ts'
import { sessionTags } from './session-parameters.ts'

// The claims by which a token marks the session, in the form with objects and in the flattened one for issuers that can
// only make texts: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html "Passing session tags using
// AssumeRoleWithWebIdentity".

const tagsClaim = 'https://aws.amazon.com/tags'
const sourceIdentityClaim = 'https://aws.amazon.com/source_identity'
const flatTag = `${tagsClaim}/principal_tags/`
const flatTransitive = `${tagsClaim}/transitive_tag_keys`
const namespace = 'https://aws.amazon.com/'

/**
 * What a token has the session marked with.
 * @throws PROOF_CLAIM when it says so in another form, REQUEST_TAGS when its tags contradict each other
 */
export function marksInClaims(claims: Claims): {
  readonly tags?: readonly SessionTag[]
  readonly sourceIdentity?: string
} {
  // Most tokens have none of these, and a look at the names is all that they pay.
  let marked = false
  for (const name in claims) if (name.startsWith(namespace)) marked = true
  if (!marked) return {}
  const tags = tagsIn(claims)
  const sourceIdentity = sourceIdentityIn(claims)
  return { ...(tags.length > 0 && { tags }), ...(sourceIdentity !== undefined && { sourceIdentity }) }
}

function tagsIn(claims: Claims): readonly SessionTag[] {
  const nested = Object.hasOwn(claims, tagsClaim) ? objectIn(claims[tagsClaim], malformedTags) : {}
  const { principal_tags = {}, transitive_tag_keys = [] } = nested
  const flat = Object.keys(claims)
    .filter((name) => name.startsWith(flatTag))
    .map((name) => [name.slice(flatTag.length), claims[name]] as const)
  const transitive = [transitive_tag_keys, claims[flatTransitive] ?? []].flatMap((each) => textsIn(each))
  const tags = [...Object.entries(objectIn(principal_tags, malformedPrincipalTags)), ...flat].map(
    ([key, value]) => tagOf(key, value),
  )
  if (tags.length > constraints.tags.items[1]) throw bad(malformedTags)
  return sessionTags(tags, transitive)
}

const [tagKey, tagValue] = constraints.tags.fields

/** A value is a text, alone or as a list of one. */
function tagOf(key: string, value: unknown): SessionTag {
  const [text, ...more] = textsIn(value, malformedPrincipalTags)
  const fits = text !== undefined && tagKey.pattern.test.test(key) && tagValue.pattern.test.test(text)
  if (!fits || more.length > 0 || key.length > tagKey.length[1] || text.length > tagValue.length[1])
    throw bad(malformedPrincipalTags)
  return { key, value: text }
}

function sourceIdentityIn(claims: Claims): string | undefined {
  const value = claims[sourceIdentityClaim]
  if (value === undefined) return undefined
  const { length, pattern } = constraints.sourceIdentity
  if (
    typeof value === 'string' &&
    value.length >= length[0] &&
    value.length <= length[1] &&
    pattern.test.test(value)
  )
    return value
  throw bad('source_identity passed in claim is not in correct format.', sourceIdentityClaim)
}

const malformedTags = 'Session tags passed in claim are not in correct format.'
const malformedPrincipalTags = 'principal_tags passed in claim is not in correct format.'

function objectIn(value: unknown, complaint: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>
  throw bad(complaint)
}

function textsIn(value: unknown, complaint = malformedTags): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.every((each): each is string => typeof each === 'string')) return list
  throw bad(complaint)
}

function bad(aws: string, claim = tagsClaim): MayflyError {
  return new MayflyError('PROOF_CLAIM', {
    message: `the claim ${claim} of the token has another form than AWS takes`,
    values: { claim, aws },
    hint: 'Write principal_tags as an object of texts (or lists of one), and transitive_tag_keys as a list of keys.',
  })
}
