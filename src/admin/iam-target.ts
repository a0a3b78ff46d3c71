import type { RoleDocument, TagDocument } from '../registry/documents.ts'
import { membersOf, type Parameters } from '../wire/aws-parameters.ts'
import type { IamCall } from './iam-operation.ts'

/** A call whose caller may not have been permitted yet. */
export type AskedCall = Pick<IamCall, 'account' | 'parameters' | 'draft'>

type Key = readonly [name: string, value: string | readonly string[]]

/** What the caller of an operation has to be allowed. */
export interface IamTarget {
  /** An ARN; `*` where the operation is on nothing in particular. */
  readonly resource: string
  /** How AWS calls it in a refusal, where not so. */
  readonly resourceName?: string
  /** The condition keys that the operation has, names in lower case. */
  readonly keys: ReadonlyMap<string, string | readonly string[]>
  /** Actions that have to be allowed besides its own. */
  readonly also?: readonly string[]
}

/** Gives condition keys of one kind. `there` is what the call is on, where that is registered. */
export type KeySource = (call: AskedCall, there?: Partial<RoleDocument>) => readonly Key[]

export function keysFrom(
  sources: readonly KeySource[],
  call: AskedCall,
  there?: Partial<RoleDocument>,
): IamTarget['keys'] {
  return new Map(sources.flatMap((source) => source(call, there)))
}

/** Of an operation on the account, or on everything of a kind. */
export function onAll(resourceName?: (call: AskedCall) => string): (call: AskedCall) => IamTarget {
  return (call) => ({
    resource: '*',
    ...(resourceName && { resourceName: resourceName(call) }),
    keys: new Map(),
  })
}

// Which operation has which: "Actions, resources, and condition keys for AWS IAM" in the Service Authorization Reference.

export const policyArnKey: KeySource = ({ parameters }) => given('iam:policyarn', parameters.get('PolicyArn'))

/** The boundary that a call sets. */
export const newBoundaryKey: KeySource = ({ parameters }) =>
  given('iam:permissionsboundary', parameters.get('PermissionsBoundary'))

/** The boundary that the role has. */
export const boundaryKey: KeySource = (_, there) =>
  given('iam:permissionsboundary', there?.permissionsBoundary)

/** The tags that a call passes. */
export const tagKeys: KeySource = ({ parameters }) => {
  const tags = membersOf(parameters, 'Tags').map((each) => [each.get('Key')!, each.get('Value')!] as const)
  if (tags.length === 0) return []
  const values = tags.map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, value] as const)
  return [...values, ['aws:tagkeys', tags.map(([key]) => key)]]
}

/** The keys of tags that a call takes away. */
export const removedTagKeys: KeySource = ({ parameters }) => {
  const keys = membersOf(parameters, 'TagKeys').map((each) => each.get('')!)
  return keys.length > 0 ? [['aws:tagkeys', keys]] : []
}

/** The tags of what a call is on. Those of roles have a name of IAM's own too. */
export function resourceTagKeys(tags: readonly TagDocument[], services: readonly string[]): readonly Key[] {
  return tags.flatMap(({ key, value }) =>
    services.map((service) => [`${service}:resourcetag/${key.toLowerCase()}`, value] as const),
  )
}

/** What whoever makes something has to be allowed besides, where it gets tags. */
export function tagging(action: string, parameters: Parameters): Pick<IamTarget, 'also'> {
  return membersOf(parameters, 'Tags').length > 0 ? { also: [action] } : {}
}

function given(name: string, value: string | undefined): readonly Key[] {
  return value === undefined ? [] : [[name, value]]
}
