import { absentClaim, literalWildcard, numberEqual, numberUnequal, unanchored } from './cel-comparisons.ts'
import { fork, movingWorkflow, sshRerun, unprotectedRef } from './cel-jobs.ts'
import { anyOwner, missingCondition, nameNotId, prefix, projectPrefix } from './cel-owners.ts'
import type { ConditionFamily } from './placed-condition.ts'
import type { Rule } from './rule.ts'

/** The rules about the conditions of a family, the worst first. */
export function conditionRules(family: ConditionFamily): readonly Rule[] {
  return [
    missingCondition(family),
    anyOwner(family),
    prefix(family),
    unanchored(family),
    absentClaim(family),
    numberUnequal(family),
    fork(family),
    projectPrefix(family),
    numberEqual(family),
    literalWildcard(family),
    nameNotId(family),
    movingWorkflow(family),
    unprotectedRef(family),
    sshRerun(family),
  ]
}
