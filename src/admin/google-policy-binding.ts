import * as v from 'valibot'
import { MayflyError } from '../errors.ts'
import type { BindingDocument, ConditionDocument, PoolDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { bindingCondition, bindingRole } from '../registry/google-schema.ts'
import { compileMember, conditionProblem, isHashed, type Member } from '../trust/google-bindings.ts'
import { compileCondition } from '../trust/google-condition.ts'
import { messageIn, objectIn, parsed } from './google-body.ts'
import { invalidArgument } from './google-errors.ts'
import type { GoogleCall } from './google-method.ts'
import { accountKey, domainOf } from './google-service-account.ts'
import { isPurged } from './google-soft-deletion.ts'

const bindingMessage = {
  name: 'policy.bindings',
  fields: ['role', 'members', 'condition'],
  outputOnly: [],
  unsupported: [],
}
const conditionMessage = {
  name: 'policy.bindings.condition',
  fields: ['expression', 'title', 'description', 'location'],
  outputOnly: [],
  unsupported: [],
}
const membersSchema = v.optional(v.array(v.string()), [])

/** A binding of a policy that is to be set; who is `known` was looked for when they were bound. @throws REQUEST_INPUT */
export function policyBinding(value: unknown, call: GoogleCall, known: ReadonlySet<string>): BindingDocument {
  const binding = messageIn(objectIn(value, bindingMessage.name), bindingMessage)
  const role = parsed(bindingRole, binding.role)
  if (isHashed(role)) throw invalidArgument(hashed)
  const members = [...new Set(parsed(membersSchema, binding.members))]
  const compiled = members.map((each) => inGooglesWords(() => compileMember(each)))
  for (const each of compiled) if (!known.has(each.text)) checkIsThere(each, call)
  if (binding.condition === undefined) return { role, members }
  const problem = conditionProblem(role, compiled)
  if (problem) throw invalidArgument(`LintValidationUnits/BindingRoleAllowConditionCheck Error: ${problem}`)
  return { role, members, condition: conditionIn(binding.condition) }
}

const hashed =
  'Policy cannot contain both conditions and condition hashes. Please update your client to request version 3 policy. For more information, please refer to https://cloud.google.com/iam/help/allow-policies/versions.'

function conditionIn(value: unknown): ConditionDocument {
  const members = messageIn(objectIn(value, conditionMessage.name), conditionMessage)
  const given = Object.fromEntries(Object.entries(members).filter(([, each]) => each !== ''))
  const condition = parsed(bindingCondition, given)
  const prefix = 'LintValidationUnits/ConditionCompileCheck Error: '
  inGooglesWords(() => compileCondition(condition, 'condition'), prefix)
  return condition
}

function inGooglesWords<T>(compile: () => T, prefix = ''): T {
  try {
    return compile()
  } catch (error) {
    if (error instanceof MayflyError) throw invalidArgument(`${prefix}${error.message}`)
    throw error
  }
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

function isMissing(email: string, call: GoogleCall): boolean {
  return email.endsWith(`@${domainOf(call.project.projectId)}`) && !call.draft.get(accountKey(call, email))
}

/** `projects/NUMBER/locations/global/workloadIdentityPools/POOL`, deleted or not. */
function isPool(name: string, { draft, nowMs }: GoogleCall): boolean {
  const [, projectNumber = '', , , , id = ''] = name.split('/')
  const found = draft.get(keyOf('google', projectNumber, 'pool', id))?.document as PoolDocument | undefined
  return found !== undefined && !isPurged(found, nowMs)
}
