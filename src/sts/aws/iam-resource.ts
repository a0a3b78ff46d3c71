import type { TagDocument } from '../../registry/documents.ts'
import { membersOf } from '../../wire/aws-parameters.ts'
import type { IamAsk } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { addRequestTags, type RequestKeys } from './request-keys.ts'

/** What a call of IAM is on, as permissions see it. */
export interface IamResource {
  /** An ARN; absent: nothing in particular. */
  readonly resource?: string
  /** How AWS calls it in a refusal, where not by its ARN. */
  readonly resourceName?: string
  /** Those that it has. */
  readonly tags?: readonly TagDocument[]
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html */
export function iamResource(
  { action, parameters }: IamAsk,
  account: string,
  registered: Snapshot,
): IamResource {
  const arn = (rest: string) => `arn:aws:iam::${account}:${rest}`
  const path = parameters.get('Path') ?? '/'
  const roleName = parameters.get('RoleName')
  if (action === 'CreateRole') return { resource: arn(`role${path}${roleName}`) }
  if (roleName !== undefined) return ofRole(roleName, arn(`role/${roleName}`), account, registered)
  const own = parameters.get('OpenIDConnectProviderArn') ?? parameters.get('PolicyArn')
  if (own !== undefined) return { resource: own, ...providerTags(own, account, registered) }
  const url = parameters.get('Url')
  if (url !== undefined) return { resource: arn(`oidc-provider/${url.replace(/^https:\/\//, '')}`) }
  if (action === 'CreatePolicy') return { resource: arn(`policy${path}${parameters.get('PolicyName')}`) }
  const listed = lists[action]
  return listed === undefined ? {} : { resource: arn(`${listed}${parameters.get('PathPrefix') ?? '/'}`) }
}

/** Lists are on everything of a kind, by path. */
const lists: Readonly<Record<string, string>> = {
  ListRoles: 'role',
  ListPolicies: 'policy',
  ListOpenIDConnectProviders: 'oidc-provider',
}

function ofRole(name: string, bare: string, account: string, registered: Snapshot): IamResource {
  const role = registered.aws.get(account)?.roles.get(name)
  return { resource: role?.arn ?? bare, resourceName: `role ${name}`, ...(role && { tags: role.tags }) }
}

function providerTags(arn: string, account: string, registered: Snapshot): Pick<IamResource, 'tags'> {
  const url = `https://${arn.slice(arn.indexOf('/') + 1)}`
  const provider = registered.aws.get(account)?.providers.get(url)
  return provider?.arn === arn ? { tags: provider.tags } : {}
}

/** The condition keys of IAM that a call has. */
export function iamKeys({ parameters }: IamAsk, tags: readonly TagDocument[] = []): RequestKeys {
  const keys: RequestKeys = new Map()
  const policy = parameters.get('PolicyArn')
  const boundary = parameters.get('PermissionsBoundary')
  if (policy !== undefined) keys.set('iam:policyarn', policy)
  if (boundary !== undefined) keys.set('iam:permissionsboundary', boundary)
  for (const { key, value } of tags) {
    keys.set(`aws:resourcetag/${key.toLowerCase()}`, value)
    keys.set(`iam:resourcetag/${key.toLowerCase()}`, value)
  }
  const given = membersOf(parameters, 'Tags').map((each) => ({
    key: each.get('Key')!,
    value: each.get('Value')!,
  }))
  const removed = membersOf(parameters, 'TagKeys').map((each) => each.get('')!)
  if (removed.length > 0) keys.set('aws:tagkeys', removed)
  return addRequestTags(keys, given)
}
