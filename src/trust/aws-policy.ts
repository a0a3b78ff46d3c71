import { type Condition, conditionsAt } from './aws-condition.ts'
import { type Principals, principalsAt } from './aws-principal.ts'
import { type ConditionKeys, fillIn, type Template, templateAt } from './aws-variables.ts'
import { meant, memberAt, objectAt, refuse, stringAt, stringsAt } from './document.ts'
import { compileGlob } from './match.ts'

/** Where a policy hangs: at the role that is assumed, or at the principal that acts. */
export type PolicyKind = 'trust' | 'identity'

/** A compiled policy. */
export interface Policy {
  readonly kind: PolicyKind
  readonly statements: readonly Statement[]
  /** The ARN of a managed policy that stands here without its statements, which are not known. */
  readonly unknown?: string
}

/** A list of patterns, or with `except` everything but what they match. */
export interface Matcher {
  readonly except: boolean
  readonly listed: readonly string[]
  matches(value: string, keys: ConditionKeys): boolean
}

export interface Statement {
  /** `Statement[0]` */
  readonly source: string
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  /** Trust policies only. */
  readonly principals?: { readonly except: boolean; readonly list: Principals }
  readonly actions: Matcher
  /** Identity policies only. */
  readonly resources?: Matcher
  readonly conditions: readonly Condition[]
}

const policyElements = ['Version', 'Id', 'Statement']
const statementElements = {
  trust: ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Condition'],
  identity: ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
} as const

/**
 * Compiles a policy document as `JSON.parse` gives it. `at` is put before every place that a refusal names.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 * @throws TRUST_POLICY with the place in the document (value `path`) and what was expected there
 */
export function compilePolicy(document: unknown, kind: PolicyKind, at = ''): Policy {
  const policy = objectAt(document, at || 'the policy', 'a policy object')
  knownOnly(policy, policyElements, at)
  const variables = versionAt(policy.Version, memberAt(at, 'Version')) === '2012-10-17'
  if (policy.Id !== undefined) stringAt(policy.Id, memberAt(at, 'Id'))
  const path = memberAt(at, 'Statement')
  const list = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement]
  if (policy.Statement === undefined || list.length === 0)
    refuse(path, policy.Statement, 'at least one statement')
  const statements = list.map((each, i) => statementAt(each, `${path}[${i}]`, kind, variables))
  uniqueSids(statements)
  return { kind, statements }
}

function versionAt(version: unknown, path: string): string {
  if (version === undefined) return '2008-10-17'
  if (version === '2012-10-17' || version === '2008-10-17') return version
  return refuse(path, version, '"2012-10-17" or "2008-10-17"')
}

function statementAt(value: unknown, path: string, kind: PolicyKind, variables: boolean): Statement {
  const statement = objectAt(value, path, 'a statement')
  knownOnly(statement, statementElements[kind], path)
  const effect = effectAt(statement.Effect, `${path}.Effect`)
  const sid = statement.Sid === undefined ? undefined : stringAt(statement.Sid, `${path}.Sid`)
  return {
    source: path,
    effect,
    ...(sid !== undefined && { sid }),
    ...(kind === 'trust'
      ? {
          principals: oneOf(statement, 'Principal', path, (list, place) =>
            principalsFor(list, place, effect),
          ),
        }
      : {
          resources: oneOf(statement, 'Resource', path, (list, place) => resourcesAt(list, place, variables)),
        }),
    actions: oneOf(statement, 'Action', path, (list, place) => actionsAt(list, place, kind)),
    conditions: conditionsAt(
      statement.Condition === undefined ? {} : statement.Condition,
      `${path}.Condition`,
      variables,
    ),
  }
}

/** `Principal` or `NotPrincipal`, and so on: exactly one of the two. */
function oneOf<T>(
  statement: Record<string, unknown>,
  name: string,
  path: string,
  read: (value: unknown, place: string) => T & { except?: boolean },
): T & { except: boolean } {
  const except = statement[`Not${name}`] !== undefined
  const place = `${path}.${except ? `Not${name}` : name}`
  if (except && statement[name] !== undefined)
    refuse(place, statement[`Not${name}`], `no Not${name} beside ${name}`)
  if (!except && statement[name] === undefined) refuse(place, undefined, `${name} or Not${name}`)
  return { ...read(statement[except ? `Not${name}` : name], place), except }
}

function principalsFor(value: unknown, path: string, effect: Statement['effect']): { list: Principals } {
  if (effect === 'Allow' && path.endsWith('.NotPrincipal'))
    refuse(path, value, 'Principal: AWS takes NotPrincipal with Deny alone')
  return { list: principalsAt(value, path) }
}

function actionsAt(value: unknown, path: string, kind: PolicyKind): Omit<Matcher, 'except'> {
  const actions = stringsAt(value, path)
  for (const action of actions) {
    if (action.text !== '*' && !/^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(action.text))
      refuse(action.path, action.text, '"*" or an action as sts:AssumeRole')
    if (kind === 'trust' && action.text !== '*' && !/^sts:/i.test(action.text))
      refuse(action.path, action.text, 'an action of sts: a trust policy takes no other')
  }
  // Actions are compared without regard to case.
  const globs = actions.map(({ text }) => compileGlob(text.toLowerCase()))
  return {
    listed: actions.map(({ text }) => text),
    matches(action) {
      const folded = action.toLowerCase()
      return globs.some((glob) => glob.matches(folded))
    },
  }
}

function resourcesAt(value: unknown, path: string, variables: boolean): Omit<Matcher, 'except'> {
  const resources = stringsAt(value, path)
  const tests = resources.map(({ text, path: place }) => {
    if (text !== '*' && !/^arn:|^\*|^\$\{/.test(text)) refuse(place, text, '"*" or an ARN')
    return resourceTest(templateAt(text, place, { wildcards: true, variables }))
  })
  return {
    listed: resources.map(({ text }) => text),
    matches: (resource, keys) => tests.some((test) => test(resource, keys)),
  }
}

function resourceTest(template: Template): (resource: string, keys: ConditionKeys) => boolean {
  const glob = template.fixed && compileGlob(template.fixed)
  if (glob) return (resource) => glob.matches(resource)
  return (resource, keys) => {
    const pattern = fillIn(template, keys)
    return pattern !== undefined && compileGlob(pattern).matches(resource)
  }
}

function effectAt(effect: unknown, path: string): Statement['effect'] {
  return effect === 'Allow' || effect === 'Deny' ? effect : refuse(path, effect, '"Allow" or "Deny"')
}

function knownOnly(object: Record<string, unknown>, known: readonly string[], path: string): void {
  for (const name of Object.keys(object)) {
    if (known.includes(name)) continue
    const near = meant(name, known)
    refuse(memberAt(path, name), name, `one of ${known.join(', ')}`, near && `Did you mean ${near}?`)
  }
}

function uniqueSids(statements: readonly Statement[]): void {
  const seen = new Set<string>()
  for (const { sid, source } of statements) {
    if (sid === undefined || sid === '') continue
    if (seen.has(sid)) refuse(`${source}.Sid`, sid, 'a Sid that no other statement has')
    seen.add(sid)
  }
}
