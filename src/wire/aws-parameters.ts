import { MayflyError } from '../errors.ts'

// Parameters of the AWS Query protocol, and what AWS says of those that its models do not take.

/** Decoded parameters, by name. */
export type Parameters = ReadonlyMap<string, string>

/** What a service's model says of one parameter. */
export interface Constraint {
  /** As the API has it: `RoleSessionName`. */
  readonly name: string
  readonly required?: true
  readonly length?: readonly [min: number, max: number]
  readonly pattern?: Pattern
  /** A whole number in this range. */
  readonly range?: readonly [min: number, max: number]
  /** One of these words. */
  readonly words?: readonly string[]
  /** Its value is never repeated in a message. */
  readonly secret?: true
}

/** A list: `Tags.member.1.Key` is a field of its first member, `Audience.member.1` a member that is a text. */
export interface ListConstraint {
  readonly name: string
  readonly required?: true
  readonly items: readonly [min: number, max: number]
  /** What a member has; `''` is the member itself. */
  readonly fields: readonly Constraint[]
}

export interface Pattern {
  /** As AWS writes it. */
  readonly source: string
  readonly test: RegExp
  /** What a value must be, where the service says so in a sentence of its own, once all else is right. */
  readonly sentence?: string
}

/**
 * Checks parameters as AWS does, all of them before it answers.
 * @throws REQUEST_PARAMETER with AWS's words for everything that is wrong
 */
export function checkConstraints(
  parameters: Parameters,
  wanted: readonly (Constraint | ListConstraint)[],
): void {
  const listed = hasMembers(parameters)
  if (wanted.every((each) => satisfies(each, parameters, listed))) return
  const failures = wanted.flatMap((each) => violations(each, parameters))
  if (failures.length > 0) throw invalid(`${counted(failures.length)}: ${failures.join('; ')}`)
  for (const each of wanted) if (!('items' in each)) checkSentence(each, parameters.get(each.name))
}

function checkSentence({ name, pattern }: Constraint, value: string | undefined): void {
  if (value === undefined || !pattern?.sentence || pattern.test.test(value)) return
  throw invalid(`The specified value for ${memberName(name)} is invalid. ${pattern.sentence}`)
}

/** Those that are wanted: AWS takes no notice of others. */
export function wantedOf(
  parameters: Parameters,
  wanted: readonly (Constraint | ListConstraint)[],
): Parameters {
  const names = new Set(wanted.map(({ name }) => name))
  return new Map([...parameters].filter(([full]) => names.has(full.split('.', 1)[0]!)))
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
  // A number with nothing but fields of another form is a member that is none.
  const demands = new Set(texts.flatMap((text) => demandsOn({ ...each, required: true }, text, member)))
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
    ...(pattern && !pattern.sentence && !pattern.test.test(value)
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
