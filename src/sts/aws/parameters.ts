import { MayflyError } from '../../errors.ts'
import {
  type Constraint,
  checkConstraints,
  invalid,
  type ListConstraint,
  type Parameters,
} from '../../wire/aws-parameters.ts'

/**
 * Checks the parameters of an operation of STS.
 * @throws REQUEST_PARAMETER with AWS's words for everything that is wrong
 * @throws REQUEST_UNSUPPORTED for one that this operation would have to leave out
 */
export function checkParameters(
  parameters: Parameters,
  wanted: readonly (Constraint | ListConstraint)[],
): void {
  checkConstraints(parameters, wanted)
  refuseOthers(parameters, wanted)
}

const roleArn = /^arn:aws[a-z-]{0,16}:iam::\d{12}:role\/[\x21-\x7e]+$/

/** @throws REQUEST_PARAMETER when it is no role's ARN */
export function checkRoleArn(arn: string): void {
  if (!roleArn.test(arn)) throw invalid('Request ARN is invalid')
}

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

const byLowerCase = new Set([...meaningful].map((name) => name.toLowerCase()))

function refuseOthers(parameters: Parameters, wanted: readonly (Constraint | ListConstraint)[]): void {
  for (const full of parameters.keys()) {
    const dot = full.indexOf('.')
    const name = dot < 0 ? full : full.slice(0, dot)
    if (!byLowerCase.has(name.toLowerCase())) continue
    const constraint = wanted.find((each) => each.name === name)
    if (constraint && (dot < 0 || hasField(constraint, full))) continue
    throw notSupported(full)
  }
}

/** Of a parameter that AWS takes. */
export function notSupported(parameter: string): MayflyError {
  const text = `Mayfly does not support the parameter ${parameter.slice(0, 64)} of this operation.`
  return new MayflyError('REQUEST_UNSUPPORTED', { message: text, values: { text } })
}

/** Whether `Tags.member.1.Key` is a place in a list: of what is misspelled in it AWS would know nothing. */
function hasField(constraint: Constraint | ListConstraint, full: string): boolean {
  const [, member, , ...field] = full.split('.')
  if (member !== 'member' || !('fields' in constraint)) return false
  return constraint.fields.some((each) => each.name === field.join('.'))
}
