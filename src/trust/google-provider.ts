import { type CelResult, isCelError, isCelList } from '@bufbuild/cel'
import { MayflyError, type Values } from '../errors.ts'
import { termChecks } from './cel-terms.ts'
import { celOf, shown } from './cel-values.ts'
import type { Check } from './decision.ts'
import { objectAt, refuse, stringAt } from './document.ts'
import { type Bindings, compileCel, type Program } from './google-cel.ts'

/** A JWT's claims, or of a signed AWS request `{ arn, account, userid }`. */
export type Assertion = Readonly<Record<string, unknown>>

export interface ProviderRule {
  readonly attributeMapping: Readonly<Record<string, string>>
  readonly attributeCondition?: string
}

/** What the mapping makes of an assertion. */
export interface MappedAttributes {
  readonly subject: string
  readonly groups: readonly string[]
  /** By name, without the `attribute.` prefix. */
  readonly attributes: Readonly<Record<string, string>>
  readonly displayName?: string
}

/** A compiled provider of a workload identity pool. */
export interface GoogleProvider {
  /**
   * Maps an assertion. An attribute whose expression reads an absent claim is left out; `google.subject` is not.
   * @throws TRUST_MAPPING with what Google says as value `google`, where that is known
   */
  map(assertion: Assertion, trace?: Check[]): MappedAttributes
  /** Whether the attribute condition holds. One that cannot be evaluated does not. */
  admits(assertion: Assertion, mapped: MappedAttributes, trace?: Check[]): boolean
}

/**
 * What Google maps for an AWS provider that has no mapping of its own.
 * @see https://cloud.google.com/iam/docs/workload-identity-federation-with-other-clouds
 */
export const defaultAwsMapping: Readonly<Record<string, string>> = {
  'google.subject': 'assertion.arn',
  'attribute.aws_role':
    "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn",
}

const mappingLength = 2048
const conditionLength = 4096
const subjectBytes = 127
const attributeCount = 50
/** Of all mapped values together. */
const mappedBytes = 8192
const attributeKey = /^attribute\.[a-z0-9_]{1,100}$/
const googleKeys = ['google.subject', 'google.groups', 'google.display_name']

/**
 * Compiles a provider's mapping and condition. `at` is put before every place that a refusal names.
 * @see https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
 * @throws TRUST_POLICY
 */
export function compileProvider(rule: ProviderRule, at = ''): GoogleProvider {
  const mapping = mappingAt(rule.attributeMapping, `${at}attributeMapping`)
  const condition = conditionAt(rule.attributeCondition, `${at}attributeCondition`)
  return {
    map(assertion, trace) {
      const checks: Check[] = []
      try {
        return map(mapping, assertion, trace && checks)
      } finally {
        // What only informs comes before the check that it is a part of, wherever it stands in the document.
        trace?.push(...checks.filter(({ part }) => part), ...checks.filter(({ part }) => !part))
      }
    },
    admits(assertion, mapped, trace) {
      if (!condition) return true
      const bindings = bindingsOf(assertion, mapped)
      const admitted = condition.run(bindings) === true
      trace?.push(
        ...termChecks(condition, bindings, 'attributeCondition'),
        conditionCheck(condition, admitted),
      )
      return admitted
    },
  }
}

/** Whether an attribute condition is the same for every token: `true`, and what is not there. */
export function readsNoClaim(condition: string): boolean {
  if (condition === '') return true
  try {
    compileCel(condition, 'attributeCondition', { maxLength: conditionLength, variables: [] })
    return true
  } catch {
    // It names a variable, or compiles with none.
    return false
  }
}

interface Mapped {
  readonly key: string
  readonly source: string
  readonly program: Program
}

function mappingAt(value: unknown, path: string): Mapped[] {
  const mapping = objectAt(value, path)
  const keys = Object.keys(mapping)
  if (!keys.includes('google.subject')) refuse(`${path}["google.subject"]`, undefined, 'an expression')
  const custom = keys.filter((key) => key.startsWith('attribute.'))
  if (custom.length > attributeCount) refuse(path, mapping, `at most ${attributeCount} custom attributes`)
  return keys.map((key) => {
    const source = `${path}[${JSON.stringify(key)}]`
    if (!googleKeys.includes(key) && !attributeKey.test(key))
      refuse(source, key, `${googleKeys.join(', ')} or attribute.NAME with up to 100 of a-z, 0-9 and _`)
    const text = stringAt(mapping[key], source, 'a CEL expression')
    return {
      key,
      source,
      program: compileCel(text, source, { maxLength: mappingLength, variables: ['assertion'] }),
    }
  })
}

function conditionAt(value: string | undefined, path: string): Program | undefined {
  if (value === undefined || value === '') return undefined
  const variables = ['assertion', 'google', 'attribute']
  return compileCel(stringAt(value, path, 'a CEL expression'), path, {
    maxLength: conditionLength,
    variables,
  })
}

function map(mapping: readonly Mapped[], assertion: Assertion, trace?: Check[]): MappedAttributes {
  const bindings = { assertion: assertionOf(assertion) }
  const values = new Map<string, string | readonly string[]>()
  for (const rule of mapping) {
    const result = rule.program.run(bindings)
    try {
      const value = valueFor(rule.key, result)
      trace?.push(mappingCheck(rule, shown(result), value === undefined ? lacking : undefined))
      if (value !== undefined) values.set(rule.key, value)
    } catch (error) {
      trace?.push(mappingCheck(rule, shown(result), (error as Error).message))
      throw error
    }
  }
  bounded(values)
  return attributesOf(values)
}

const lacking = 'The assertion lacks a claim that this expression reads'

function attributesOf(values: ReadonlyMap<string, string | readonly string[]>): MappedAttributes {
  const displayName = values.get('google.display_name')
  const custom = [...values].filter(([key]) => key.startsWith('attribute.'))
  return {
    subject: values.get('google.subject') as string,
    groups: (values.get('google.groups') ?? []) as readonly string[],
    attributes: Object.fromEntries(
      custom.map(([key, value]) => [key.slice('attribute.'.length), value as string]),
    ),
    ...(displayName !== undefined && { displayName: displayName as string }),
  }
}

function assertionOf(assertion: Assertion): Bindings[string] {
  try {
    return celOf(assertion)
  } catch (error) {
    throw unmapped('google.subject', (error as Error).message)
  }
}

/** What an attribute is given; undefined when the expression reads an absent claim, or gives null. */
function valueFor(key: string, result: CelResult): string | readonly string[] | undefined {
  if (key === 'google.subject') return subjectOf(result)
  if (isCelError(result) || result === null) return undefined
  if (key === 'google.groups') return groupsOf(result)
  return typeof result === 'string' ? result : notString(key)
}

function groupsOf(result: unknown): readonly string[] {
  const groups: unknown[] = isCelList(result) ? [...result] : [undefined]
  if (groups.every((group) => typeof group === 'string')) return groups
  throw unmapped('google.groups', 'its value is not a list of strings')
}

function notString(key: string): never {
  const google = `The mapped attribute '${key}' must be of type STRING.`
  throw unmapped(key, 'its value is not a string', { google })
}

function subjectOf(result: CelResult): string {
  if (isCelError(result)) throw unmapped('google.subject', `it cannot be evaluated: ${result.message}`)
  if (result === '' || result === null) throw unmapped('google.subject', 'it has no value')
  if (typeof result !== 'string') return notString('google.subject')
  const bytes = Buffer.byteLength(result)
  if (bytes > subjectBytes)
    throw unmapped('google.subject', `its value has ${bytes} bytes, and at most ${subjectBytes} are taken`, {
      bytes,
      google: `The size of mapped attribute google.subject exceeds the ${subjectBytes} bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than ${subjectBytes} bytes.`,
    })
  return result
}

function bounded(values: ReadonlyMap<string, string | readonly string[]>): void {
  let bytes = 0
  for (const value of values.values()) bytes += Buffer.byteLength([value].flat().join(''))
  if (bytes > mappedBytes)
    throw new MayflyError('TRUST_MAPPING', {
      message: `the mapped attributes have ${bytes} bytes together, and at most ${mappedBytes} are taken`,
      values: { bytes },
    })
}

function unmapped(attribute: string, why: string, values: Values = {}): MayflyError {
  return new MayflyError('TRUST_MAPPING', {
    message: `the mapping of ${attribute} fails: ${why}`,
    values: { attribute, ...values },
  })
}

function bindingsOf(assertion: Assertion, mapped: MappedAttributes): Bindings {
  const { subject, groups, attributes, displayName } = mapped
  return {
    assertion: assertionOf(assertion),
    google: celOf({ subject, groups, ...(displayName !== undefined && { display_name: displayName }) }),
    attribute: celOf(attributes),
  }
}

// Only the subject decides: without any other attribute the mapping is still one.
function mappingCheck(
  { key, program, source }: Mapped,
  presented: string | string[] | undefined,
  problem: string | undefined,
): Check {
  return {
    check: 'mapping',
    outcome: problem === undefined ? 'pass' : 'fail',
    ...(presented !== undefined && { presented }),
    expected: program.text,
    operator: 'CEL',
    source,
    ...(problem !== undefined && { hint: problem }),
    ...(key !== 'google.subject' && (problem ?? lacking) === lacking && { part: true as const }),
  }
}

function conditionCheck(condition: Program, admitted: boolean): Check {
  return {
    check: 'attribute-condition',
    outcome: admitted ? 'pass' : 'fail',
    expected: condition.text,
    operator: 'CEL',
    source: 'attributeCondition',
  }
}
