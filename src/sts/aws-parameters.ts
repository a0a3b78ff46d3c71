import { MayflyError } from '../errors.ts'
import type { Constraint, ListConstraint } from './aws-constraints.ts'

/** Decoded parameters, by name. */
export type Parameters = ReadonlyMap<string, string>

/**
 * Checks parameters as AWS does, all of them before it answers.
 * @throws REQUEST_PARAMETER with AWS's words for everything that is wrong
 * @throws REQUEST_UNSUPPORTED for one that this operation would have to leave out
 */
export function checkParameters(
  parameters: Parameters,
  wanted: readonly (Constraint | ListConstraint)[],
): void {
  const listed = hasMembers(parameters)
  if (!wanted.every((each) => satisfies(each, parameters, listed))) {
    const failures = wanted.flatMap((each) => violations(each, parameters))
    if (failures.length > 0) throw invalid(`${counted(failures.length)}: ${failures.join('; ')}`)
  }
  refuseOthers(parameters, wanted)
}

/** The members of a list parameter in their order, each with its fields; `''` is a member that is a text. */
export function membersOf(parameters: Parameters, list: string): ReadonlyMap<string, string>[] {
  const members: Map<string, string>[] = []
  const prefix = `${list}.member.`
  for (const [name, value] of parameters) {
    if (!name.startsWith(prefix)) continue
    const [, index = '', field = ''] = /^([1-9]\d{0,2})(?:\.(.+))?$/.exec(name.slice(prefix.length)) ?? []
    if (index === '') throw invalid(`${name.slice(0, 64)} is not a member of ${list}`)
    members[Number(index)] = (members[Number(index)] ?? new Map<string, string>()).set(field, value)
  }
  // Numbers may be left out: the rest keep their order.
  return members.filter((each) => each !== undefined)
}

export function invalid(text: string): MayflyError {
  return new MayflyError('REQUEST_PARAMETER', { message: text, values: { text } })
}

const roleArn = /^arn:aws[a-z-]{0,16}:iam::\d{12}:role\/[\x21-\x7e]+$/

/** @throws REQUEST_PARAMETER when it is no role's ARN */
export function checkRoleArn(arn: string): void {
  if (!roleArn.test(arn)) throw invalid('Request ARN is invalid')
}

// ── what nearly every request does, without a word about it ────────────────────────────────────────────

function hasMembers(parameters: Parameters): boolean {
  for (const name of parameters.keys()) if (name.includes('.')) return true
  return false
}

function satisfies(wanted: Constraint | ListConstraint, parameters: Parameters, listed: boolean): boolean {
  if ('items' in wanted) return !listed && !wanted.required
  const { name, required, length, pattern, range, words } = wanted
  const value = parameters.get(name)
  if (value === undefined) return !required
  if (length && (value.length < length[0] || value.length > length[1])) return false
  return !range && !words && (!pattern || pattern.test.test(value))
}

// ── what is wrong, in the words of AWS ─────────────────────────────────────────────────────────────────

function counted(failures: number): string {
  return `${failures} validation error${failures > 1 ? 's' : ''} detected`
}

function violations(wanted: Constraint | ListConstraint, parameters: Parameters): string[] {
  if ('items' in wanted) return listViolations(wanted, parameters)
  return valueViolations(wanted, parameters.get(wanted.name), memberName(wanted.name))
}

function valueViolations(constraint: Constraint, value: string | undefined, member: string): string[] {
  const shown = value === undefined || constraint.secret ? '' : `'${value.slice(0, 256)}' `
  return demandsOn(constraint, value, member).map((demand) => failed(shown, member, demand))
}

function listViolations(list: ListConstraint, parameters: Parameters): string[] {
  const member = memberName(list.name)
  if (parameters.get(list.name))
    throw invalid(`${list.name} is a list: its members are ${list.name}.member.N`)
  const members = membersOf(parameters, list.name)
  if (members.length === 0 && list.required) return [failed('', member, 'Member must not be null')]
  const [only] = list.fields
  const texts = only?.name === '' ? members.map((each) => each.get('')) : undefined
  const shown = `'[${texts?.join(', ').slice(0, 256) ?? ''}]' `
  const count = members.length === 0 ? [] : outside(members.length, list.items, 'have length')
  return [
    ...count.map((demand) => failed(shown, member, demand)),
    ...(texts ? textViolations(only!, texts, shown, member) : fieldViolations(list, members, member)),
  ]
}

/** Of members that are texts AWS tells what a member has to be, and shows the list. */
function textViolations(
  each: Constraint,
  texts: readonly (string | undefined)[],
  shown: string,
  member: string,
) {
  const demands = new Set(texts.flatMap((text) => demandsOn(each, text, member)))
  if (demands.size === 0) return []
  return [failed(shown, member, `Member must satisfy constraint: [${[...demands].join(', ')}]`)]
}

function fieldViolations(
  { fields }: ListConstraint,
  members: readonly ReadonlyMap<string, string>[],
  member: string,
) {
  return members.flatMap((each, i) =>
    fields.flatMap((field) =>
      valueViolations(field, each.get(field.name), `${member}.${i + 1}.member.${memberName(field.name)}`),
    ),
  )
}

function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function failed(shown: string, member: string, demand: string): string {
  return `Value ${shown}at '${member}' failed to satisfy constraint: ${demand}`
}

/** What a value has to be and is not. */
function demandsOn(constraint: Constraint, value: string | undefined, member: string): string[] {
  const { required, length, pattern, range, words } = constraint
  if (value === undefined) return required ? ['Member must not be null'] : []
  return [
    ...(pattern && !pattern.test.test(value)
      ? [`Member must satisfy regular expression pattern: ${pattern.source}`]
      : []),
    ...(length ? outside(value.length, length, 'have length') : []),
    ...(range ? outside(wholeNumber(value, member), range, 'have value') : []),
    ...(words && !words.includes(value) ? [`Member must satisfy enum value set: [${words.join(', ')}]`] : []),
  ]
}

function outside(value: number, [min, max]: readonly [number, number], verb: string): string[] {
  if (value < min) return [`Member must ${verb} greater than or equal to ${min}`]
  return value > max ? [`Member must ${verb} less than or equal to ${max}`] : []
}

function wholeNumber(text: string, member: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw invalid(`Value '${text.slice(0, 256)}' at '${member}' is not an integer`)
}

// ── what would be left out ─────────────────────────────────────────────────────────────────────────────

/** Parameters that narrow or mark a session: without them it would be another than was asked for. */
const meaningful = new Set([
  'Policy',
  'PolicyArns',
  'Tags',
  'TransitiveTagKeys',
  'SourceIdentity',
  'ProvidedContexts',
  'SerialNumber',
  'TokenCode',
  'ProviderId',
  'MinimumSessionTokenSize',
])

function refuseOthers(parameters: Parameters, wanted: readonly { readonly name: string }[]): void {
  for (const full of parameters.keys()) {
    const dot = full.indexOf('.')
    const name = dot < 0 ? full : full.slice(0, dot)
    if (!meaningful.has(name) || wanted.some((each) => each.name === name)) continue
    const text = `Mayfly does not support the parameter ${full.slice(0, 64)} of this operation.`
    throw new MayflyError('REQUEST_UNSUPPORTED', { message: text, values: { text } })
  }
}
