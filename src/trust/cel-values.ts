import { type CelInput, type CelResult, type CelValue, celMap, isCelError, isCelList } from '@bufbuild/cel'
import { isMessage } from '@bufbuild/protobuf'
import { isReflectMessage } from '@bufbuild/protobuf/reflect'
import { TimestampSchema, timestampMs } from '@bufbuild/protobuf/wkt'

/** It bounds the stack of whoever walks a value. */
const depthLimit = 64

/**
 * JSON as CEL sees it: every number a double, a null member present.
 * @throws Error when it nests too deep
 */
export function celOf(json: unknown, depth = 0): CelInput {
  if (depth > depthLimit) throw new Error(`the assertion nests over ${depthLimit} deep`)
  if (Array.isArray(json)) return json.map((each) => celOf(each, depth + 1))
  if (typeof json !== 'object' || json === null) return json as CelInput
  const members = new Map(Object.entries(json).map(([name, each]) => [name, celOf(each, depth + 1)]))
  const map = celMap(members)
  const get = map.get.bind(map)
  return Object.assign(map, {
    // The library's own takes a member that is null for absent: `!has(assertion.x)` would hold.
    has: (name: unknown) => members.has(name as string),
    // And it looks through all members for a number.
    get: (name: CelValue) => (typeof name === 'string' ? get(name) : undefined),
  })
}

/** A value as an explanation shows it. */
export function shown(result: CelResult): string | string[] | undefined {
  if (isCelError(result)) return undefined
  if (isCelList(result)) return [...result].slice(0, 100).map(word)
  return word(result)
}

function word(value: CelValue): string {
  if (isReflectMessage(value) && isMessage(value.message, TimestampSchema))
    return new Date(timestampMs(value.message)).toISOString()
  if (value === null || typeof value !== 'object') return String(value)
  return value instanceof Uint8Array ? '(bytes)' : '(an object)'
}
