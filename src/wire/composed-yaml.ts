import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isCollection,
  isNode,
  isPair,
  isScalar,
  Lexer,
  type LineCounter,
  Parser,
} from 'yaml'
import { withoutStacks } from './without-stacks.ts'

/** Says what is wrong with a text, and where. */
export type Tell = (offset: number, why: string) => void

/** Levels of lists and objects: every reader behind this one may go down by recursion. */
export const mostLevels = 100
/** Of a whole document: the yaml library looks for the anchor of each among all of them. */
const mostAliases = 1000
/** Values that aliases may repeat, all together: each is looked at as often as it is repeated. */
const mostRepeated = 20_000
/** Of mistakes in the syntax that are told: one leads to many. */
const mostMistakes = 100

type Token = Parser['stack'][number]

/** The one document of a text. Undefined where more is wrong with it than can be told of a document. */
export function composedYaml(text: string, lines: LineCounter, tell: Tell): Document | undefined {
  return withoutStacks(() => {
    const tokens = tokensOf(text, lines, tell)
    if (!tokens) return undefined
    // Tags make values that JSON has not: bytes, sets, dates. The library looks for keys that stand twice in quadratic time.
    const composer = new Composer({ uniqueKeys: false, resolveKnownTags: false })
    const [document, another] = composer.compose(tokens, true, text.length)
    tellMistakes(document!, tell)
    if (another)
      tell(
        another.range[0],
        'another document begins here, and one is expected: put each into a file of its own',
      )
    return isBounded(document!, tell) ? document : undefined
  })
}

function tokensOf(text: string, lines: LineCounter, tell: Tell): Token[] | undefined {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  const tokens: Token[] = []
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    // The document itself is a level of the parser's.
    if (parser.stack.length <= mostLevels + 1) continue
    tell(parser.offset, `lists and objects nest over ${mostLevels} levels deep`)
    return undefined
  }
  return [...tokens, ...parser.end()]
}

function tellMistakes({ errors, warnings }: Document, tell: Tell): void {
  const mistakes = [...errors, ...warnings]
  for (const { pos, message } of mistakes.slice(0, mostMistakes)) tell(pos[0], message)
  const next = mistakes[mostMistakes]
  if (next) tell(next.pos[0], `${mistakes.length - mostMistakes} more mistakes are not told`)
}

/** Whether it is done with soon: keys are scalars, which nobody has to spell, and aliases do not make much of little. */
function isBounded({ contents }: Document, tell: Tell): boolean {
  const seen: Seen = { anchors: new Map(), aliases: [], repeated: 0, key: undefined }
  count(contents, seen)
  const { key, aliases, repeated } = seen
  if (key) tell(offsetOf(key), 'a key has to be a text or a number, written out')
  if (aliases.length > mostAliases)
    tell(offsetOf(aliases[mostAliases]), `there are over ${mostAliases} aliases`)
  else if (repeated > mostRepeated)
    tell(offsetOf(aliases[0]), `aliases repeat over ${mostRepeated} values, all together`)
  return !key && aliases.length <= mostAliases && repeated <= mostRepeated
}

/** What was met on the way through a document. */
interface Seen {
  /** Values in each, with those that aliases in it repeat. */
  readonly anchors: Map<string, number>
  readonly aliases: Alias[]
  repeated: number
  /** The first that is no scalar. */
  key: unknown
}

/** Values in a node, with those that aliases in it repeat. */
function count(node: unknown, seen: Seen): number {
  if (isAlias(node)) {
    const values = seen.anchors.get(node.source) ?? 0
    seen.aliases.push(node)
    seen.repeated += values
    return values
  }
  let values = 1
  if (isCollection(node)) for (const each of node.items) values += countItem(each, seen)
  if ((isScalar(node) || isCollection(node)) && node.anchor) seen.anchors.set(node.anchor, values)
  return values
}

function countItem(item: unknown, seen: Seen): number {
  if (!isPair(item)) return count(item, seen)
  if (item.key !== null && !isScalar(item.key)) seen.key ??= item.key
  else count(item.key, seen)
  return count(item.value, seen)
}

function offsetOf(node: unknown): number {
  return (isNode(node) ? node.range?.[0] : undefined) ?? 0
}
