import { isCelError } from '@bufbuild/cel'
import { stepLimit } from './cel-steps.ts'
import { celOf } from './cel-values.ts'
import type { Check } from './decision.ts'
import { memberAt, objectAt, refuse, stringAt } from './document.ts'
import { compileCel, type Program } from './google-cel.ts'
import { storageRoles } from './google-storage-roles.ts'

/** A Credential Access Boundary, as Google writes it: the most that a token is good for, whatever its holder may do. */
export interface AccessBoundary {
  readonly accessBoundaryRules: readonly {
    /** `//storage.googleapis.com/projects/_/buckets/BUCKET` */
    readonly availableResource: string
    /** `inRole:roles/storage.objectViewer` */
    readonly availablePermissions: readonly string[]
    readonly availabilityCondition?: {
      /** CEL over `resource` and `api`. */
      readonly expression: string
      readonly title?: string
      readonly description?: string
    }
  }[]
}

/** What the holder of a token wants to do at Cloud Storage. */
export interface BoundaryQuestion {
  /** `storage.objects.get` */
  readonly permission: string
  /** `projects/_/buckets/BUCKET`, or `projects/_/buckets/BUCKET/objects/NAME` */
  readonly resource: string
  /** Of a listing, the prefix that was asked for. */
  readonly objectListPrefix?: string
}

/** A compiled boundary. */
export interface Boundary {
  /** As it was given. */
  readonly document: AccessBoundary
  permits(question: BoundaryQuestion, trace?: Check[]): boolean
}

const mostRules = 10
const longestCondition = 2048
/** Callers write boundaries: all conditions of one together take what an evaluation may. */
const conditionSteps = stepLimit / mostRules
const service = 'storage.googleapis.com'
const bucketName =
  /^\/\/storage\.googleapis\.com\/(projects\/_\/buckets\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9])$/
const inRole = /^inRole:((?:roles|projects\/[^/\s]+\/roles|organizations\/\d+\/roles)\/[\w.]+)$/

/**
 * Compiles a boundary. Members that are not known are refused: one that is passed over could leave more than was meant.
 * @see https://cloud.google.com/iam/docs/downscoping-short-lived-credentials
 * @throws TRUST_POLICY
 */
export function compileBoundary(value: unknown, at = 'accessBoundary'): Boundary {
  const { accessBoundaryRules } = membersAt(value, at, ['accessBoundaryRules'])
  const path = `${at}.accessBoundaryRules`
  const rules = listAt(accessBoundaryRules, path, `a list of 1 to ${mostRules} rules`, mostRules)
  const compiled = rules.map((rule, i) => compileRule(rule, `${path}[${i}]`))
  return {
    document: value as AccessBoundary,
    permits: (question, trace) => permits(compiled, question, trace),
  }
}

interface Rule {
  readonly source: string
  readonly bucket: string
  readonly roles: readonly string[]
  readonly condition?: Program
}

function compileRule(value: unknown, source: string): Rule {
  const rule = membersAt(value, source, [
    'availableResource',
    'availablePermissions',
    'availabilityCondition',
  ])
  const resource = stringAt(rule.availableResource, `${source}.availableResource`)
  const bucket =
    bucketName.exec(resource)?.[1] ??
    refuse(`${source}.availableResource`, resource, `//${service}/projects/_/buckets/BUCKET`)
  const path = `${source}.availablePermissions`
  const roles = listAt(rule.availablePermissions, path, 'a list of inRole:ROLE', 100).map((each, i) => {
    const text = stringAt(each, `${path}[${i}]`)
    return (
      inRole.exec(text)?.[1] ?? refuse(`${path}[${i}]`, text, 'inRole:roles/storage.objectViewer or the like')
    )
  })
  const condition = conditionAt(rule.availabilityCondition, `${source}.availabilityCondition`)
  return { source, bucket, roles, ...(condition && { condition }) }
}

function conditionAt(value: unknown, path: string): Program | undefined {
  if (value === undefined || value === null) return undefined
  const { expression, title, description } = membersAt(value, path, ['expression', 'title', 'description'])
  if (title !== undefined) stringAt(title, `${path}.title`)
  if (description !== undefined) stringAt(description, `${path}.description`)
  const text = stringAt(expression, `${path}.expression`, 'a CEL expression')
  const options = { maxLength: longestCondition, variables: ['resource', 'api'], maxSteps: conditionSteps }
  return compileCel(text, `${path}.expression`, options)
}

function membersAt(value: unknown, path: string, known: readonly string[]): Record<string, unknown> {
  const members = objectAt(value, path)
  const unknown = Object.keys(members).find((each) => !known.includes(each))
  if (unknown !== undefined)
    refuse(memberAt(path, unknown), members[unknown], `nothing but ${known.join(', ')}`)
  return members
}

function listAt(value: unknown, path: string, expected: string, most: number): readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.length <= most
    ? value
    : refuse(path, value, expected)
}

/** One rule that gives it is enough. */
function permits(rules: readonly Rule[], question: BoundaryQuestion, trace?: Check[]): boolean {
  let permitted = false
  for (const rule of rules) {
    const miss = missOf(rule, question)
    permitted ||= miss === undefined
    trace?.push(ruleCheck(rule, question, miss))
  }
  trace?.push({
    check: 'access-boundary',
    outcome: permitted ? 'pass' : 'fail',
    expected: question.permission,
    ...(!permitted && { hint: 'No rule of the boundary gives this permission here' }),
  })
  return permitted
}

/** Why a rule does not give it; undefined where it does. */
function missOf({ bucket, roles, condition }: Rule, question: BoundaryQuestion): string | undefined {
  const { permission, resource } = question
  if (resource !== bucket && !resource.startsWith(`${bucket}/objects/`)) return 'It is about another bucket'
  if (!roles.some((role) => storageRoles.get(role)?.includes(permission))) return noRole(roles, permission)
  if (!condition) return undefined
  const held = condition.run(variablesOf(question))
  if (isCelError(held)) return `Its condition cannot be evaluated: ${held.message}`
  return held === true ? undefined : `Its condition does not hold: ${condition.text}`
}

function noRole(roles: readonly string[], permission: string): string {
  const unknown = roles.find((role) => !storageRoles.has(role))
  return unknown === undefined
    ? `None of its roles gives ${permission}`
    : `What ${unknown} gives is not known here: a boundary is evaluated by the predefined roles of Cloud Storage`
}

function variablesOf({ resource, objectListPrefix }: BoundaryQuestion) {
  const type = `${service}/${resource.includes('/objects/') ? 'Object' : 'Bucket'}`
  const attributes =
    objectListPrefix === undefined ? {} : { [`${service}/objectListPrefix`]: objectListPrefix }
  return { resource: celOf({ name: resource, type, service }), api: celOf(attributes) }
}

function ruleCheck(
  { bucket, source }: Rule,
  { resource }: BoundaryQuestion,
  miss: string | undefined,
): Check {
  return {
    check: 'boundary-rule',
    outcome: miss === undefined ? 'pass' : 'fail',
    presented: resource,
    expected: bucket,
    source,
    ...(miss !== undefined && { hint: miss }),
    part: true,
  }
}
