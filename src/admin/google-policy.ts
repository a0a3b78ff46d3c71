import { hash } from 'node:crypto'
import * as v from 'valibot'
import type { BindingDocument, ConditionDocument } from '../registry/documents.ts'
import { messageIn, objectIn, parsed } from './google-body.ts'
import { aborted, invalidArgument, unsupported } from './google-errors.ts'
import type { GoogleCall, Members } from './google-method.ts'
import { policyBinding } from './google-policy-binding.ts'

/** Of all bindings together. */
const mostMembers = 1500
/** Under so many conditions a member may have one role. @see https://cloud.google.com/iam/quotas */
const mostConditions = 20

const setRequest = {
  name: 'set_iam_policy_request',
  fields: ['policy', 'updateMask'],
  outputOnly: [],
  unsupported: [],
}
const policyMessage = {
  name: 'policy',
  fields: ['bindings', 'etag', 'version'],
  outputOnly: [],
  unsupported: ['auditConfigs'],
}

/**
 * A policy as it is shown to whoever asks for it in some version: a condition is left out in those before 3, and its
 * role has a hash then, so that nobody takes it for one without.
 * @see https://cloud.google.com/iam/docs/troubleshooting-withcond
 */
export function shownPolicy(bindings: readonly BindingDocument[], version: number): Members {
  const shown = version === 3 ? bindings : bindings.map(withoutCondition)
  return {
    version: shown.some(({ condition }) => condition) ? 3 : 1,
    etag: etagOf(bindings),
    ...(bindings.length > 0 && { bindings: shown }),
  }
}

function withoutCondition({ role, members, condition }: BindingDocument): BindingDocument {
  return condition ? { role: `${role}_withcond_${hashOf(condition)}`, members } : { role, members }
}

function hashOf(condition: ConditionDocument): string {
  return hash('sha256', JSON.stringify(condition)).slice(0, 20)
}

/** The version in which a caller wants to have it. @throws REQUEST_INPUT */
export function requestedVersion({ query, body }: GoogleCall): number {
  const inBody = objectIn(body.options, 'options').requestedPolicyVersion
  return versionIn(query.get('options.requestedPolicyVersion') ?? inBody)
}

/**
 * The bindings that a call sets in place of the current ones.
 * @throws REQUEST_INPUT, REQUEST_UNSUPPORTED, REGISTRY_CONFLICT where its etag is not the current one
 */
export function givenBindings(call: GoogleCall, current: readonly BindingDocument[]): BindingDocument[] {
  const { policy: given, updateMask = 'bindings' } = messageIn(call.body, setRequest)
  if (!String(updateMask).split(',').includes('bindings'))
    throw unsupported('an update mask without bindings')
  const policy = messageIn(given, policyMessage)
  const version = versionIn(policy.version)
  checkEtag(policy, current)
  const bindings = bindingsIn(policy.bindings ?? [], call, current)
  checkVersion(version, { bindings, current, blind: !policy.etag })
  return bindings
}

function versionIn(given: unknown = 0): number {
  const version = Number(given)
  if ([0, 1, 3].includes(version)) return version
  throw invalidArgument(`Invalid policy version: ${String(given).slice(0, 16)}.`)
}

interface Setting {
  readonly bindings: readonly BindingDocument[]
  readonly current: readonly BindingDocument[]
  /** Without an etag, a policy overwrites what is there, conditions and all. */
  readonly blind: boolean
}

const isConditional = (bindings: readonly BindingDocument[]) => bindings.some(({ condition }) => condition)

/** @see https://cloud.google.com/iam/docs/reference/rest/v1/Policy "version" */
function checkVersion(version: number, { bindings, current, blind }: Setting): void {
  if (version === 3) return
  if (isConditional(bindings))
    throw invalidArgument(`Specified policy version (${version}) must be at least 3`)
  if (isConditional(current) && !blind)
    throw invalidArgument(
      `Specified policy version (${version}) cannot be less than the existing policy version (3). For more information, please refer to https://cloud.google.com/iam/docs/policies#versions`,
    )
}

/** It follows from what the policy says: a change of what it is of is none of the policy. */
function etagOf(bindings: readonly BindingDocument[]): string {
  if (bindings.length === 0) return 'ACAB'
  return Buffer.from(hash('sha256', JSON.stringify(bindings), 'buffer').subarray(0, 8)).toString('base64')
}

function checkEtag({ etag = '' }: Members, bindings: readonly BindingDocument[]): void {
  const current = etagOf(bindings)
  // Either alphabet of base64 is one of Google's JSON.
  const given = String(etag).replaceAll('-', '+').replaceAll('_', '/')
  if (given !== '' && given !== current)
    throw aborted(
      `There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. The request's ETag '${given.slice(0, 64)}' did not match the current policy's ETag '${current}'.`,
    )
}

function bindingsIn(
  value: unknown,
  call: GoogleCall,
  current: readonly BindingDocument[],
): BindingDocument[] {
  const known = new Set(current.flatMap(({ members }) => members))
  const bindings = parsed(v.array(v.unknown()), value)
    .map((each) => policyBinding(each, call, known))
    .filter(({ members }) => members.length > 0)
  const count = bindings.reduce((sum, { members }) => sum + members.length, 0)
  if (count > mostMembers) throw invalidArgument(`A policy has at most ${mostMembers} members.`)
  checkConditions(bindings)
  return bindings
}

function checkConditions(bindings: readonly BindingDocument[]): void {
  const grants = bindings.flatMap(({ role, members, condition }) =>
    condition ? members.map((member) => `${role} ${member}`) : [],
  )
  for (const alike of Map.groupBy(grants, (each) => each).values())
    if (alike.length > mostConditions)
      throw invalidArgument(`A member has one role under at most ${mostConditions} conditions.`)
}

/** The roles that somebody got or lost between two policies. */
export function modifiedRoles(
  before: readonly BindingDocument[],
  after: readonly BindingDocument[],
): readonly string[] {
  const grants = (bindings: readonly BindingDocument[]) =>
    new Map(
      bindings.flatMap(({ role, members, condition }) =>
        members.map((member) => [JSON.stringify([role, member, condition]), role] as const),
      ),
    )
  const [old, now] = [grants(before), grants(after)]
  const changed = [...old, ...now].filter(([grant]) => !old.has(grant) || !now.has(grant))
  return [...new Set(changed.map(([, role]) => role))]
}
