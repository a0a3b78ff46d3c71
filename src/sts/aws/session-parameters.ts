import { MayflyError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import { membersOf, type Parameters } from '../../wire/aws-parameters.ts'
import type { MfaCode, SessionPolicies, SessionTag } from '../ask.ts'
import { conflict, folded } from './session-marks.ts'

/** `Policy` and `PolicyArns`, checked before. */
export function sessionPolicyParameters(parameters: Parameters): SessionPolicies {
  const policy = parameters.get('Policy')
  const policyArns = membersOf(parameters, 'PolicyArns').flatMap((each) => each.get('arn') ?? [])
  return { ...(policy !== undefined && { policy }), ...(policyArns.length > 0 && { policyArns }) }
}

/** `MinimumSessionTokenSize`, checked before. */
export function tokenSizeParameter(parameters: Parameters): { readonly minimumTokenSize?: number } {
  const size = parameters.get('MinimumSessionTokenSize')
  return size === undefined ? {} : { minimumTokenSize: Number(size) }
}

/**
 * `Tags` and `TransitiveTagKeys`, checked before.
 * @throws REQUEST_TAGS when a key is there twice or is reserved, or a transitive key names no tag
 */
export function tagParameters(parameters: Parameters): { readonly tags?: readonly SessionTag[] } {
  const tags = membersOf(parameters, 'Tags').map((each) => ({
    key: each.get('Key')!,
    value: each.get('Value')!,
  }))
  const transitive = membersOf(parameters, 'TransitiveTagKeys').map((each) => each.get('')!)
  return tags.length + transitive.length === 0 ? {} : { tags: sessionTags(tags, transitive) }
}

/**
 * `SerialNumber` and `TokenCode`, checked before.
 * @throws REQUEST_MFA when one is there without the other
 */
export function mfaParameters(parameters: Parameters): { readonly mfa?: MfaCode } {
  const serialNumber = parameters.get('SerialNumber')
  const tokenCode = parameters.get('TokenCode')
  if (serialNumber === undefined && tokenCode === undefined) return {}
  if (serialNumber === undefined || tokenCode === undefined) throw halfOfMfa()
  return { mfa: { serialNumber, tokenCode: new Secret(tokenCode) } }
}

function halfOfMfa(): MayflyError {
  const text = 'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.'
  return new MayflyError('REQUEST_MFA', { message: text, values: { text } })
}

/**
 * Tags of a session, of which some are transitive.
 * @throws REQUEST_TAGS
 */
export function sessionTags(
  tags: readonly SessionTag[],
  transitiveKeys: readonly string[],
): readonly SessionTag[] {
  const keys = new Set(tags.map(folded))
  if (keys.size < tags.length)
    throw conflict('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if ([...keys].some((key) => key.startsWith('aws:')))
    throw conflict('Tag keys that begin with aws: are reserved for AWS.')
  const transitive = new Set(transitiveKeys.map((key) => folded({ key })))
  if ([...transitive].some((key) => !keys.has(key)))
    throw conflict('The specified transitive tag key must be included in the requested tags.')
  return tags.map((tag) => (transitive.has(folded(tag)) ? { ...tag, transitive: true } : tag))
}
