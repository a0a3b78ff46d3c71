import { MayflyError } from '../../errors.ts'
import type { AccessBoundary } from '../../trust/google-boundary.ts'
import { compileBoundary } from '../../trust/google-boundary.ts'
import { readJsonObject } from '../../wire/json.ts'
import { bad } from './parameters.ts'

/** What Google STS can do beyond RFC 8693. */
export interface Options {
  readonly boundary?: AccessBoundary
}

/** Ten rules with long conditions stay far below. */
const longestOptions = 48 * 1024
/** A project's ID or its number: whose quota is used. Only workforce users bring it along, and it decides nothing here. */
const project = /^(?:[1-9]\d{0,18}|(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{2,28}[a-z0-9])$/

/**
 * Reads the parameter `options`: JSON, which Node and Python encode once more than their form is.
 * @see https://cloud.google.com/iam/docs/reference/sts/rest/v1/Options
 * @throws REQUEST_PARAMETER, REQUEST_UNSUPPORTED
 * @throws TRUST_POLICY for an access boundary that is none
 */
export function readOptions(text = ''): Options {
  if (text === '') return {}
  const members = text.length <= longestOptions ? readJsonObject(Buffer.from(decoded(text))) : undefined
  if (!members) throw invalid()
  const { userProject = null, accessBoundary = null, ...others } = members
  const [other] = Object.keys(others)
  if (other !== undefined) throw unsupported(other)
  if (userProject !== null && !(typeof userProject === 'string' && project.test(userProject))) throw invalid()
  return accessBoundary === null ? {} : { boundary: compileBoundary(accessBoundary).document }
}

function decoded(text: string): string {
  try {
    return text.startsWith('%') ? decodeURIComponent(text.replaceAll('+', ' ')) : text
  } catch {
    throw invalid()
  }
}

const invalid = () => bad('Invalid value for "options".')

function unsupported(name: string): MayflyError {
  const text = `Mayfly does not support options.${name.slice(0, 64)}.`
  return new MayflyError('REQUEST_UNSUPPORTED', { message: text, values: { text } })
}
