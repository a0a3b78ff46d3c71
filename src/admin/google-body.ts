import type * as v from 'valibot'
import { safeParse } from 'valibot'
import { pathText } from '../wire/placed-document.ts'
import { schemaProblems } from '../wire/schema-problems.ts'
import { invalidArgument, unsupported } from './google-errors.ts'
import type { Members } from './google-method.ts'

/** Which members a message of Google's has. */
export interface Message {
  /** As errors call it. */
  readonly name: string
  readonly fields: readonly string[]
  /** A client may send back as it got them; they are not for it to say. */
  readonly outputOnly: readonly string[]
  /** Google has them. */
  readonly unsupported: readonly string[]
}

/**
 * What a body says: null says nothing.
 * @throws REQUEST_INPUT for what Google does not know either, REQUEST_UNSUPPORTED
 */
export function messageIn(
  body: unknown,
  { name, fields, outputOnly, unsupported: others }: Message,
): Members {
  const members = Object.entries(objectIn(body, name)).filter(([, value]) => value !== null)
  const given = members.filter(([member]) => !outputOnly.includes(member))
  for (const [member] of given) {
    if (others.includes(member)) throw unsupported(`${member} of a ${name.replaceAll('_', ' ')}`)
    if (!fields.includes(member))
      throw invalidArgument(
        `Invalid JSON payload received. Unknown name "${member.slice(0, 64)}" at '${name}': Cannot find field.`,
      )
  }
  return Object.fromEntries(given)
}

/** An absent object is an empty one, as in every message of Google's. @throws REQUEST_INPUT */
export function objectIn(value: unknown, name: string): Members {
  if (value === undefined || value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Members
  throw invalidArgument(`Invalid value at '${name}'`)
}

/** @throws REQUEST_INPUT with the first thing that is wrong */
export function parsed<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const result = safeParse(schema, value)
  if (result.success) return result.output
  const [first] = schemaProblems(result.issues)
  throw invalidArgument(first ? `${pathText(first.path)}: ${first.why}` : 'The value is not valid.')
}
