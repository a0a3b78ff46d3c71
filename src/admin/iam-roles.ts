import type { RoleDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { newRoleId } from '../wire/aws-ids.ts'
import type { Parameters } from '../wire/aws-parameters.ts'
import { attachable } from './iam-attachable.ts'
import { constraints } from './iam-constraints.ts'
import { alreadyExists, deleteConflict } from './iam-errors.ts'
import type { IamCall, IamOperation, IamOperations } from './iam-operation.ts'
import { pageOf, pageParameters } from './iam-pages.ts'
import { role, roleArn, roleIdentity, roleKey, rolesOf, wholeRole } from './iam-role.ts'
import { tagList, tagOperations, tagsIn } from './iam-tags.ts'
import { boundaryKey, keysFrom, newBoundaryKey, onAll, tagging, tagKeys } from './iam-target.ts'
import { trustPolicyIn } from './iam-trust-policy.ts'

const create: IamOperation = {
  wanted: [
    constraints.path,
    constraints.roleName,
    constraints.trustPolicy,
    constraints.description,
    constraints.maxSessionDuration,
    constraints.boundary,
    constraints.tags,
  ],
  unsupported: ['MaxSigninSessionDuration'],
  target(call) {
    const { account, parameters } = call
    const asked = { path: parameters.get('Path') ?? '/', name: parameters.get('RoleName')! }
    return {
      resource: roleArn(account, asked),
      keys: keysFrom([newBoundaryKey, tagKeys], call),
      ...tagging('iam:TagRole', parameters),
    }
  },
  run(call) {
    const { account, parameters, draft } = call
    const name = parameters.get('RoleName')!
    // IAM keeps role names apart without regard to letter case.
    const taken = rolesOf(call).some((each) => each.name.toLowerCase() === name.toLowerCase())
    if (taken) throw alreadyExists(`Role with name ${name} already exists.`)
    const document = newRole(call, name)
    draft.put(roleKey(account, name), document)
    const { tags = [] } = document
    return { Role: { ...roleIdentity(document, call), ...(tags.length > 0 && { Tags: tagList(tags) }) } }
  },
}

function newRole(call: IamCall, name: string): RoleDocument {
  const { parameters, nowMs } = call
  const tags = tagsIn(parameters)
  const boundary = parameters.get('PermissionsBoundary')
  return {
    name,
    path: parameters.get('Path') ?? '/',
    maxSessionDuration: Number(parameters.get('MaxSessionDuration') ?? 3600),
    ...trustPolicyIn(parameters.get('AssumeRolePolicyDocument')!, call),
    policies: [],
    ...described(parameters),
    ...(boundary !== undefined && { permissionsBoundary: attachable(boundary, call) }),
    ...(tags.length > 0 && { tags }),
    roleId: newRoleId(),
    created: new Date(nowMs).toISOString(),
  }
}

const get: IamOperation = {
  wanted: [constraints.roleName],
  target: role.on(boundaryKey),
  run: (call) => ({ Role: wholeRole(role.find(call), call) }),
}

const list: IamOperation = {
  wanted: [constraints.pathPrefix, ...pageParameters],
  target: onAll(
    ({ account, parameters }) => `arn:aws:iam::${account}:role${parameters.get('PathPrefix') ?? '/'}`,
  ),
  run(call) {
    const prefix = call.parameters.get('PathPrefix') ?? '/'
    const found = rolesOf(call).filter(({ path }) => path.startsWith(prefix))
    const { items, rest } = pageOf(found, ({ name }) => keyOf(name), call.parameters)
    return { Roles: items.map((each) => listed(each, call)), ...rest }
  },
}

function listed(document: RoleDocument, call: IamCall) {
  const { description, maxSessionDuration } = document
  return {
    ...roleIdentity(document, call),
    ...(description !== undefined && { Description: description }),
    MaxSessionDuration: maxSessionDuration,
  }
}

const update: IamOperation = {
  wanted: [constraints.roleName, constraints.description, constraints.maxSessionDuration],
  unsupported: ['MaxSigninSessionDuration', 'ResetMaxSigninSessionDuration'],
  target: role.on(boundaryKey),
  run(call) {
    const seconds = call.parameters.get('MaxSessionDuration')
    role.change(call, {
      ...described(call.parameters),
      ...(seconds !== undefined && { maxSessionDuration: Number(seconds) }),
    })
    return {}
  },
}

const updateDescription: IamOperation = {
  wanted: [constraints.roleName, constraints.newDescription],
  target: role.on(boundaryKey),
  run(call) {
    role.change(call, described(call.parameters))
    return { Role: wholeRole(role.find(call), call) }
  },
}

const updateTrust: IamOperation = {
  wanted: [constraints.roleName, constraints.policyDocument],
  target: role.on(boundaryKey),
  run(call) {
    role.change(call, trustPolicyIn(call.parameters.get('PolicyDocument')!, call))
  },
}

const remove: IamOperation = {
  wanted: [constraints.roleName],
  target: role.on(boundaryKey),
  run(call) {
    const { name, managedPolicyArns = [], inlinePolicies = [], policies } = role.find(call)
    if (managedPolicyArns.length > 0)
      throw deleteConflict('Cannot delete entity, must detach all policies first.')
    if (inlinePolicies.length + policies.length > 0)
      throw deleteConflict('Cannot delete entity, must delete policies first.')
    call.draft.remove(roleKey(call.account, name))
  },
}

const putBoundary: IamOperation = {
  wanted: [constraints.roleName, constraints.newBoundary],
  target: role.on(newBoundaryKey),
  run(call) {
    const arn = call.parameters.get('PermissionsBoundary')!
    role.change(call, { permissionsBoundary: attachable(arn, call) })
  },
}

const removeBoundary: IamOperation = {
  wanted: [constraints.roleName],
  target: role.on(boundaryKey),
  run(call) {
    const { permissionsBoundary: _, ...rest } = role.find(call)
    role.put(call, rest)
  },
}

/** There are none here; clients ask before they delete a role. */
const instanceProfiles: IamOperation = {
  wanted: [constraints.roleName, ...pageParameters],
  target: role.on(),
  run(call) {
    role.find(call)
    return { InstanceProfiles: [], IsTruncated: false }
  },
}

const { tag, untag, list: listTags } = tagOperations(role)

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const roles: IamOperations = {
  CreateRole: create,
  GetRole: get,
  ListRoles: list,
  UpdateRole: update,
  UpdateRoleDescription: updateDescription,
  UpdateAssumeRolePolicy: updateTrust,
  DeleteRole: remove,
  PutRolePermissionsBoundary: putBoundary,
  DeleteRolePermissionsBoundary: removeBoundary,
  ListInstanceProfilesForRole: instanceProfiles,
  TagRole: tag,
  UntagRole: untag,
  ListRoleTags: listTags,
}

function described(parameters: Parameters): Pick<RoleDocument, 'description'> {
  const description = parameters.get('Description')
  return description === undefined ? {} : { description }
}
