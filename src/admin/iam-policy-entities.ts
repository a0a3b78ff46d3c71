import { constraints } from './iam-constraints.ts'
import { namedPolicy, taggablePolicy } from './iam-managed-policy.ts'
import type { IamCall, IamOperation } from './iam-operation.ts'
import { pageOf, pageParameters } from './iam-pages.ts'
import { type Holder, policyHolders } from './iam-policy-holders.ts'
import { principalId } from './iam-trust-policy.ts'

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html */
export const listEntities: IamOperation = {
  wanted: [
    constraints.policyArn,
    constraints.entities,
    constraints.entityPath,
    constraints.usage,
    ...pageParameters,
  ],
  target: taggablePolicy.on(),
  run(call) {
    const { items, rest } = pageOf(entitiesOf(call), nameOf, call.parameters)
    const listed = (kind: Holder['kind']) =>
      items.filter((each) => each.kind === kind).map((each) => entity(each, call))
    return { PolicyGroups: [], PolicyUsers: listed('User'), PolicyRoles: listed('Role'), ...rest }
  },
}

const nameOf = ({ kind, document }: Holder) => `${kind}/${document.name}`

/** The holders that are asked for, each once: a policy may be both permissions and boundary of one. */
function entitiesOf(call: IamCall): readonly Holder[] {
  const filter = call.parameters.get('EntityFilter')
  const usage = call.parameters.get('PolicyUsageFilter')
  const prefix = call.parameters.get('PathPrefix') ?? '/'
  const wanted = policyHolders(call)(namedPolicy(call).arn).filter(
    ({ kind, use, document }) =>
      (filter === undefined || filter === kind) &&
      (usage === undefined || usage === use) &&
      document.path.startsWith(prefix),
  )
  const once = new Map(wanted.map((each) => [nameOf(each), each]))
  return [...once.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

function entity({ kind, document: { name, path } }: Holder, call: IamCall) {
  const arn = `arn:aws:iam::${call.account}:${kind.toLowerCase()}${path}${name}`
  return { [`${kind}Name`]: name, [`${kind}Id`]: principalId(arn, call) }
}
