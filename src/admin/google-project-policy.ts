import type { BindingDocument, GoogleProjectDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { failedPrecondition } from './google-errors.ts'
import { testPermissions } from './google-iam-policy.ts'
import type { GoogleCall, GoogleMethods } from './google-method.ts'
import { givenBindings, modifiedRoles, requestedVersion, shownPolicy } from './google-policy.ts'

// A project's policy is what the trust file says of it, which no call takes back, and what calls have added.

/** @see https://cloud.google.com/resource-manager/reference/rest/v3/projects/setIamPolicy */
export const projectPolicies: GoogleMethods = {
  'projects.getIamPolicy': {
    permission: 'resourcemanager.projects.getIamPolicy',
    run: (call) => shownPolicy(merged([...declared(call), ...added(call)]), requestedVersion(call)),
  },
  'projects.setIamPolicy': {
    permission: 'resourcemanager.projects.setIamPolicy',
    run(call) {
      const current = merged([...declared(call), ...added(call)])
      const bindings = merged(givenBindings(call, current))
      call.demand('resourcemanager.projects.setIamPolicy', {
        'iam.googleapis.com/modifiedGrantsByRole': modifiedRoles(current, bindings),
      })
      const more = besides(declared(call), bindings)
      if (more.length > 0) call.draft.put(addedKey(call), more)
      else call.draft.remove(addedKey(call))
      return shownPolicy(bindings, 3)
    },
  },
  'projects.testIamPermissions': testPermissions,
}

function declared({ draft, project }: GoogleCall): readonly BindingDocument[] {
  const found = draft.get(keyOf('google', project.projectNumber))?.document as
    | GoogleProjectDocument
    | undefined
  return found?.bindings ?? []
}

function addedKey({ project }: GoogleCall): string {
  return keyOf('google', project.projectNumber, 'setting', 'addedBindings')
}

function added(call: GoogleCall): readonly BindingDocument[] {
  return (call.draft.get(addedKey(call))?.document ?? []) as readonly BindingDocument[]
}

const kindOf = ({ role, condition }: BindingDocument) => JSON.stringify([role, condition])

/** One binding for each role and condition, as Google has it. */
function merged(bindings: readonly BindingDocument[]): BindingDocument[] {
  return [...Map.groupBy(bindings, kindOf).values()].map((alike) => ({
    ...alike[0]!,
    members: [...new Set(alike.flatMap(({ members }) => members))],
  }))
}

/** Of a policy, what it has more than the trust file's bindings. @throws REGISTRY_STATE where it lacks some of those */
function besides(
  fixed: readonly BindingDocument[],
  bindings: readonly BindingDocument[],
): readonly BindingDocument[] {
  const fixedMembers = new Map(merged(fixed).map((each) => [kindOf(each), each.members]))
  const kept = new Map(bindings.map((each) => [kindOf(each), each.members]))
  for (const [kind, members] of fixedMembers)
    for (const member of members) if (!kept.get(kind)?.includes(member)) throw inFile(kind, member)
  return bindings
    .map((each) => {
      const fixedHere = fixedMembers.get(kindOf(each)) ?? []
      return { ...each, members: each.members.filter((member) => !fixedHere.includes(member)) }
    })
    .filter(({ members }) => members.length > 0)
}

function inFile(kind: string, member: string) {
  const [role] = JSON.parse(kind) as [string]
  return failedPrecondition(
    `${role} of ${member} is registered by the trust file of Mayfly, and is taken back there.`,
  )
}
