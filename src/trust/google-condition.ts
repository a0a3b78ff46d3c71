import { type CelInput, type CelResult, celMap, isCelError } from '@bufbuild/cel'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { stepLimit } from './cel-steps.ts'
import { termChecks } from './cel-terms.ts'
import { celOf } from './cel-values.ts'
import type { Check } from './decision.ts'
import { memberAt, objectAt, refuse, stringAt } from './document.ts'
import { type Bindings, compileCel, type Program } from './google-cel.ts'

/** What a condition is asked about. */
export interface Circumstances {
  /** Of the request, in epoch milliseconds. */
  readonly nowMs: number
  /** What the resource says of itself: projects do, but for a name, and no resource of IAM does. */
  readonly resource?: { readonly type: string; readonly service: string }
  /** What the service says of the request: `iam.googleapis.com/modifiedGrantsByRole`. */
  readonly api?: Readonly<Record<string, readonly string[]>>
}

/** A compiled condition of a binding. */
export interface BindingCondition {
  readonly title: string
  /** CEL over `request`, `resource`, `api` and `destination`. */
  readonly text: string
  /** True alone grants: an error, and what is not there to be asked about, does not. */
  holds(circumstances: Circumstances): boolean
  /** The same, with what was looked at. */
  checks(circumstances: Circumstances, source: string): Check[]
}

const members = ['expression', 'title', 'description', 'location']
const options = {
  // As the schema of the trust file has it; Google's documents have no limit.
  maxLength: 12_000,
  mostLogicOperators: 12,
  // A policy has many.
  maxSteps: stepLimit / 10,
  macros: false,
  variables: ['api'],
  // The last four are there for Identity-Aware Proxy and Cloud Run alone.
  attributes: [
    ...['request.time', 'resource.name', 'resource.type', 'resource.service'],
    ...['request.auth.access_levels', 'request.path', 'request.host', 'destination.ip', 'destination.port'],
  ],
}

/**
 * Compiles the condition of a binding.
 * @see https://cloud.google.com/iam/docs/conditions-attribute-reference
 * @throws TRUST_POLICY
 */
export function compileCondition(value: unknown, path: string): BindingCondition {
  const condition = objectAt(value, path)
  const unknown = Object.keys(condition).find((each) => !members.includes(each))
  if (unknown !== undefined)
    refuse(memberAt(path, unknown), condition[unknown], `nothing but ${members.join(', ')}`)
  const title = stringAt(condition.title, `${path}.title`, 'a title')
  const text = stringAt(condition.expression, `${path}.expression`, 'a CEL expression')
  const program = compileCel(text, `${path}.expression`, options)
  checkBoolean(program, `${path}.expression`)
  const run = (circumstances: Circumstances) => program.run(variablesOf(circumstances))
  return {
    title,
    text,
    holds: (circumstances) => run(circumstances) === true,
    checks(circumstances, source) {
      const terms = termChecks(program, variablesOf(circumstances), source)
      return [...terms, conditionCheck({ title, text, source }, run(circumstances), circumstances)]
    },
  }
}

/** With everything there that a condition can ask about. */
const sample: Bindings = {
  request: celMap(
    new Map<string, CelInput>([
      ['time', timestampFromMs(0)],
      ['auth', celOf({ access_levels: [] })],
      ['path', ''],
      ['host', ''],
    ]),
  ),
  resource: celOf({ name: '', type: '', service: '' }),
  destination: celOf({ ip: '', port: 0 }),
  api: celOf({}),
}

/** What is something else can never hold, and was meant otherwise. */
function checkBoolean(program: Program, path: string): void {
  const result = program.run(sample)
  if (!isCelError(result) && typeof result !== 'boolean')
    refuse(path, program.text, 'an expression that is true or false')
}

/** An attribute that is not there makes an error, and with it that part of a condition no grant. */
function variablesOf({ nowMs, resource, api = {} }: Circumstances): Bindings {
  return {
    request: celMap(new Map<string, CelInput>([['time', timestampFromMs(nowMs)]])),
    resource: celOf(resource ?? {}),
    api: celOf(api),
  }
}

interface Asked {
  readonly title: string
  readonly text: string
  readonly source: string
}

function conditionCheck(
  { title, text, source }: Asked,
  result: CelResult,
  circumstances: Circumstances,
): Check {
  const hint = `The condition ${JSON.stringify(title)} of this binding does not hold`
  return {
    check: 'condition',
    outcome: result === true ? 'pass' : 'fail',
    presented: `a request at ${new Date(circumstances.nowMs).toISOString()}`,
    expected: text,
    operator: 'CEL',
    source,
    ...(result !== true && { hint: `${hint}${reasonOf(result, text, circumstances)}` }),
    part: true,
  }
}

/** Why it has no value, where it has none. */
function reasonOf(result: CelResult, text: string, { resource }: Circumstances): string {
  if (!isCelError(result)) return ''
  if (resource || !text.includes('resource.')) return `: it cannot be evaluated (${result.message})`
  return ': service accounts and pools have no resource.name, resource.type or resource.service, and what asks for them grants nothing'
}
