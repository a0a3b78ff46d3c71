import { shortened } from '../wire/printable.ts'
import type { AuditRecord } from './audit-record.ts'

/** Characters that a value may take: of what strangers present, more has no other use than to fill a disk. */
const longestValue = 256
/** Of what is a sentence, or was asked for: its beginning and its end say where a long value stood. */
const longestSentence = 1024
const sentences = new Set(['reason', 'hint', 'nearMiss', 'message', 'target'])
const mostValues = 20

/**
 * The record of a refusal in a size that does not follow the size of what was presented: whoever refuses a token of 20,000
 * bytes would write it down once for each condition that looked at it. What the trust says stays whole.
 */
export function boundedRecord(record: AuditRecord): AuditRecord {
  return bounded(record, '') as AuditRecord
}

function bounded(value: unknown, name: string): unknown {
  if (name === 'expected') return value
  if (typeof value === 'string') return shortened(value, sentences.has(name) ? longestSentence : longestValue)
  if (Array.isArray(value)) return boundedList(value, name)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, bounded(each, key)]))
}

/** Of texts only the first; of anything else all. */
function boundedList(list: readonly unknown[], name: string): readonly unknown[] {
  const isLong = list.length > mostValues && typeof list[0] === 'string'
  const kept = (isLong ? list.slice(0, mostValues) : list).map((each) => bounded(each, name))
  return isLong ? [...kept, `… and ${list.length - mostValues} more`] : kept
}
