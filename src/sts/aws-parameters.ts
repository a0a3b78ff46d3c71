import { MayflyError } from '../errors.ts'

/** What the STS model says of one parameter (botocore `sts/2011-06-15/service-2.json`). */
interface Constraint {
  /** As the API has it: `RoleSessionName`. */
  readonly name: string
  readonly required?: true
  readonly length?: readonly [min: number, max: number]
  readonly pattern?: { readonly source: string; readonly test: RegExp }
  /** A whole number in this range. */
  readonly range?: readonly [min: number, max: number]
  /** Its value is never repeated in a message. */
  readonly secret?: true
}

const sessionName = { source: '[\\w+=,.@-]*', test: /^[\w+=,.@-]*$/ }
const externalId = { source: '[\\w+=,.@:\\/-]*', test: /^[\w+=,.@:/-]*$/ }

export const constraints = {
  roleArn: { name: 'RoleArn', required: true, length: [20, 2048] },
  sessionName: { name: 'RoleSessionName', required: true, length: [2, 64], pattern: sessionName },
  token: { name: 'WebIdentityToken', required: true, length: [4, 20_000], secret: true },
  durationSeconds: { name: 'DurationSeconds', range: [900, 43_200] },
  externalId: { name: 'ExternalId', length: [2, 1224], pattern: externalId },
} as const satisfies Record<string, Constraint>

/** Decoded parameters, by name. */
export type Parameters = ReadonlyMap<string, string>

/**
 * Checks parameters as AWS does, all of them before it answers.
 * @throws REQUEST_PARAMETER with AWS's words for everything that is wrong
 */
export function checkParameters(parameters: Parameters, wanted: readonly Constraint[]): void {
  if (wanted.every((each) => satisfies(each, parameters.get(each.name)))) return
  const failures = wanted.flatMap((each) => violations(each, parameters.get(each.name)))
  if (failures.length === 0) return
  const count = `${failures.length} validation error${failures.length > 1 ? 's' : ''} detected`
  throw invalid(`${count}: ${failures.join('; ')}`)
}

/** What nearly every request does, without a word about it. */
function satisfies({ required, length, pattern, range }: Constraint, value: string | undefined): boolean {
  if (value === undefined) return !required
  if (length && (value.length < length[0] || value.length > length[1])) return false
  return !range && (!pattern || pattern.test.test(value))
}

function violations(constraint: Constraint, value: string | undefined): string[] {
  const { name, required, length, pattern, range, secret } = constraint
  const member = name[0]!.toLowerCase() + name.slice(1)
  const shown = value === undefined || secret ? '' : `'${value.slice(0, 256)}' `
  const violated = (what: string) =>
    `Value ${shown}at '${member}' failed to satisfy constraint: Member must ${what}`
  if (value === undefined) return required ? [violated('not be null')] : []
  return [
    ...(pattern && !pattern.test.test(value)
      ? [violated(`satisfy regular expression pattern: ${pattern.source}`)]
      : []),
    ...(length ? outside(value.length, length, 'have length').map(violated) : []),
    ...(range ? outside(wholeNumber(value, member), range, 'have value').map(violated) : []),
  ]
}

function outside(value: number, [min, max]: readonly [number, number], verb: string): string[] {
  if (value < min) return [`${verb} greater than or equal to ${min}`]
  return value > max ? [`${verb} less than or equal to ${max}`] : []
}

function wholeNumber(text: string, member: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw invalid(`Value '${text.slice(0, 256)}' at '${member}' is not an integer`)
}

const roleArn = /^arn:aws[a-z-]{0,16}:iam::\d{12}:role\/[\x21-\x7e]+$/

/** @throws REQUEST_PARAMETER when it is no role's ARN */
export function checkRoleArn(arn: string): void {
  if (!roleArn.test(arn)) throw invalid('Request ARN is invalid')
}

export function invalid(text: string): MayflyError {
  return new MayflyError('REQUEST_PARAMETER', { message: text, values: { text } })
}
