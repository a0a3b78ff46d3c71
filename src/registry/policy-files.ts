import { type Path, type PlacedDocument, placedDocument } from '../wire/placed-document.ts'
import type { TrustProblem } from './problems.ts'

/** The text of a file that a trust document names, by the path as written there. @throws when it cannot be read */
export type ReadFile = (path: string) => string

/** A document in which IDs keep their digits. Never throws. */
export function registeredDocument(text: string): PlacedDocument {
  return placedDocument(text, { numbers: 'as written' })
}

/**
 * A trust document in which every policy is in place: JSON text (as the AWS CLI prints it) and `{ file: … }` become
 * what they hold. Everything else stays as it was, wrong or not.
 */
export function inlinePolicies(document: PlacedDocument, read: ReadFile, problems: TrustProblem[]): unknown {
  const inline = (policy: unknown, path: Path) => {
    const lineOf = () => document.lineOf(path)
    if (typeof policy === 'string') return inlineText(policy, lineOf, path, problems)
    const file = fileOf(policy)
    return file === undefined ? policy : inlineFile(file, lineOf, path, read, problems)
  }
  return policyPlaces.reduce((value, place) => mapAt(value, [], place, inline), document.value)
}

const policyPlaces = [
  ['aws', '*', 'roles', '*', 'assumeRolePolicyDocument'],
  ['aws', '*', 'roles', '*', 'policies', '*'],
  ['aws', '*', 'managedPolicies', '*', 'policyDocument'],
  ['aws', '*', 'users', '*', 'policies', '*'],
] as const

function fileOf(policy: unknown): string | undefined {
  if (typeof policy !== 'object' || policy === null || !('file' in policy)) return undefined
  return Object.keys(policy).length === 1 && typeof policy.file === 'string' ? policy.file : undefined
}

function inlineText(text: string, lineOf: () => number, path: Path, problems: TrustProblem[]): unknown {
  const parsed = registeredDocument(text)
  // Lines of the text mean nothing to whoever looks at the document.
  for (const each of parsed.problems)
    problems.push({ line: lineOf(), path, why: `its JSON text is wrong: ${each.why}` })
  return typeof parsed.value === 'object' ? parsed.value : text
}

function inlineFile(
  file: string,
  lineOf: () => number,
  path: Path,
  read: ReadFile,
  problems: TrustProblem[],
): unknown {
  try {
    const parsed = registeredDocument(read(file))
    for (const each of parsed.problems) problems.push({ ...each, file })
    return parsed.value
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    problems.push({ line: lineOf(), path, why: `the file ${JSON.stringify(file)} cannot be read (${code})` })
    return undefined
  }
}

/** The same value with what stands at `steps` changed; `*` is every entry of a list. What is not there stays away. */
function mapAt(
  value: unknown,
  path: Path,
  steps: readonly string[],
  change: (at: unknown, path: Path) => unknown,
): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return change(value, path)
  if (step === '*')
    return Array.isArray(value) ? value.map((each, i) => mapAt(each, [...path, i], rest, change)) : value
  if (typeof value !== 'object' || value === null || !(step in value)) return value
  return { ...value, [step]: mapAt((value as Record<string, unknown>)[step], [...path, step], rest, change) }
}
