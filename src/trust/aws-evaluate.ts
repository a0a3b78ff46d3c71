import { checkOf } from './aws-condition.ts'
import type { Matcher, Policy, Statement } from './aws-policy.ts'
import { type AwsPrincipal, isSpared, nameOf, type Reach, reachOf } from './aws-principal.ts'
import type { ConditionKeys } from './aws-variables.ts'
import type { Check } from './decision.ts'

export type { AwsPrincipal, Reach } from './aws-principal.ts'
export type { ConditionKeys } from './aws-variables.ts'

/** What is asked, by whom, and under which circumstances. */
export interface AwsRequest {
  /** `sts:AssumeRoleWithWebIdentity` */
  readonly action: string
  /** The ARN that is acted on; identity policies alone look at it. */
  readonly resource?: string
  readonly principal: AwsPrincipal
  /** By name in lower case. */
  readonly keys: ConditionKeys
  /** Keys in lower case for claims that the token has and AWS offers no condition key for; for hints alone. */
  readonly withheld?: ReadonlySet<string>
}

export interface Verdict {
  readonly effect: 'allow' | 'explicit-deny' | 'implicit-deny'
  /**
   * By what an allowing trust policy reached the principal; of several, the one that asks least of it. `account`
   * needs an identity policy that allows the same; so does a principal of another account, however it was reached.
   */
  readonly matchedBy?: Reach
}

/**
 * Evaluates policies of one kind together: a Deny that applies wins, else an Allow that applies, else nothing.
 * With a `trace` every element of every statement is looked at and recorded, and the verdict as the check `name`; it is
 * the same verdict.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(
  policies: Policy | readonly Policy[],
  request: AwsRequest,
  trace?: Check[],
  name = isTrust(policies) ? 'trust-policy' : 'identity-policy',
): Verdict {
  const list: readonly Policy[] = 'statements' in policies ? [policies] : policies
  let matchedBy: Reach | undefined
  let denied: Statement | undefined
  for (const { statements, unknown } of list) {
    if (unknown !== undefined) trace?.push(unknownCheck(unknown))
    for (const statement of statements) {
      const reach = applies(statement, request, trace)
      if (reach === undefined) continue
      if (statement.effect === 'Deny') denied ??= statement
      else matchedBy = closest(matchedBy, reach)
    }
  }
  const verdict = verdictOf(matchedBy, denied !== undefined)
  trace?.push(policyCheck(name, verdict, denied))
  return verdict
}

/** The Deny statements that apply to a request. */
export function denying(policies: readonly Policy[], request: AwsRequest): readonly Statement[] {
  const statements = policies.flatMap((each) => each.statements)
  return statements.filter((each) => each.effect === 'Deny' && applies(each, request) !== undefined)
}

function isTrust(policies: Policy | readonly Policy[]): boolean {
  return ('statements' in policies ? policies : policies[0])?.kind === 'trust'
}

function verdictOf(matchedBy: Reach | undefined, denied: boolean): Verdict {
  if (denied) return { effect: 'explicit-deny' }
  return matchedBy === undefined ? { effect: 'implicit-deny' } : { effect: 'allow', matchedBy }
}

const nearness: readonly Reach[] = ['account', 'everyone', 'role', 'principal']

function closest(one: Reach | undefined, other: Reach): Reach {
  return one !== undefined && nearness.indexOf(one) > nearness.indexOf(other) ? one : other
}

/** By what a statement reaches the principal, if all its elements fit the request. */
function applies(statement: Statement, request: AwsRequest, trace?: Check[]): Reach | undefined {
  const { principals, actions, resources, conditions } = statement
  const reach = reachIn(statement, request.principal)
  let fits = reach !== undefined
  if (principals) trace?.push(principalCheck(statement, request.principal, fits))
  if (!fits && !trace) return undefined

  const acts = fitsIn(actions, request.action, request.keys)
  trace?.push(matcherCheck('action', statement, actions, request.action, acts))
  fits &&= acts
  if (!fits && !trace) return undefined

  if (resources) {
    const touches = fitsIn(resources, request.resource ?? '*', request.keys)
    trace?.push(matcherCheck('resource', statement, resources, request.resource, touches))
    fits &&= touches
  }
  for (const condition of conditions) {
    if (!fits && !trace) return undefined
    const holds = condition.holds(request.keys)
    trace?.push(checkOf(condition, holds, request.keys, request.withheld))
    fits &&= holds
  }
  trace?.push(statementCheck(statement, fits))
  return fits ? reach : undefined
}

function reachIn({ principals }: Statement, principal: AwsPrincipal): Reach | undefined {
  if (!principals) return 'principal'
  if (!principals.except) return reachOf(principals.list, principal)
  return isSpared(principals.list, principal) ? undefined : 'everyone'
}

function fitsIn(matcher: Matcher, value: string, keys: ConditionKeys): boolean {
  return matcher.matches(value, keys) !== matcher.except
}

function unknownCheck(arn: string): Check {
  const hint = arn.includes('::aws:')
    ? `What ${arn} says is not known here, so it allows nothing: put what is needed of it into a policy of your own`
    : `${arn} is not registered any more, so it allows nothing: register it again`
  return { check: 'managed-policy', outcome: 'not-checked', hint, part: true }
}

function principalCheck(statement: Statement, principal: AwsPrincipal, fits: boolean): Check {
  const { except, list } = statement.principals!
  const element = except ? 'NotPrincipal' : 'Principal'
  return {
    check: 'principal',
    outcome: fits ? 'pass' : 'fail',
    presented: nameOf(principal),
    expected: list.listed,
    operator: element,
    source: `${statement.source}.${element}`,
    part: true,
  }
}

function matcherCheck(
  check: 'action' | 'resource',
  statement: Statement,
  matcher: Matcher,
  presented: string | undefined,
  fits: boolean,
): Check {
  const name = check === 'action' ? 'Action' : 'Resource'
  const element = matcher.except ? `Not${name}` : name
  return {
    check,
    outcome: fits ? 'pass' : 'fail',
    ...(presented !== undefined && { presented }),
    expected: matcher.listed,
    operator: element,
    source: `${statement.source}.${element}`,
    part: true,
  }
}

// An Allow passes by applying, a Deny by not applying.
function statementCheck(statement: Statement, fits: boolean): Check {
  return {
    check: 'statement',
    outcome: fits === (statement.effect === 'Allow') ? 'pass' : 'fail',
    operator: statement.effect,
    source: statement.source,
    ...(statement.sid && { expected: statement.sid }),
    part: true,
  }
}

function policyCheck(name: string, verdict: Verdict, denied: Statement | undefined): Check {
  const hint = denied
    ? `${denied.source} denies it, and a Deny wins over every Allow`
    : 'No Allow statement applies'
  return {
    check: name,
    outcome: verdict.effect === 'allow' ? 'pass' : 'fail',
    ...(denied && { source: denied.source }),
    ...(verdict.effect !== 'allow' && { hint }),
  }
}
