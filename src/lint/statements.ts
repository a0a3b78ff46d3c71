import type { PolicyDocument } from '../registry/documents.ts'
import type { GivenRole, GivenTrust } from '../registry/given.ts'
import { isMembers } from '../registry/places.ts'
import { operators } from '../trust/aws-operators.ts'
import type { Path } from '../wire/placed-document.ts'
import { type Platform, platformOf } from './platforms.ts'

/** One key under one operator, as the policy writes it. */
export interface Condition {
  /** `ForAllValues:StringLikeIfExists` */
  readonly operator: string
  /** `StringLike` */
  readonly base: string
  readonly forAll: boolean
  readonly ifExists: boolean
  readonly negated: boolean
  readonly key: string
  /** Of a claim of the statement's issuer: its name in lower case. */
  readonly claim: string | undefined
  readonly values: readonly string[]
  readonly path: Path
}

/** An Allow statement that lets tokens of one OIDC provider in. */
export interface WebStatement {
  readonly role: GivenRole
  /** Its index among the statements. */
  readonly index: number
  /** The issuer without `https://`. */
  readonly host: string
  readonly issuer: string
  readonly platform: Platform
  readonly conditions: readonly Condition[]
}

/** The statements of all roles that let tokens in, one for each provider that they name. */
export function webStatements({ roles }: GivenTrust): WebStatement[] {
  return roles.flatMap((role) =>
    listed(role.document.assumeRolePolicyDocument.Statement).flatMap((statement, index) =>
      isMembers(statement) && letsTokensIn(statement)
        ? hostsOf(statement.Principal).map((host) => webStatement(role, index, host, statement.Condition))
        : [],
    ),
  )
}

function webStatement(role: GivenRole, index: number, host: string, block: unknown): WebStatement {
  const issuer = `https://${host}`
  const conditions = conditionsIn(block, index, host)
  const subject = conditions.find(({ claim }) => claim === 'sub')?.values[0]
  return { role, index, host, issuer, platform: platformOf(issuer, subject), conditions }
}

function letsTokensIn({ Effect, Action }: Readonly<Record<string, unknown>>): boolean {
  return (
    Effect === 'Allow' &&
    listed(Action).some((each) =>
      /^(\*|sts:(\*|AssumeRole\*|AssumeRoleWithWebIdentity))$/i.test(String(each)),
    )
  )
}

function hostsOf(principal: unknown): string[] {
  const federated = isMembers(principal) ? listed(principal.Federated) : []
  return federated.flatMap((each) => /:oidc-provider\/(.+)$/.exec(String(each))?.[1] ?? [])
}

function conditionsIn(block: unknown, index: number, host: string): Condition[] {
  if (!isMembers(block)) return []
  return Object.entries(block).flatMap(([operator, keys]) =>
    Object.entries(isMembers(keys) ? keys : {}).map(([key, value]) => {
      const { base, ...rest } = dissected(operator)
      const prefix = `${host}:`.toLowerCase()
      const lower = key.toLowerCase()
      return {
        operator,
        base,
        ...rest,
        negated: operators.get(base)?.negated ?? false,
        key,
        claim: lower.startsWith(prefix) ? lower.slice(prefix.length) : undefined,
        values: listed(value).map(String),
        path: ['Statement', index, 'Condition', operator, key],
      }
    }),
  )
}

function dissected(operator: string): Pick<Condition, 'base' | 'forAll' | 'ifExists'> {
  const ifExists = operator.endsWith('IfExists')
  const base = operator.replace(/^For(AllValues|AnyValue):/, '').replace(/IfExists$/, '')
  return { base, ifExists, forAll: operator.startsWith('ForAllValues:') }
}

/** Claims that a token cannot lack: AWS refuses one that does. */
export const always: readonly (string | undefined)[] = ['sub', 'aud']

/** Whether a condition keeps out what lacks its key, or has another value. */
export function restricts({ claim, forAll, ifExists, negated, base }: Condition): boolean {
  if (negated || base === 'Null') return false
  return always.includes(claim) || (!forAll && !ifExists)
}

/** Whether `*` and `?` in its values are wildcards. */
export function isPattern({ base }: Condition): boolean {
  return /Like$|^ArnEquals$/.test(base)
}

export function listed(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

/** As a policy writes them: one value stands without a list. */
export function oneOrList(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? values[0]! : values
}

type Block = Record<string, Record<string, unknown>>

/** The policy with the conditions of one statement changed. */
export function withConditions(
  { role, index }: Pick<WebStatement, 'role' | 'index'>,
  change: (block: Block) => void,
): GivenRole['document'] {
  const policy = structuredClone(role.document.assumeRolePolicyDocument) as Record<string, unknown>
  const statement = listed(policy.Statement)[index] as { Condition?: Block }
  const block = statement.Condition ?? {}
  change(block)
  for (const [operator, keys] of Object.entries(block))
    if (Object.keys(keys).length === 0) delete block[operator]
  statement.Condition = block
  return { ...role.document, assumeRolePolicyDocument: policy as PolicyDocument }
}

/** The policy with members of one statement replaced. */
export function withStatement(
  { role, index }: Pick<WebStatement, 'role' | 'index'>,
  members: Readonly<Record<string, unknown>>,
): GivenRole['document'] {
  const policy = structuredClone(role.document.assumeRolePolicyDocument) as Record<string, unknown>
  Object.assign(listed(policy.Statement)[index] as object, members)
  return { ...role.document, assumeRolePolicyDocument: policy as PolicyDocument }
}

/** Adds a key, in place of what is there. */
export function put(block: Block, operator: string, key: string, value: unknown): void {
  block[operator] = { ...block[operator], [key]: value }
}

/** Takes a key away. */
export function take(block: Block, { operator, key }: Condition): void {
  delete block[operator]?.[key]
}
