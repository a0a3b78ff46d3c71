import { shortened } from '../wire/printable.ts'
import type { Check, Decision } from './decision.ts'
import { nearMissOf } from './near-miss.ts'

/**
 * The decision that a trace amounts to: every check that decides must pass, and there must be one.
 * Failed checks get the hint of their nearest miss.
 */
export function decisionOf(trace: readonly Check[]): Decision {
  const checks = trace.map(hinted)
  const deciding = checks.filter(({ part }) => !part)
  const failed = deciding.find(({ outcome }) => outcome === 'fail')
  if (deciding.length > 0 && !failed) return { decision: 'allow', checks }
  const nearMiss = failed ? missSentence(...nearest(failed, partsOf(failed, checks))) : 'Nothing was checked'
  return { decision: 'deny', checks, nearMiss }
}

/** The same checks as parts of one that is to follow: for a caller who decides otherwise than by all of them. */
export function asParts(checks: readonly Check[]): Check[] {
  return checks.map((check) => ({ ...check, part: true }))
}

function hinted(check: Check): Check {
  const hint = check.hint ?? nearMissOf(check)
  return hint === undefined ? check : { ...check, hint }
}

/** The parts between the check before and this one. */
function partsOf(check: Check, checks: readonly Check[]): readonly Check[] {
  const end = checks.indexOf(check)
  const start = checks.findLastIndex(({ part }, i) => i < end && !part) + 1
  return checks.slice(start, end)
}

/**
 * Of the parts of a failed check, the failed one that was nearest to passing, and how many stand in the way besides; the
 * check itself where none is.
 */
function nearest(failed: Check, parts: readonly Check[]): [miss: Check, others: number] {
  if (failed.source !== undefined && /Statement\[\d+\]$/.test(failed.source)) return [failed, 0]
  const ways = groupsOf(parts)
    .filter(({ head }) => head?.operator !== 'Deny')
    .map(({ members }) => members.filter(({ outcome }) => outcome === 'fail'))
    .filter((misses) => misses.length > 0)
  const way = ways.sort((a, b) => distanceOf(a) - distanceOf(b))[0] ?? []
  // Where no statement is meant for it, what its conditions say is of somebody else.
  const rank = (miss: Check) => (apart.includes(miss.check) ? 0 : 1)
  const [miss = failed, ...others] = way.toSorted((a, b) => rank(a) - rank(b) || weight(a) - weight(b))
  return [miss, others.length]
}

// All misses of a statement or a federated credential stand in the way together; of bindings, any one.
function distanceOf(misses: readonly Check[]): number {
  return misses.reduce((sum, miss) => sum + weight(miss), 0)
}

const apart = ['principal', 'action', 'resource']

// A statement for another action or principal was hardly meant; a miss with a known reason is nearly a hit.
function weight({ check, presented, hint }: Check): number {
  if (apart.includes(check)) return hint === undefined ? 20 : 10
  return hint === undefined ? 3 : presented === undefined ? 2 : 1
}

function missSentence({ check, source, presented, expected, hint }: Check, others: number): string {
  const place = source ?? check
  const wanted = expected === undefined ? '' : `, expected ${quoted(expected)}`
  const values = presented === undefined ? '' : `: presented ${quoted(presented)}${wanted}`
  const more = others > 0 && `${others} more ${others === 1 ? 'fails' : 'fail'} there`
  return [`${place}${values}`, hint, more].filter(Boolean).join('. ')
}

/** In a sentence: the checks have the whole value. */
const longestQuoted = 256

function quoted(values: string | readonly string[]): string {
  const list = [values].flat()
  const some = list.slice(0, 5).map((value) => JSON.stringify(shortened(value, longestQuoted)))
  return list.length > 5 ? `${some.join(', ')} and ${list.length - 5} more` : some.join(', ') || 'nothing'
}

interface Group {
  /** The statement that the members make up; absent for what stands alone. */
  readonly head?: Check
  readonly members: readonly Check[]
}

/** Parts by their statements or federated credentials; a part of neither is a group by itself. */
function groupsOf(parts: readonly Check[]): Group[] {
  const groups: Group[] = []
  let members: Check[] = []
  for (const part of parts) {
    if (part.check === 'statement') {
      groups.push({ head: part, members })
      members = []
    } else members.push(part)
  }
  const credentials = Map.groupBy(members, (part) => (part.check === 'credential' ? part.source : part))
  return [...groups, ...[...credentials.values()].map((members) => ({ members }))]
}

/** A decision for people: each statement and condition with what was presented and expected, and the nearest miss. */
export function explainText(decision: Decision, { color = false } = {}): string {
  const paint = color ? painted : (text: string) => text
  const { checks, nearMiss } = decision
  const lines = [paint(decision.decision.toUpperCase(), decision.decision === 'allow' ? 'green' : 'red')]
  for (const check of checks) {
    if (check.part) continue
    lines.push('', headLine(check, '', paint))
    for (const { head, members } of groupsOf(partsOf(check, checks))) {
      if (head) lines.push(headLine(head, '  ', paint))
      for (const member of members) lines.push(...checkLines(member, head ? '    ' : '  ', paint))
    }
    lines.push(...detailLines(check, '  ', paint))
  }
  if (nearMiss !== undefined) lines.push('', `${paint('nearest miss', 'bold')}  ${printable(nearMiss)}`)
  return `${lines.join('\n')}\n`
}

type Paint = (text: string, style: keyof typeof styles) => string

const styles = { green: 32, red: 31, yellow: 33, dim: 2, bold: 1 } as const

function painted(text: string, style: keyof typeof styles): string {
  return `\u001b[${styles[style]}m${text}\u001b[0m`
}

function headLine(check: Check, indent: string, paint: Paint): string {
  const isStatement = check.check === 'statement'
  const name = isStatement ? `${check.source} ${check.operator}` : check.check
  const sid = isStatement && check.expected !== undefined ? ` (${oneLine(check.expected)})` : ''
  const open = check.outcome === 'not-checked' ? `  ${paint('not checked', 'yellow')}` : ''
  return `${indent}${mark(check, paint)} ${paint(printable(name), 'bold')}${printable(sid)}${open}`
}

function checkLines(check: Check, indent: string, paint: Paint): string[] {
  const head = `${indent}${mark(check, paint)} ${check.check.padEnd(10)} ${check.operator ?? ''}`.trimEnd()
  return [head, ...detailLines(check, `${indent}  `, paint)]
}

function detailLines(check: Check, indent: string, paint: Paint): string[] {
  const { presented, expected, source, hint, outcome, operator, part } = check
  // To a whole expression nothing is presented: its terms say what was.
  const nothing = operator === 'CEL' && !part ? undefined : '(nothing)'
  const rows: [label: string, text: string | undefined][] = [
    ['presented', presented === undefined ? nothing : oneLine(presented)],
    ['expected', expected && oneLine(expected)],
    ['at', source],
  ]
  const known = presented === undefined && expected === undefined ? rows.slice(2) : rows
  const lines = known
    .filter((row): row is [string, string] => row[1] !== undefined)
    .map(([label, text]) => `${indent}${paint(label.padEnd(10), 'dim')} ${printable(text)}`)
  if (hint !== undefined)
    lines.push(
      `${indent}${paint('hint'.padEnd(10), outcome === 'fail' ? 'yellow' : 'dim')} ${printable(hint)}`,
    )
  return lines
}

function mark({ outcome }: Check, paint: Paint): string {
  if (outcome === 'not-checked') return paint('?', 'yellow')
  return outcome === 'pass' ? paint('✓', 'green') : paint('✗', 'red')
}

function oneLine(values: string | readonly string[]): string {
  return [values].flat().join('  |  ') || '(nothing)'
}

// What a token says may hold escape sequences: none of them reaches the terminal.
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (c) => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}
