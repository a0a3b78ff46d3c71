import * as v from 'valibot'
import { nearest } from './nearest.ts'
import { type Path, type Problem, shown } from './placed-document.ts'

type Issue = v.BaseIssue<unknown>

/** An object with these members and no other. Its message lists them, for `schemaProblems`. */
export function exactly<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.strictObject(entries, Object.keys(entries).join(' '))
}

/** What to say of a member that is unknown where it stands, if there is something better than which are known. */
export type ExplainUnknown = (name: string, holder: object) => string | undefined

/**
 * What a schema found, for people. A message in the schema is what was expected, and follows that word; that of a raw check
 * says it all; that of an object is from `exactly`.
 */
export function schemaProblems(
  issues: readonly Issue[],
  explain: ExplainUnknown = () => undefined,
  above: Path = [],
): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...(issue.path ?? []).map(({ key }) => stepOf(key))]
    // Of a choice between a text and an object, the object's own mistakes say more than "neither".
    const inside = issue.issues?.filter((each) => each.path) ?? []
    if (inside.length) return schemaProblems(inside, explain, path)
    if (isUnknown(issue)) return unknownMembers(issue, path.slice(0, -1), explain)
    return [{ path, why: whyOf(issue) }]
  })
}

const stepOf = (key: unknown) => (typeof key === 'number' ? key : String(key))

const isUnknown = ({ type, expected }: Issue) => type === 'strict_object' && expected === 'never'

/** All of them: valibot tells of the first alone. */
function unknownMembers({ message, path }: Issue, above: Path, explain: ExplainUnknown): Problem[] {
  const known = message.split(' ')
  const holder = path!.at(-1)!.input as object
  const unknown = Object.keys(holder).filter((name) => !known.includes(name))
  return unknown.map((name) => ({
    path: [...above, name],
    why: explain(name, holder) ?? whatOf(name, known),
  }))
}

function whatOf(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant ? `is unknown; did you mean ${meant}?` : `is unknown; known are ${listed(known, 'and')}`
}

function whyOf(issue: Issue): string {
  if (issue.type === 'raw_check' || issue.type === 'raw_transform') return issue.message
  if (issue.input === undefined && issue.path) return 'is missing'
  return `expected ${expectedBy(issue)}, got ${shown(issue.input)}`
}

const plainNames: Readonly<Record<string, string>> = {
  Array: 'a list',
  Object: 'an object',
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
}

function expectedBy({ type, message, expected }: Issue): string {
  if (type !== 'strict_object' && !message.startsWith('Invalid ')) return message
  const choices = (expected ?? 'something else').replaceAll(/[()]/g, '').split(' | ')
  return listed(
    choices.map((each) => plainNames[each] ?? each),
    'or',
  )
}

function listed(names: readonly string[], last: 'and' | 'or'): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`
}
