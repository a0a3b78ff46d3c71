import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml'
import { plainJson } from './plain-json.ts'

/** Where in a document: keys and list indexes from its root. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with a document. */
export interface Problem {
  readonly path: Path
  /** A clause that follows the path: `expected twelve digits, got "12"`. */
  readonly why: string
}

export interface PlacedProblem extends Problem {
  /** From 1. */
  readonly line: number
  /** From 1, where it is known. */
  readonly column?: number
}

/** A YAML or JSON document of which every value can be found again. */
export interface PlacedDocument {
  /** Undefined where there are problems. */
  readonly value: unknown
  /** Syntax, keys that stand twice or are no texts, tags that nobody knows, aliases that multiply. */
  readonly problems: readonly PlacedProblem[]
  /** The line of a key or a list entry; where it is absent, of what should hold it. */
  lineOf(path: Path): number
}

export interface DocumentOptions {
  /**
   * `as written`: a number that JavaScript would spell otherwise stays the text that it is, so that account 012345678901
   * keeps its zero and an ID of 21 digits all of them. `parsed`: every number is one.
   */
  readonly numbers: 'as written' | 'parsed'
}

/** How often the aliases of one anchor may be followed, and those inside of it: the yaml library's own limit. */
const mostAliases = 100

/** Reads YAML 1.2, of which JSON is a part. Never throws. */
export function placedDocument(text: string, options: DocumentOptions): PlacedDocument {
  const json = plainJson(text)
  if (!json) return placedYaml(text, options)
  let placed: PlacedDocument | undefined
  const lineOf = (path: Path) => {
    placed ??= placedYaml(text, options)
    return placed.lineOf(path)
  }
  return { value: json.value, problems: [], lineOf }
}

/** The problems with their lines, in the order of these. */
export function placed({ lineOf }: PlacedDocument, problems: readonly Problem[]): PlacedProblem[] {
  return problems.map((each) => ({ ...each, line: lineOf(each.path) })).sort((a, b) => a.line - b.line)
}

/** `aws[0].roles[1].name`, `attributeMapping["google.subject"]`. */
export function pathText(path: Path): string {
  const parts = path.map((each) => {
    if (typeof each === 'number') return `[${each}]`
    return /^\w+$/.test(each) ? `.${each}` : `[${JSON.stringify(each)}]`
  })
  return parts.join('').replace(/^\./, '')
}

/** The path that a text of `pathText` means. */
export function pathOf(text: string): Path {
  const steps = text.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)
  return [...steps].map(([, index, quoted, name]) =>
    index === undefined ? (name ?? JSON.parse(`"${quoted}"`)) : Number(index),
  )
}

/** Longer texts are cut in messages. */
const shownCharacters = 60

/** A value as a message shows it: short, and of lists and objects no more than what they are. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'object') return 'an object'
  if (typeof value !== 'string') return String(value)
  return JSON.stringify(value.length > shownCharacters ? `${value.slice(0, shownCharacters)}…` : value)
}

/** The library calls itself for each level, and has no limit of its own. */
function placedYaml(text: string, options: DocumentOptions): PlacedDocument {
  try {
    return readYaml(text, options)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const problem = { line: 1, path: [], why: 'it nests deeper than can be read' }
    return { value: undefined, problems: [problem], lineOf: () => 1 }
  }
}

function readYaml(text: string, { numbers }: DocumentOptions): PlacedDocument {
  const lines = new LineCounter()
  // The library looks for keys that stand twice too, but in quadratic time.
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    // Tags make values that JSON has not: bytes, sets, dates.
    resolveKnownTags: false,
  })
  const problems: PlacedProblem[] = []
  const report = (offset: number, path: Path, why: string) => {
    const { line, col: column } = lines.linePos(offset)
    problems.push({ line, column, path, why })
  }
  for (const { pos, message } of [...document.errors, ...document.warnings]) report(pos[0], [], message)
  // JSON has no others, and the library writes each of them out, the keys of keys again and again: 2^n times n brackets.
  visit(document, { Pair: (_, { key }) => reportUnlessText(key, report) })
  forRepeatedKeys(document.contents, [], (key, path) =>
    report(offsetOf(key) ?? 0, path, 'this key stands twice in the same object'),
  )
  if (numbers === 'as written') visit(document, { Scalar: (_, node) => keepSpelling(node) })
  const value = problems.length ? undefined : plain(document, report)
  const lineOf = (path: Path) => lines.linePos(offsetAt(document.contents, path)).line
  return { value, problems, lineOf }
}

type Report = (offset: number, path: Path, why: string) => void

function plain(document: Document, report: Report): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases })
  } catch {
    report(0, [], `an alias has no anchor, or there are more than ${mostAliases} aliases of one`)
    return undefined
  }
}

function reportUnlessText(key: unknown, report: Report): void {
  if (isNode(key) && !isScalar(key))
    report(offsetOf(key) ?? 0, [], 'a key is a text, and no list, mapping or alias')
}

function forRepeatedKeys(node: unknown, path: Path, report: (key: unknown, path: Path) => void): void {
  if (isMap(node)) {
    const seen = new Set<string>()
    for (const { key, value } of node.items) {
      const at = [...path, keyName(key)]
      if (seen.has(keyName(key))) report(key, at)
      seen.add(keyName(key))
      forRepeatedKeys(value, at, report)
    }
  } else if (isSeq(node)) {
    for (const [i, each] of node.items.entries()) forRepeatedKeys(each, [...path, i], report)
  }
}

function keepSpelling(node: Scalar): void {
  if (typeof node.value === 'number' && node.source !== undefined && node.source !== String(node.value))
    node.value = node.source
}

function offsetAt(root: unknown, path: Path): number {
  let node = root
  let offset = offsetOf(root) ?? 0
  for (const step of path) {
    const next = isMap(node) ? pairOf(node, step) : isSeq(node) ? node.items[Number(step)] : undefined
    if (next === undefined) break
    offset = offsetOf(isNode(next) ? next : (next as Pair).key) ?? offset
    node = isNode(next) ? next : (next as Pair).value
  }
  return offset
}

function pairOf(map: YAMLMap, key: string | number): Pair | undefined {
  return map.items.find((each) => keyName(each.key) === String(key))
}

function keyName(key: unknown): string {
  if (isScalar(key)) return String(key.value)
  return isNode(key) ? 'no text' : String(key)
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
