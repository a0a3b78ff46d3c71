import { suspected } from './aws-suspicion.ts'
import type { Claims, Rule, Suspicion } from './rule.ts'
import {
  always,
  type Condition,
  isPattern,
  oneOrList,
  put,
  restricts,
  take,
  type WebStatement,
  webStatements,
  withConditions,
} from './statements.ts'
import { filled, jobMeant, meantToken, strangers, tokenOf } from './tokens.ts'

// How an AWS condition compares: operators that hold where nothing was presented, and those that never hold.

export const forAllValues: Rule = {
  id: 'aws-for-all-values',
  severity: 'high',
  what: 'ForAllValues holds when the token has no such claim',
  why: 'ForAllValues asks of every value that was presented, and of none it is true: a token without the claim passes.',
  find: (given) =>
    holdingWhenAbsent(
      given,
      (each) => each.forAll && isOptional(each),
      'holds for a token without the claim',
    ),
}

export const ifExists: Rule = {
  id: 'aws-if-exists',
  severity: 'high',
  what: '…IfExists holds when the token has no such claim',
  why: 'A token without the claim passes: IfExists makes the condition optional.',
  find: (given) =>
    holdingWhenAbsent(given, (each) => each.ifExists && !each.forAll && isOptional(each), 'is optional'),
}

export const optionalSubject: Rule = {
  id: 'aws-optional-operator',
  severity: 'medium',
  what: 'ForAllValues or …IfExists on sub or aud',
  why: 'AWS refuses tokens without sub or aud, so no token gets through by this today. Its check of trust for shared issuers does not count such conditions, and whoever copies one to another claim opens the role.',
  find: (given) =>
    conditionsOf(given)
      .filter(([, each]) => always.includes(each.claim) && !each.negated && (each.forAll || each.ifExists))
      .map(([statement, condition]) => ({
        ...suspected(statement, condition.path),
        message: `${condition.operator} on ${condition.key} is not a condition that AWS counts`,
        effect: 'weakens',
        tokens: [],
        fixed: plain(statement),
      })),
}

export const negatedOperator: Rule = {
  id: 'aws-negated-operator',
  severity: 'high',
  what: 'a negated operator lets in all that it does not name, and every token without the claim',
  why: 'A list of who is kept out is never complete, and a token that lacks the claim passes as well.',
  find: (given) =>
    holdingWhenAbsent(
      given,
      (each) => each.negated && !each.forAll && !each.ifExists,
      'keeps out what it names alone',
    ),
}

export const nullTrue: Rule = {
  id: 'aws-null-true',
  severity: 'high',
  what: 'Null: true lets in the tokens that lack a claim',
  why: 'The condition holds for tokens without the claim, and keeps out those that have it.',
  find: (given) =>
    holdingWhenAbsent(
      given,
      (each) => each.base === 'Null' && each.values.includes('true'),
      'asks that the claim be absent',
    ),
}

export const literalWildcard: Rule = {
  id: 'aws-literal-wildcard',
  severity: 'medium',
  what: 'StringEquals takes * and ? literally',
  why: 'No subject has a * in it, so nobody can assume the role: StringLike takes it for a wildcard.',
  find: (given) =>
    conditionsOf(given)
      .filter(([, each]) => restricts(each) && /^StringEquals/.test(each.base) && each.claim !== undefined)
      .filter(([, { values }]) => values.some((value) => /[*?]/.test(value)))
      .map(([statement, condition]) => {
        const pattern = condition.values.find((value) => /[*?]/.test(value))!
        const meant = meantToken(statement, { [condition.claim!]: meantValue(statement, condition, pattern) })
        return {
          ...suspected(statement, condition.path),
          message: `${condition.operator} compares ${JSON.stringify(pattern)} character for character`,
          effect: 'refuses',
          tokens: [meant],
          legitimate: [meant],
          fixed: withConditions(statement, (block) => {
            take(block, condition)
            put(block, 'StringLike', condition.key, oneOrList(condition.values))
          }),
        }
      }),
}

function meantValue(statement: WebStatement, { claim }: Condition, pattern: string): string {
  const token = tokenOf(statement, jobMeant(statement))
  const usual = String(token[claim!] ?? '')
  const literal = pattern.replace(/[*?].*$/, '')
  return usual.startsWith(literal) ? usual : filled(pattern)
}

/** With every such condition as one that AWS counts. */
function plain(statement: WebStatement) {
  const optional = statement.conditions.filter(
    (each) => always.includes(each.claim) && (each.forAll || each.ifExists),
  )
  return withConditions(statement, (block) => {
    for (const each of optional) {
      take(block, each)
      put(block, each.base, each.key, oneOrList(each.values))
    }
  })
}

/** Of a claim that tokens may lack, or negated: what is optional then is the whole condition. */
function isOptional({ claim, negated }: Condition): boolean {
  return negated || !always.includes(claim)
}

type Found = readonly [WebStatement, Condition]

function conditionsOf(given: Parameters<Rule['find']>[0]): Found[] {
  return webStatements(given).flatMap((statement) =>
    statement.conditions.map((each): Found => [statement, each]),
  )
}

function holdingWhenAbsent(
  given: Parameters<Rule['find']>[0],
  is: (condition: Condition) => boolean,
  what: string,
): Suspicion[] {
  return conditionsOf(given)
    .filter(([, condition]) => condition.claim !== undefined && is(condition))
    .map(([statement, condition]) => ({
      ...suspected(statement, condition.path),
      message: `${condition.operator} on ${condition.key} ${what}`,
      tokens: tokensWithout(statement, condition),
      legitimate: [meantToken(statement, { [condition.claim!]: meantOf(statement, condition) })],
      fixed: demanded(statement, condition),
    }))
}

/** Tokens that lack the claim, of the project itself and of strangers; those that cannot lack it have another value. */
function tokensWithout(statement: WebStatement, condition: Condition): Claims[] {
  const claim = condition.claim!
  const [pattern] = condition.values
  const jobs = [jobMeant(statement), ...strangers(pattern ?? '')]
  const { [claim]: _, ...meant } = meantToken(statement)
  const strange = jobs.map((job) => tokenOf(statement, job))
  const bare = strange.map(({ [claim]: _, ...rest }) => rest)
  return claim === 'sub' || claim === 'aud' ? strange.slice(1) : [meant, ...bare]
}

/** The condition as one that the token has to meet. */
function demanded(statement: WebStatement, condition: Condition) {
  const { operator, key, values } = condition
  const plain = isPattern(condition) && !condition.negated ? 'StringLike' : 'StringEquals'
  const closed = condition.negated || condition.base === 'Null'
  const wanted = closed ? meantOf(statement, condition) : oneOrList(values)
  return withConditions(statement, (block) => {
    take(block, { ...condition, operator })
    put(block, plain, key, wanted)
  })
}

/** A value of the claim that is meant: of a condition that names what is not, the one that tokens usually have. */
function meantOf(statement: WebStatement, condition: Condition): string {
  const usual = tokenOf(statement, jobMeant(statement))[condition.claim!]
  const [value = ''] = condition.values
  if (condition.negated || condition.base === 'Null') return String(usual ?? 'production')
  return isPattern(condition) ? meantValue(statement, condition, value) : value
}
