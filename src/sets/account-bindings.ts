import type { GivenServiceAccount, GivenTrust } from '../registry/given.ts'
import { type Binding, compileBindings, type Member } from '../trust/google-bindings.ts'
import type { BindingCondition } from '../trust/google-condition.ts'

/** Somebody who has a role on a service account. */
export interface Bound {
  readonly role: string
  readonly member: Member
  /** Has it only while this holds. */
  readonly condition?: BindingCondition
  /** `bindings[0].members[1]`, with `project.` before what the project's own policy says. */
  readonly source: string
  readonly line: number
}

/** Everybody who has a role on a service account, by its own policy or by its project's; of one that is disabled, nobody. */
export function boundTo(
  { projectNumber, document, place }: GivenServiceAccount,
  { projectBindings }: Pick<GivenTrust, 'projectBindings'>,
): readonly Bound[] {
  if (document.disabled) return []
  const projects = projectBindings.filter((each) => each.projectNumber === projectNumber)
  return [
    ...membersOf(compileBindings(document.bindings), (path) => place.line(path)),
    ...projects.flatMap((each) =>
      membersOf(compileBindings(each.bindings, 'project.bindings'), (path) => each.place.line(path)),
    ),
  ]
}

function membersOf(bindings: readonly Binding[], lineOf: (path: (string | number)[]) => number): Bound[] {
  return bindings.flatMap(({ role, members, condition, source }, i) =>
    members.map((member, j) => ({
      role,
      member,
      ...(condition && { condition }),
      source: `${source}.members[${j}]`,
      line: lineOf(['bindings', i, 'members', j]),
    })),
  )
}
