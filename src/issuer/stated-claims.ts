import { MayflyError } from '../errors.ts'
import { nearest } from '../wire/nearest.ts'
import { claimsOf, type IssueOptions } from './issuer.ts'
import type { Claims, Shape } from './shape.ts'

/** `NAME=VALUE`, as `mayfly issue` takes it. */
export interface Said {
  readonly name: string
  readonly value: string
}

type Unsigned = Omit<IssueOptions, 'keys'>

const audienceNames = ['aud', 'audience']

export interface StatedOptions {
  /** Whether another name than the platform's is a claim as it is. Default: true; else it takes a `+` before it. */
  readonly ownClaims?: boolean
}

/**
 * What was said of a token, told apart: audiences, the shape's own inputs, and claims.
 * @throws COMMAND_USAGE for a name that is said twice, or is a letter or two off one that there is, or is none of those
 */
export function statedClaims(
  shape: Shape,
  said: readonly Said[],
  bare: Unsigned,
  { ownClaims = true }: StatedOptions = {},
): Unsigned {
  const isAudience = ({ name }: Said) => audienceNames.includes(name)
  const isInput = ({ name }: Said) => Object.hasOwn(shape.inputs, name)
  refuseTwice(said.filter((each) => !isAudience(each)))
  const inputs = Object.fromEntries(said.filter(isInput).map(({ name, value }) => [name, value]))
  const options = { ...bare, inputs, audience: said.filter(isAudience).map(({ value }) => value) }
  const made = claimsOf(options)
  const claims = said
    .filter((each) => !isAudience(each) && !isInput(each))
    .map(({ name, value }) => [claimName(name, { shape, made, ownClaims }), value] as const)
    .map(([name, value]) => [name, claimValue(value, made[name])])
  return { ...options, claims: Object.fromEntries(claims) }
}

function refuseTwice(said: readonly Said[]): void {
  const twice = said.find(({ name }, i) => said.findIndex((each) => each.name === name) < i)
  if (twice) throw wrong(`${twice.name}= stands there twice`)
}

interface Known {
  readonly shape: Shape
  readonly made: Claims
  readonly ownClaims: boolean
}

/** A claim that nobody reads, in place of the one that was meant, would be found out late. */
function claimName(name: string, { shape, made, ownClaims }: Known): string {
  if (name.startsWith('+')) return name.slice(1)
  if (Object.hasOwn(made, name) || shape.optional?.test(name)) return name
  const meant = nearest(name, [...Object.keys(shape.inputs), ...Object.keys(made), ...audienceNames])
  if (!meant && ownClaims) return name
  const message = `there is no claim "${name}" in this token of ${shape.name}`
  throw wrong(
    meant ? `${message}; did you mean ${meant}=?` : message,
    `Write +${name}= if a claim of that name is what you want; \`mayfly help issue\` lists what can be said of a token.`,
  )
}

/** A value of the kind that the platform's own is of: GitLab's "true" stays text, and Kubernetes' lists are lists. */
function claimValue(text: string, made: unknown): unknown {
  if (text === 'null') return undefined
  if (typeof made === 'string') return text
  if (typeof made === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (/^[[{"]/.test(text)) return json(text)
  return Array.isArray(made) ? text.split(',') : text
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong(`${text.slice(0, 60)} begins as JSON and is none`)
  }
}

function wrong(
  message: string,
  hint = 'Run `mayfly help issue`: it lists what can be said of a token.',
): MayflyError {
  return new MayflyError('COMMAND_USAGE', { message, hint })
}
