import type { RoleDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { roleId } from '../wire/aws-ids.ts'
import type { QueryResult } from '../wire/aws-query.ts'
import { constraints } from './iam-constraints.ts'
import { noSuchEntity } from './iam-errors.ts'
import type { IamCall } from './iam-operation.ts'
import { encodedPolicy } from './iam-policy-text.ts'
import { type Taggable, tagList } from './iam-tags.ts'
import { keysFrom, resourceTagKeys } from './iam-target.ts'
import { principalId, standingTrust } from './iam-trust-policy.ts'
import { madeAt } from './made-at.ts'

export function roleKey(account: string, name: string): string {
  return keyOf('aws', account, 'role', name)
}

export function roleArn(account: string, { path, name }: Pick<RoleDocument, 'path' | 'name'>): string {
  return `arn:aws:iam::${account}:role${path}${name}`
}

export function rolesOf({ account, draft }: IamCall): readonly RoleDocument[] {
  return draft.list(`${keyOf('aws', account, 'role')}/`).map(({ document }) => document as RoleDocument)
}

/** The role that a call names. */
export const role: Taggable<RoleDocument> & { change(call: IamCall, changed: Partial<RoleDocument>): void } =
  {
    named: constraints.roleName,
    on:
      (...keys) =>
      (call) => {
        const { account, parameters, draft } = call
        const name = parameters.get('RoleName')!
        const there = draft.get(roleKey(account, name))?.document as RoleDocument | undefined
        const tags = resourceTagKeys(there?.tags ?? [], ['aws', 'iam'])
        return {
          resource: roleArn(account, there ?? { name, path: '/' }),
          resourceName: `role ${name}`,
          keys: keysFrom([() => tags, ...keys], call, there),
        }
      },
    find({ account, parameters, draft }) {
      const name = parameters.get('RoleName')!
      const found = draft.get(roleKey(account, name))
      if (found) return found.document as RoleDocument
      throw noSuchEntity(`The role with name ${name} cannot be found.`)
    },
    put({ account, draft }, document) {
      draft.put(roleKey(account, document.name), document)
    },
    change(call, changed) {
      role.put(call, { ...role.find(call), ...changed })
    },
  }

/** What every answer says of a role. */
export function roleIdentity(document: RoleDocument, call: IamCall): QueryResult {
  const { account, time } = call
  const { name, path, created } = document
  const arn = roleArn(account, document)
  return {
    Path: path,
    RoleName: name,
    RoleId: document.roleId ?? roleId(arn),
    Arn: arn,
    CreateDate: time(madeAt(created)),
    AssumeRolePolicyDocument: encodedPolicy(standingTrust(document, (each) => principalId(each, call))),
  }
}

/** All that GetRole says. */
export function wholeRole(document: RoleDocument, call: IamCall): QueryResult {
  const { description, maxSessionDuration, permissionsBoundary, tags = [] } = document
  return {
    ...roleIdentity(document, call),
    ...(description !== undefined && { Description: description }),
    MaxSessionDuration: maxSessionDuration,
    ...(permissionsBoundary !== undefined && {
      PermissionsBoundary: {
        PermissionsBoundaryType: 'Policy',
        PermissionsBoundaryArn: permissionsBoundary,
      },
    }),
    ...(tags.length > 0 && { Tags: tagList(tags) }),
    // Nothing here keeps when a role was used.
    RoleLastUsed: {},
  }
}
