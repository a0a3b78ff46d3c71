import type { Faults } from './faults.ts'

/** Something that is replaced now and then; what replaces it may take a while to count. */
export interface InForce<Value> {
  current(): Value
  take(value: Value): void
}

/** Counts at once, unless faults delay it. */
export function inForce<Value>(first: Value, faults: Faults | undefined): InForce<Value> {
  let current = first
  let coming: readonly { readonly value: Value; readonly sinceMs: number }[] = []
  return {
    current() {
      if (!faults || coming.length === 0) return current
      const dueMs = faults.now() - faults.propagationMs()
      const due = coming.filter(({ sinceMs }) => sinceMs <= dueMs)
      coming = coming.slice(due.length)
      current = due.at(-1)?.value ?? current
      return current
    },
    take(value) {
      if (faults) coming = [...coming, { value, sinceMs: faults.now() }]
      else current = value
    },
  }
}
