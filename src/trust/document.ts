import { MayflyError } from '../errors.ts'

// Reading a document that somebody wrote: every refusal names the place in it and what was expected there.

/**
 * Refuses what stands at a place.
 * @throws TRUST_POLICY with `path`, `found` and `expected` among its values
 */
export function refuse(path: string, found: unknown, expected: string, hint?: string): never {
  const shown = describe(found)
  throw new MayflyError('TRUST_POLICY', {
    message: `${path} is ${shown}, expected ${expected}`,
    values: { path, found: shown, expected },
    ...(hint && { hint }),
  })
}

/** @throws TRUST_POLICY */
export function objectAt(value: unknown, path: string, expected = 'an object'): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, value, expected)
  return value as Record<string, unknown>
}

/** @throws TRUST_POLICY */
export function stringAt(value: unknown, path: string, expected = 'a string'): string {
  return typeof value === 'string' ? value : refuse(path, value, expected)
}

/** A string or a list of strings, as a list with the place of each. @throws TRUST_POLICY */
export function stringsAt(
  value: unknown,
  path: string,
  expected = 'a string or a list of strings',
): { readonly text: string; readonly path: string }[] {
  if (!Array.isArray(value)) return [{ text: stringAt(value, path, expected), path }]
  return value.map((each, i) => ({ text: stringAt(each, `${path}[${i}]`), path: `${path}[${i}]` }))
}

/** A member's place. */
export function memberAt(path: string, name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}

/** Of the known names, the one that was probably meant: a slip of case, or of two letters. */
export function meant(name: string, known: Iterable<string>): string | undefined {
  if (name.length > 64) return undefined
  const near = [...known].map((each) => ({ each, slips: distance(name.toLowerCase(), each.toLowerCase()) }))
  return near.sort((a, b) => a.slips - b.slips).find(({ slips }) => slips <= 2)?.each
}

/** Characters shown of a value: a member of Google's has a hundred before it says anything. */
const longest = 200

// Values are cut short and never unfolded: a document may hold anything.
function describe(value: unknown): string {
  if (value === undefined) return 'absent'
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value !== 'string') return `${value}`
  return JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value)
}

// Levenshtein's distance.
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
