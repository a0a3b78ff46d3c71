import { parse, unparse } from '@bufbuild/cel'
import { exactly, type Glob, like } from './text-set.ts'
import { meetAll, type TokenSet, tokensIf, tokensWith } from './token-set.ts'
import { noneOf, oneOf, present } from './value-set.ts'

/** With which tokens an expression is true, and with which it is false; with the others it cannot be evaluated. */
export interface Truth {
  readonly yes: readonly TokenSet[]
  readonly no: readonly TokenSet[]
}

/** A text made of one claim: between what comes before it and what comes after. */
export interface ClaimText {
  readonly before: string
  readonly claim: string
  readonly after: string
}

/** What `google.subject` or `attribute.NAME` is, where it is a claim's text; otherwise its expression. */
export type Variables = (name: string) => ClaimText | string | undefined

type Parsed = ReturnType<typeof parse>
type Expr = Parsed['expr']
type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value']

/**
 * A condition of Google's as sets of tokens. What compares otherwise than a claim with literal texts stays a condition:
 * its text, that has to hold. Claims are taken to be texts.
 */
export function celTruth(text: string, variables: Variables): Truth {
  const parsed = parse(text)
  return truthOf(parsed.expr, { parsed, variables })
}

/** The text that an expression makes of one claim. */
export function claimTextOf(text: string, variables: Variables = () => undefined): ClaimText | undefined {
  const parsed = parse(text)
  return claimText(parsed.expr, { parsed, variables })
}

interface Scene {
  readonly parsed: Parsed
  readonly variables: Variables
}

function truthOf(expr: Expr, scene: Scene): Truth {
  const kind = expr.exprKind
  if (kind.case === 'constExpr' && kind.value.constantKind.case === 'boolValue')
    return kind.value.constantKind.value ? always : never
  if (kind.case === 'selectExpr' && kind.value.testOnly) return hasTruth(expr, scene)
  if (kind.case !== 'callExpr') return open(expr, scene)
  return callTruth(kind.value, scene) ?? open(expr, scene)
}

const everything: TokenSet = tokensWith({})
const always: Truth = { yes: [everything], no: [] }
const never: Truth = { yes: [], no: [everything] }

function callTruth(call: Call, scene: Scene): Truth | undefined {
  const { args } = call
  const truths = () => args.map((each) => truthOf(each, scene))
  switch (call.function) {
    case '_&&_':
      return truths().reduce((a, b) => ({ yes: meetAll(a.yes, b.yes), no: [...a.no, ...b.no] }))
    case '_||_':
      return turned(
        truths()
          .map(turned)
          .reduce((a, b) => ({ yes: meetAll(a.yes, b.yes), no: [...a.no, ...b.no] })),
      )
    case '!_':
      return turned(truthOf(args[0]!, scene))
    case '_==_':
      return equality(args, scene)
    case '_!=_': {
      const equal = equality(args, scene)
      return equal && turned(equal)
    }
    case '@in':
      return membership(args, scene)
    default:
      return test(call, scene)
  }
}

function turned({ yes, no }: Truth): Truth {
  return { yes: no, no: yes }
}

/** Not to be said in sets. */
function open(expr: Expr, { parsed, variables }: Scene): Truth {
  const text = withMeanings(unparse({ ...parsed, expr }), variables)
  return { yes: [tokensIf(text)], no: [tokensIf(text, false)] }
}

/** What is mapped means what its mapping says: the same text with another mapping is another condition. */
function withMeanings(text: string, variables: Variables): string {
  const names = new Set(text.match(/\b(?:google|attribute)\.[a-z0-9_]+/g))
  const meanings = [...names].map((name) => `${name} is ${expressionOf(variables(name))}`)
  return meanings.length === 0 ? text : `${text}, where ${meanings.join(' and ')}`
}

/** What is mapped, as an expression again. */
export function expressionOf(mapped: ReturnType<Variables>): string {
  if (typeof mapped !== 'object') return mapped ?? 'not mapped'
  const { before, claim, after } = mapped
  const literal = (text: string) => (text === '' ? [] : [JSON.stringify(text)])
  return [...literal(before), `assertion.${claim}`, ...literal(after)].join(' + ')
}

function equality([one, other]: readonly Expr[], scene: Scene): Truth | undefined {
  const literal = literalOf(one) ?? literalOf(other)
  const compared = literalOf(one) === undefined ? one : other
  return literal === undefined ? undefined : oneOfTexts(compared, [literal], scene)
}

function membership([element, list]: readonly Expr[], scene: Scene): Truth | undefined {
  const kind = list?.exprKind
  if (kind?.case === 'identExpr' && kind.value.name === 'assertion') {
    const claim = literalOf(element)
    return claim === undefined ? undefined : presence(claim)
  }
  const texts = kind?.case === 'listExpr' ? kind.value.elements.map(literalOf) : []
  return texts.length > 0 && texts.every((each) => each !== undefined)
    ? oneOfTexts(element, texts, scene)
    : undefined
}

function oneOfTexts(expr: Expr | undefined, texts: readonly string[], scene: Scene): Truth | undefined {
  const made = expr && claimText(expr, scene)
  if (!made) return undefined
  const { before, after, claim } = made
  // What does not begin and end as every value does equals none.
  const possible = texts.filter(
    (each) => each.length >= before.length + after.length && each.startsWith(before) && each.endsWith(after),
  )
  const inside = possible.map((each) => exactly(each.slice(before.length, each.length - after.length)))
  return among(claim, inside)
}

function among(claim: string, globs: readonly Glob[]): Truth {
  const no = [tokensWith({ [claim]: noneOf(globs) })]
  return { yes: globs.length > 0 ? [tokensWith({ [claim]: oneOf(globs) })] : [], no }
}

function presence(claim: string): Truth {
  return { yes: [tokensWith({ [claim]: present })], no: [tokensWith({ [claim]: { absent: true } })] }
}

function hasTruth(expr: Expr, scene: Scene): Truth {
  const made = claimText(expr, scene)
  return made ? presence(made.claim) : open(expr, scene)
}

/** `startsWith`, `endsWith`, `contains` and `matches` of a claim as it is. */
function test({ function: name, target, args }: Call, scene: Scene): Truth | undefined {
  const made = target && claimText(target, scene)
  const literal = literalOf(args[0])
  if (made?.before !== '' || made.after !== '' || literal === undefined) return undefined
  const globs = globsFor(name, literal)
  return globs && among(made.claim, globs)
}

function globsFor(name: string, literal: string): readonly Glob[] | undefined {
  const { units } = exactly(literal)
  const [star] = like('*').units
  if (name === 'startsWith') return [{ units: [...units, star!] }]
  if (name === 'endsWith') return [{ units: [star!, ...units] }]
  if (name === 'contains') return [{ units: [star!, ...units, star!] }]
  return name === 'matches' ? globsOfRegex(literal) : undefined
}

/**
 * The patterns that amount to a regular expression of literal text, `.*`, `.+` and `.`, whole or by alternatives;
 * undefined for one that says more. A line break, which `.` leaves out, is in no claim.
 */
export function globsOfRegex(regex: string): Glob[] | undefined {
  const [, start, group, open, end] =
    /^(\^?)(?:\((?:\?:)?([^()]*)\)|((?:\\.|[^()\\])*?))(\$?)$/.exec(regex) ?? []
  const body = group ?? open
  if (body === undefined || (group === undefined && /(?<!\\)\|/.test(body))) return undefined
  const globs = body.split(/(?<!\\)\|/).map((each) => unitsOf(each))
  if (!globs.every((each) => each !== undefined)) return undefined
  const [star] = like('*').units
  return globs.map((units) => ({ units: [...(start ? [] : [star!]), ...units, ...(end ? [] : [star!])] }))
}

function unitsOf(text: string): number[] | undefined {
  const units: number[] = []
  for (const [part] of text.matchAll(/\\.|\.[*+]?|[\s\S]/g)) {
    if (part[0] === '.') units.push(...like({ '.': '?', '.*': '*', '.+': '?*' }[part]!).units)
    else if (/^\\[^A-Za-z0-9]$/.test(part) || !/[\\^$*+?()[\]{}|]/.test(part))
      units.push(...exactly(part.at(-1)!).units)
    else return undefined
  }
  return units
}

function claimText(expr: Expr, scene: Scene): ClaimText | undefined {
  const kind = expr.exprKind
  if (kind.case === 'selectExpr') return selected(kind.value.operand, kind.value.field, scene)
  if (kind.case !== 'callExpr') return undefined
  const [one, other] = kind.value.args
  if (kind.value.function === '_[_]') return selected(one, literalOf(other), scene)
  return kind.value.function === '_+_' && one && other ? joined(one, other, scene) : undefined
}

function selected(
  from: Expr | undefined,
  name: string | undefined,
  { variables }: Scene,
): ClaimText | undefined {
  if (from?.exprKind.case !== 'identExpr' || name === undefined) return undefined
  const of = from.exprKind.value.name
  if (of === 'assertion') return { before: '', claim: name, after: '' }
  const mapped = variables(`${of}.${name}`)
  return typeof mapped === 'object' ? mapped : undefined
}

function joined(one: Expr, other: Expr, scene: Scene): ClaimText | undefined {
  const [before, after] = [literalOf(one), literalOf(other)]
  const inner =
    before === undefined ? claimText(one, scene) : after === undefined ? claimText(other, scene) : undefined
  if (!inner || (before === undefined && after === undefined)) return undefined
  return { ...inner, before: (before ?? '') + inner.before, after: inner.after + (after ?? '') }
}

function literalOf(expr: Expr | undefined): string | undefined {
  const constant = expr?.exprKind.case === 'constExpr' ? expr.exprKind.value.constantKind : undefined
  return constant?.case === 'stringValue' ? constant.value : undefined
}
