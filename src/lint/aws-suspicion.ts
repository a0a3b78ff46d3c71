import { type Opening, openingOf } from './platforms.ts'
import type { Rule, Suspicion } from './rule.ts'
import {
  type Condition,
  isPattern,
  put,
  restricts,
  take,
  type WebStatement,
  webStatements,
  withConditions,
} from './statements.ts'
import { jobMeant, meantToken, tokenOf } from './tokens.ts'

// What the rules about AWS roles share.

export function suspected(statement: WebStatement, path: Suspicion['path']) {
  return {
    document: { kind: 'role', given: statement.role },
    path,
    effect: 'admits',
    legitimate: [meantToken(statement), tokenOf(statement, jobMeant(statement))],
  } as const satisfies Partial<Suspicion>
}

/** Whether some condition keeps out what lacks a subject, or a claim that names an owner. */
export function namesTenant({ conditions, platform }: WebStatement): boolean {
  return conditions.some(
    (each) =>
      restricts(each) && each.claim !== undefined && ['sub', ...platform.tenantClaims].includes(each.claim),
  )
}

/** A statement, its condition on the subject, and one of the values of that. */
export type Pattern = readonly [WebStatement, Condition, string]

/** Patterns for subjects that are open so far. */
export function patternsOf(given: Parameters<Rule['find']>[0], opening: Opening): Pattern[] {
  return webStatements(given).flatMap((statement) =>
    statement.conditions
      .filter((each) => each.claim === 'sub' && restricts(each) && isPattern(each))
      .flatMap((condition) =>
        condition.values
          .filter((value) => openingOf(value, statement.platform) === opening)
          .map((value): Pattern => [statement, condition, value]),
      ),
  )
}

/** With one subject in place of the patterns. */
export function narrowed(statement: WebStatement, condition: Condition, subject: string) {
  return withConditions(statement, (block) => {
    take(block, condition)
    put(block, 'StringEquals', condition.key, subject)
  })
}
