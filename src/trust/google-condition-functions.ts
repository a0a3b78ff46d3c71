import {
  type CelFunc,
  CelScalar,
  type CelValue,
  celFunc,
  celMethod,
  listType,
  objectType,
} from '@bufbuild/cel'
import { TimestampSchema, timestampFromMs } from '@bufbuild/protobuf/wkt'
import { readRfc3339 } from '../wire/rfc3339.ts'
import { spend } from './cel-steps.ts'

const { STRING, BOOL, DYN } = CelScalar
const LIST = listType(DYN)

/**
 * What conditions of IAM have beside CEL's own functions and those of Google's other expressions.
 * @see https://cloud.google.com/iam/docs/conditions-attribute-reference
 */
export const conditionFunctions: CelFunc[] = [
  celFunc('date', [STRING], objectType(TimestampSchema), (text) => timestampFromMs(midnight(text))),
  celMethod('hasOnly', LIST, [LIST], BOOL, function (items) {
    spend(this.size * items.size)
    const only: readonly CelValue[] = [...items]
    return [...this].every((each) => only.includes(each))
  }),
]

/** In UTC. */
function midnight(text: string): number {
  const time = /^[\d-]{10}$/.test(text) ? readRfc3339(`${text}T00:00:00Z`) : undefined
  if (time !== undefined) return time
  throw new Error(`date takes a day as YYYY-MM-DD, not ${JSON.stringify(text.slice(0, 32))}`)
}
