import { MayflyError } from '../../errors.ts'
import { parseForm } from '../../wire/form.ts'
import { readJsonObject } from '../../wire/json.ts'
import type { StsRequest } from '../ask.ts'
import { headerOf } from '../request.ts'

/** Of Google STS, by their names in RFC 8693 and RFC 7662. */
export type Parameters = ReadonlyMap<string, string>

/** From a form, or from JSON with the same names in camelCase. @throws REQUEST_PARAMETER */
export function parametersOf(request: StsRequest): Parameters {
  const json = headerOf(request, 'content-type')?.toLowerCase().startsWith('application/json')
  return json ? jsonParameters(request.body) : parseForm(request.body)
}

function jsonParameters(body: string): Parameters {
  const members = readJsonObject(Buffer.from(body))
  if (!members) throw bad('Invalid JSON payload received.')
  const parameters = new Map<string, string>()
  for (const [name, value] of Object.entries(members)) {
    if (value === null) continue
    if (typeof value !== 'string') throw bad(`Invalid value for "${name.slice(0, 64)}".`)
    const rfcName = name.replace(/[A-Z]/g, (upper) => `_${upper.toLowerCase()}`)
    if (parameters.has(rfcName)) throw bad(`Invalid value for "${name.slice(0, 64)}".`)
    parameters.set(rfcName, value)
  }
  return parameters
}

/** @throws REQUEST_PARAMETER */
export function demanded(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value) return value
  throw bad(`Missing required parameter: ${name}`)
}

/** A request that Google would refuse; the words are not recorded, save those of `audience`. */
export function bad(text: string): MayflyError {
  return new MayflyError('REQUEST_PARAMETER', { message: text, values: { text } })
}
