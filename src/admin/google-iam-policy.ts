import { hash } from 'node:crypto'
import * as v from 'valibot'
import { MayflyError } from '../errors.ts'
import type { BindingDocument, PoolDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { bindingRole } from '../registry/google-schema.ts'
import { compileMember, type Member } from '../trust/google-bindings.ts'
import { messageIn, objectIn, parsed } from './google-body.ts'
import { aborted, invalidArgument, unsupported } from './google-errors.ts'
import type { GoogleCall, GoogleMethod, GoogleMethods, Members } from './google-method.ts'
import { accountKey, accountOf, domainOf, putAccount } from './google-service-account.ts'
import { isPurged } from './google-soft-deletion.ts'

/** Of all bindings together. */
const mostMembers = 1500
const mostPermissions = 100

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
const bindingMessage = {
  name: 'policy.bindings',
  fields: ['role', 'members', 'condition'],
  outputOnly: [],
  unsupported: [],
}

const getPolicy: GoogleMethod = {
  permission: 'iam.serviceAccounts.getIamPolicy',
  run: (call) => shownPolicy(accountOf(call).bindings),
}

const setPolicy: GoogleMethod = {
  permission: 'iam.serviceAccounts.setIamPolicy',
  run(call) {
    const account = accountOf(call)
    const { policy: given, updateMask = 'bindings' } = messageIn(call.body, setRequest)
    if (!String(updateMask).split(',').includes('bindings'))
      throw unsupported('an update mask without bindings')
    const policy = messageIn(given, policyMessage)
    checkVersion(policy)
    checkEtag(policy, account.bindings)
    const bindings = bindingsIn(policy.bindings ?? [], call)
    putAccount(call, { ...account, bindings })
    return shownPolicy(bindings)
  },
}

const testPermissions: GoogleMethod = {
  run(call) {
    const permissions = parsed(v.optional(v.array(v.string()), []), call.body.permissions)
    if (permissions.length > mostPermissions || permissions.some((each) => each.includes('*')))
      throw invalidArgument(`At most ${mostPermissions} permissions can be tested, without wildcards.`)
    const held = permissions.filter((each) => call.holds(each))
    return { ...(held.length > 0 && { permissions: held }) }
  },
}

/** @see https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/setIamPolicy */
export const iamPolicies: GoogleMethods = {
  'serviceAccounts.getIamPolicy': getPolicy,
  'serviceAccounts.setIamPolicy': setPolicy,
  'serviceAccounts.testIamPermissions': testPermissions,
}

/** No condition is ever among them, so the version that was asked for makes no difference. */
function shownPolicy(bindings: readonly BindingDocument[]): Members {
  return { version: 1, etag: etagOf(bindings), ...(bindings.length > 0 && { bindings }) }
}

/** It follows from what the policy says: a change of the account besides is none of the policy. */
function etagOf(bindings: readonly BindingDocument[]): string {
  if (bindings.length === 0) return 'ACAB'
  return Buffer.from(hash('sha256', JSON.stringify(bindings), 'buffer').subarray(0, 8)).toString('base64')
}

function checkVersion({ version = 0 }: Members): void {
  if (![0, 1, 3].includes(Number(version)))
    throw invalidArgument(`Invalid policy version: ${String(version).slice(0, 16)}.`)
}

/** Without an etag, a policy overwrites what is there. */
function checkEtag({ etag = '' }: Members, bindings: readonly BindingDocument[]): void {
  const current = etagOf(bindings)
  // Either alphabet of base64 is one of Google's JSON.
  const given = String(etag).replaceAll('-', '+').replaceAll('_', '/')
  if (given !== '' && given !== current)
    throw aborted(
      `There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. The request's ETag '${given.slice(0, 64)}' did not match the current policy's ETag '${current}'.`,
    )
}

function bindingsIn(value: unknown, call: GoogleCall): BindingDocument[] {
  const bindings = parsed(v.array(v.unknown()), value)
    .map((each) => bindingIn(each, call))
    .filter(({ members }) => members.length > 0)
  const count = bindings.reduce((sum, { members }) => sum + members.length, 0)
  if (count > mostMembers) throw invalidArgument(`A policy has at most ${mostMembers} members.`)
  return bindings
}

const membersSchema = v.optional(v.array(v.string()), [])

function bindingIn(value: unknown, call: GoogleCall): BindingDocument {
  const { role, members, condition } = messageIn(objectIn(value, bindingMessage.name), bindingMessage)
  if (condition !== undefined) throw unsupported('conditions on bindings')
  const given = [...new Set(parsed(membersSchema, members))]
  for (const each of given) checkIsThere(compiled(each), call)
  return { role: parsed(bindingRole, role), members: given }
}

/** A pool, and an account of this project; of others' accounts nothing is known. */
function checkIsThere(member: Member, call: GoogleCall): void {
  if (member.kind === 'service-account' && isMissing(member.email, call))
    throw invalidArgument(`Service account ${member.email} does not exist.`)
  if ('pool' in member && !isPool(member.pool, call))
    throw invalidArgument(
      `Identity Pool does not exist (${member.pool}). Please check that you specified a valid resource name as returned in the \`name\` attribute in the configuration API.`,
    )
}

function compiled(text: string) {
  try {
    return compileMember(text)
  } catch (error) {
    if (error instanceof MayflyError) throw invalidArgument(error.message)
    throw error
  }
}

function isMissing(email: string, call: GoogleCall): boolean {
  return email.endsWith(`@${domainOf(call.project.projectId)}`) && !call.draft.get(accountKey(call, email))
}

/** `projects/NUMBER/locations/global/workloadIdentityPools/POOL`, deleted or not. */
function isPool(name: string, { draft, nowMs }: GoogleCall): boolean {
  const [, projectNumber = '', , , , id = ''] = name.split('/')
  const found = draft.get(keyOf('google', projectNumber, 'pool', id))?.document as PoolDocument | undefined
  return found !== undefined && !isPurged(found, nowMs)
}
