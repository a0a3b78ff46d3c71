import type { ManagedPolicyDocument } from '../registry/documents.ts'
import type { Parameters } from '../wire/aws-parameters.ts'
import { constraints } from './iam-constraints.ts'
import { alreadyExists, deleteConflict, overQuota } from './iam-errors.ts'
import {
  allOfAws,
  changeablePolicy,
  namedPolicy,
  ownPolicies,
  policyArn,
  policyKey,
  policyResult,
  taggablePolicy,
  versionsOf,
} from './iam-managed-policy.ts'
import type { IamOperation, IamOperations } from './iam-operation.ts'
import { pageOf, pageParameters } from './iam-pages.ts'
import { listEntities } from './iam-policy-entities.ts'
import { heldAs, policyHolders } from './iam-policy-holders.ts'
import { policyIn, policySize } from './iam-policy-text.ts'
import { tagOperations, tagsIn } from './iam-tags.ts'
import { keysFrom, onAll, tagging, tagKeys } from './iam-target.ts'

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const mostPolicies = 1500
/** Characters of a managed policy, without blanks. */
const largestPolicy = 6144

const create: IamOperation = {
  wanted: [
    constraints.policyName,
    constraints.policyPath,
    constraints.policyDocument,
    constraints.policyDescription,
    constraints.tags,
  ],
  target(call) {
    const { account, parameters } = call
    const name = parameters.get('PolicyName')!
    return {
      resource: policyArn(account, { path: parameters.get('Path') ?? '/', name }),
      resourceName: `policy ${name}`,
      keys: keysFrom([tagKeys], call),
      ...tagging('iam:TagPolicy', parameters),
    }
  },
  run(call) {
    const { account, parameters, draft, nowMs } = call
    const name = parameters.get('PolicyName')!
    const there = ownPolicies(call)
    const taken = there.some(({ document }) => document.name.toLowerCase() === name.toLowerCase())
    if (taken) throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`)
    if (there.length >= mostPolicies) throw overQuota('PoliciesPerAccount', mostPolicies)
    const tags = tagsIn(parameters)
    const description = parameters.get('Description')
    const document: ManagedPolicyDocument = {
      name,
      path: parameters.get('Path') ?? '/',
      policyDocument: managedPolicyIn(parameters),
      ...(description !== undefined && { description }),
      ...(tags.length > 0 && { tags }),
      created: new Date(nowMs).toISOString(),
    }
    draft.put(policyKey(account, name), document)
    return {
      Policy: policyResult({ arn: policyArn(account, document), document }, call),
    }
  },
}

const get: IamOperation = {
  wanted: [constraints.policyArn],
  target: taggablePolicy.on(),
  run: (call) => ({ Policy: policyResult(namedPolicy(call), call) }),
}

const list: IamOperation = {
  wanted: [
    constraints.scope,
    constraints.onlyAttached,
    constraints.policyPathPrefix,
    constraints.usage,
    ...pageParameters,
  ],
  target: onAll(({ parameters }) => `policy path ${parameters.get('PathPrefix') ?? '/'}`),
  run(call) {
    const scope = call.parameters.get('Scope') ?? 'All'
    const prefix = call.parameters.get('PathPrefix') ?? '/'
    const all = [...(scope === 'AWS' ? [] : ownPolicies(call)), ...(scope === 'Local' ? [] : allOfAws)]
    const holders = policyHolders(call)
    const isWanted = heldAs(call.parameters)
    const wanted = all
      .filter(({ arn, document }) => document.path.startsWith(prefix) && isWanted(holders(arn)))
      .sort((a, b) => (a.arn < b.arn ? -1 : 1))
    const { items, rest } = pageOf(wanted, ({ arn }) => arn, call.parameters)
    return { Policies: items.map((each) => policyResult(each, call, holders)), ...rest }
  },
}

const remove: IamOperation = {
  wanted: [constraints.policyArn],
  target: taggablePolicy.on(),
  run(call) {
    const { arn, document } = changeablePolicy(call)
    if (policyHolders(call)(arn).length > 0)
      throw deleteConflict('Cannot delete a policy attached to entities.')
    if (versionsOf(document).length > 1)
      throw deleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      )
    call.draft.remove(policyKey(call.account, document.name))
  },
}

const { tag, untag, list: listTags } = tagOperations(taggablePolicy)

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
export const policies: IamOperations = {
  CreatePolicy: create,
  GetPolicy: get,
  ListPolicies: list,
  DeletePolicy: remove,
  ListEntitiesForPolicy: listEntities,
  TagPolicy: tag,
  UntagPolicy: untag,
  ListPolicyTags: listTags,
}

/** `PolicyDocument` of a managed policy. @throws TRUST_POLICY, REGISTRY_LIMIT */
export function managedPolicyIn(parameters: Parameters) {
  const policy = policyIn(parameters.get('PolicyDocument')!, 'identity')
  if (policySize(policy) > largestPolicy) throw overQuota('PolicySize', largestPolicy)
  return policy
}
