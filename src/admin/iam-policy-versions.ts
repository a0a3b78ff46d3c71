import type { ManagedPolicyDocument, PolicyVersionDocument } from '../registry/documents.ts'
import { constraints } from './iam-constraints.ts'
import { deleteConflict, limitExceeded, noSuchEntity } from './iam-errors.ts'
import { changeablePolicy, namedPolicy, taggablePolicy, versionsOf } from './iam-managed-policy.ts'
import type { IamCall, IamOperation, IamOperations } from './iam-operation.ts'
import { pageParameters } from './iam-pages.ts'
import { managedPolicyIn } from './iam-policies.ts'
import { encodedPolicy } from './iam-policy-text.ts'
import { madeAt } from './made-at.ts'

const mostVersions = 5

const create: IamOperation = {
  wanted: [constraints.policyArn, constraints.policyDocument, constraints.setAsDefault],
  target: taggablePolicy.on(),
  run(call) {
    const { document } = changeablePolicy(call)
    const versions = versionsOf(document)
    if (versions.length >= mostVersions)
      throw limitExceeded(
        `A managed policy can have up to ${mostVersions} versions. Before you create a new version, you must delete an existing version.`,
      )
    const made: PolicyVersionDocument = {
      number: versions[0].number + 1,
      policyDocument: managedPolicyIn(call.parameters),
      isDefault: false,
      created: new Date(call.nowMs).toISOString(),
    }
    const isDefault = call.parameters.get('SetAsDefault') === 'true'
    const now = isDefault ? madeDefault([...versions, made], made.number) : [...versions, made]
    put(call, document, now)
    return { PolicyVersion: identity({ ...made, isDefault }, call) }
  },
}

const get: IamOperation = {
  wanted: [constraints.policyArn, constraints.versionId],
  target: taggablePolicy.on(),
  run(call) {
    const version = namedVersion(call)
    return {
      PolicyVersion: { Document: encodedPolicy(version.policyDocument), ...identity(version, call) },
    }
  },
}

/** At most five: they need no pages. */
const list: IamOperation = {
  wanted: [constraints.policyArn, ...pageParameters],
  target: taggablePolicy.on(),
  run(call) {
    const versions = versionsOf(namedPolicy(call).document)
    return { Versions: versions.map((each) => identity(each, call)), IsTruncated: false }
  },
}

const setDefault: IamOperation = {
  wanted: [constraints.policyArn, constraints.versionId],
  target: taggablePolicy.on(),
  run(call) {
    const { document } = changeablePolicy(call)
    put(call, document, madeDefault(versionsOf(document), namedVersion(call).number))
  },
}

const remove: IamOperation = {
  wanted: [constraints.policyArn, constraints.versionId],
  target: taggablePolicy.on(),
  run(call) {
    const { number, isDefault } = namedVersion(call)
    if (isDefault) throw deleteConflict('Cannot delete the default version of a policy.')
    const { document } = changeablePolicy(call)
    put(
      call,
      document,
      versionsOf(document).filter((each) => each.number !== number),
    )
  },
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html */
export const policyVersions: IamOperations = {
  CreatePolicyVersion: create,
  GetPolicyVersion: get,
  ListPolicyVersions: list,
  SetDefaultPolicyVersion: setDefault,
  DeletePolicyVersion: remove,
}

function namedVersion(call: IamCall): PolicyVersionDocument {
  const { arn, document } = namedPolicy(call)
  const id = call.parameters.get('VersionId')!
  const found = versionsOf(document).find((each) => `v${each.number}` === id)
  if (found) return found
  throw noSuchEntity(`Policy ${arn} version ${id} does not exist or is not attachable.`)
}

function identity({ number, isDefault, created }: PolicyVersionDocument, { time }: IamCall) {
  return { VersionId: `v${number}`, IsDefaultVersion: isDefault, CreateDate: time(madeAt(created)) }
}

function madeDefault(versions: readonly PolicyVersionDocument[], number: number) {
  return versions.map((each) => ({ ...each, isDefault: each.number === number }))
}

function put(
  call: IamCall,
  document: ManagedPolicyDocument,
  versions: readonly PolicyVersionDocument[],
): void {
  const { policyDocument } = versions.find((each) => each.isDefault)!
  taggablePolicy.put(call, { ...document, policyDocument, versions })
}
