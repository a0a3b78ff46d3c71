import type { ManagedPolicyDocument, PolicyVersionDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { awsManagedDocument, managedByAws } from '../trust/aws-managed-policies.ts'
import { policyId } from '../wire/aws-ids.ts'
import type { QueryResult } from '../wire/aws-query.ts'
import { constraints } from './iam-constraints.ts'
import { invalidArn, invalidInput, noSuchEntity } from './iam-errors.ts'
import type { IamCall } from './iam-operation.ts'
import { policyHolders } from './iam-policy-holders.ts'
import { type Taggable, tagList } from './iam-tags.ts'
import { keysFrom, resourceTagKeys } from './iam-target.ts'
import { madeAt } from './made-at.ts'

type Where = Pick<IamCall, 'account' | 'draft'>

export function policyKey(account: string, name: string): string {
  return keyOf('aws', account, 'policy', name)
}

export function policyArn(
  account: string,
  { path, name }: Pick<ManagedPolicyDocument, 'path' | 'name'>,
): string {
  return `arn:aws:iam::${account}:policy${path}${name}`
}

/** A managed policy with its ARN: the account's own, or AWS's. */
export interface ManagedPolicy {
  readonly arn: string
  readonly document: ManagedPolicyDocument
}

/** One of AWS's own that is known here. */
function ofAws(arn: string): ManagedPolicy | undefined {
  const policyDocument = awsManagedDocument(arn)
  const name = arn.slice(arn.lastIndexOf('/') + 1)
  return policyDocument && { arn, document: { name, path: '/', policyDocument } }
}

export const allOfAws: readonly ManagedPolicy[] = managedByAws.flatMap(
  (name) => ofAws(`arn:aws:iam::aws:policy/${name}`) ?? [],
)

/** Those of the account. */
export function ownPolicies({ account, draft }: Where): readonly ManagedPolicy[] {
  return draft
    .list(`${keyOf('aws', account, 'policy')}/`)
    .map((each) => withArn(account, each.document as ManagedPolicyDocument))
}

function withArn(account: string, document: ManagedPolicyDocument): ManagedPolicy {
  return { arn: policyArn(account, document), document }
}

/** By its ARN; undefined where it is neither the account's nor known as one of AWS's. */
export function managedPolicy(arn: string, { account, draft }: Where): ManagedPolicy | undefined {
  const own = draft.get(policyKey(account, arn.slice(arn.lastIndexOf('/') + 1)))
  const found = own && withArn(account, own.document as ManagedPolicyDocument)
  return found?.arn === arn ? found : ofAws(arn)
}

const policyArnForm = /^arn:aws[a-z-]{0,16}:iam::(?:aws|\d{12}):policy\/[\x21-\x7e]+$/

/** Of an ARN that leads to no policy. @throws REQUEST_INPUT when it could not */
export function checkPolicyArn(arn: string): void {
  if (!policyArnForm.test(arn)) throw invalidArn(arn)
}

/** The managed policy that a call names. @throws REGISTRY_ABSENT, REQUEST_INPUT */
export function namedPolicy(call: IamCall): ManagedPolicy {
  const arn = call.parameters.get('PolicyArn')!
  const found = managedPolicy(arn, call)
  if (found) return found
  checkPolicyArn(arn)
  throw noSuchEntity(`Policy ${arn} was not found.`)
}

/** The same, to be changed. @throws REQUEST_INPUT for one of AWS's */
export function changeablePolicy(call: IamCall): ManagedPolicy {
  const found = namedPolicy(call)
  if (found.arn.startsWith(`arn:aws:iam::${call.account}:`)) return found
  throw invalidInput(`${found.arn} is one of AWS's own policies, which nobody else changes.`)
}

/** The managed policy that a call names, as something with tags. */
export const taggablePolicy: Taggable<ManagedPolicyDocument> = {
  named: constraints.policyArn,
  on:
    (...keys) =>
    (call) => {
      const resource = call.parameters.get('PolicyArn')!
      const tags = resourceTagKeys(managedPolicy(resource, call)?.document.tags ?? [], ['aws'])
      return { resource, resourceName: `policy ${resource}`, keys: keysFrom([() => tags, ...keys], call) }
    },
  find: (call) => changeablePolicy(call).document,
  put({ account, draft }, document) {
    draft.put(policyKey(account, document.name), document)
  },
}

/** Its versions, newest first. */
export function versionsOf({
  versions,
  policyDocument,
  created,
}: ManagedPolicyDocument): readonly [PolicyVersionDocument, ...PolicyVersionDocument[]] {
  const [first, ...more] = [...(versions ?? [])].sort((a, b) => b.number - a.number)
  if (first) return [first, ...more]
  return [{ number: 1, policyDocument, isDefault: true, ...(created !== undefined && { created }) }]
}

/** What answers say of one. */
export function policyResult(
  { arn, document }: ManagedPolicy,
  call: IamCall,
  holders = policyHolders(call),
): QueryResult {
  const { name, path, description, tags = [], created } = document
  const versions = versionsOf(document)
  const boundaries = holders(arn).filter(({ use }) => use === 'PermissionsBoundary').length
  return {
    PolicyName: name,
    PolicyId: policyId(arn),
    Arn: arn,
    Path: path,
    DefaultVersionId: `v${versions.find((each) => each.isDefault)!.number}`,
    AttachmentCount: holders(arn).length - boundaries,
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    ...(description !== undefined && { Description: description }),
    CreateDate: call.time(madeAt(created)),
    UpdateDate: call.time(madeAt(versions[0].created ?? created)),
    Tags: tagList(tags),
  }
}
