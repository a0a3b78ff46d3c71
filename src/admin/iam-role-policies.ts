import type { NamedPolicyDocument, RoleDocument } from '../registry/documents.ts'
import { attachable } from './iam-attachable.ts'
import { constraints } from './iam-constraints.ts'
import { limitExceeded, noSuchEntity, overQuota } from './iam-errors.ts'
import { checkPolicyArn } from './iam-managed-policy.ts'
import type { IamOperation, IamOperations } from './iam-operation.ts'
import { pageOf, pageParameters } from './iam-pages.ts'
import { encodedPolicy, policyIn, policySize } from './iam-policy-text.ts'
import { role } from './iam-role.ts'
import { boundaryKey, policyArnKey } from './iam-target.ts'

/** Characters of all inline policies of a role, without blanks. */
const largestPolicies = 10_240
const mostAttached = 10

const put: IamOperation = {
  wanted: [constraints.roleName, constraints.policyName, constraints.policyDocument],
  target: role.on(boundaryKey),
  run(call) {
    const name = call.parameters.get('PolicyName')!
    const policyDocument = policyIn(call.parameters.get('PolicyDocument')!, 'identity')
    const document = role.find(call)
    const { inlinePolicies = [] } = document
    const kept = inlinePolicies.filter((each) => each.name !== name)
    const changed = { ...document, inlinePolicies: [...kept, { name, policyDocument }] }
    if (sizeOf(changed) > largestPolicies)
      throw limitExceeded(
        `Maximum policy size of ${largestPolicies} bytes exceeded for role ${document.name}`,
      )
    role.put(call, changed)
  },
}

const get: IamOperation = {
  wanted: [constraints.roleName, constraints.policyName],
  target: role.on(),
  run(call) {
    const document = role.find(call)
    const name = call.parameters.get('PolicyName')!
    const found = namedPolicies(document).find((each) => each.name === name)
    if (!found) throw noPolicy(name)
    return {
      RoleName: document.name,
      PolicyName: name,
      PolicyDocument: encodedPolicy(found.policyDocument),
    }
  },
}

const list: IamOperation = {
  wanted: [constraints.roleName, ...pageParameters],
  target: role.on(),
  run(call) {
    const names = namedPolicies(role.find(call)).map(({ name }) => name)
    const { items, rest } = pageOf(names.sort(), (name) => name, call.parameters)
    return { PolicyNames: items, ...rest }
  },
}

const remove: IamOperation = {
  wanted: [constraints.roleName, constraints.policyName],
  target: role.on(boundaryKey),
  run(call) {
    const document = role.find(call)
    const name = call.parameters.get('PolicyName')!
    if (!namedPolicies(document).some((each) => each.name === name)) throw noPolicy(name)
    const { inlinePolicies = [] } = document
    role.put(call, { ...document, inlinePolicies: inlinePolicies.filter((each) => each.name !== name) })
  },
}

const attach: IamOperation = {
  wanted: [constraints.roleName, constraints.policyArn],
  target: role.on(policyArnKey, boundaryKey),
  run(call) {
    const { managedPolicyArns = [] } = role.find(call)
    const arn = attachable(call.parameters.get('PolicyArn')!, call)
    if (managedPolicyArns.includes(arn)) return
    if (managedPolicyArns.length >= mostAttached) throw overQuota('PoliciesPerRole', mostAttached)
    role.change(call, { managedPolicyArns: [...managedPolicyArns, arn] })
  },
}

const detach: IamOperation = {
  wanted: [constraints.roleName, constraints.policyArn],
  target: role.on(policyArnKey, boundaryKey),
  run(call) {
    const { managedPolicyArns = [] } = role.find(call)
    const arn = call.parameters.get('PolicyArn')!
    if (!managedPolicyArns.includes(arn)) throw notAttached(arn)
    role.change(call, { managedPolicyArns: managedPolicyArns.filter((each) => each !== arn) })
  },
}

const listAttached: IamOperation = {
  wanted: [constraints.roleName, constraints.policyPathPrefix, ...pageParameters],
  target: role.on(),
  run(call) {
    const prefix = call.parameters.get('PathPrefix') ?? '/'
    const { managedPolicyArns = [] } = role.find(call)
    const arns = managedPolicyArns.filter((arn) => arn.slice(arn.indexOf('/')).startsWith(prefix)).sort()
    const { items, rest } = pageOf(arns, (arn) => arn, call.parameters)
    const policies = items.map((arn) => ({
      PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
      PolicyArn: arn,
    }))
    return { AttachedPolicies: policies, ...rest }
  },
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export const rolePolicies: IamOperations = {
  PutRolePolicy: put,
  GetRolePolicy: get,
  ListRolePolicies: list,
  DeleteRolePolicy: remove,
  AttachRolePolicy: attach,
  DetachRolePolicy: detach,
  ListAttachedRolePolicies: listAttached,
}

/** A trust file gives its policies no names: they are called by their places. */
function namedPolicies({ policies, inlinePolicies = [] }: RoleDocument): readonly NamedPolicyDocument[] {
  return [
    ...policies.map((policyDocument, i) => ({ name: `policy-${i + 1}`, policyDocument })),
    ...inlinePolicies,
  ]
}

function sizeOf(document: RoleDocument): number {
  return namedPolicies(document).reduce((size, each) => size + policySize(each.policyDocument), 0)
}

function notAttached(arn: string) {
  checkPolicyArn(arn)
  return noSuchEntity(`Policy ${arn} was not found.`)
}

function noPolicy(name: string) {
  return noSuchEntity(`The role policy with name ${name} cannot be found.`)
}
