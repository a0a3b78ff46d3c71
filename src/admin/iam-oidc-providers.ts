import type { OidcProviderDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { isIssuerUrl } from '../registry/rules.ts'
import { invalid, membersOf, type Parameters } from '../wire/aws-parameters.ts'
import { constraints } from './iam-constraints.ts'
import { alreadyExists, invalidInput, overQuota } from './iam-errors.ts'
import { oidcProvider, providerArn, providerKey, urlIn } from './iam-oidc-provider.ts'
import type { IamCall, IamOperation, IamOperations } from './iam-operation.ts'
import { tagList, tagOperations, tagsIn } from './iam-tags.ts'
import { keysFrom, onAll, tagging, tagKeys } from './iam-target.ts'
import { madeAt } from './made-at.ts'

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const mostProviders = 100
const mostClientIds = 100
const mostThumbprints = 5

const create: IamOperation = {
  wanted: [constraints.url, constraints.clientIds, constraints.thumbprints, constraints.tags],
  unsupported: ['ContextProvider', 'IdentityCenterInstanceArn'],
  target(call) {
    const { account, parameters } = call
    return {
      resource: providerArn(account, parameters.get('Url')!),
      keys: keysFrom([tagKeys], call),
      ...tagging('iam:TagOpenIDConnectProvider', parameters),
    }
  },
  run({ account, parameters, draft, nowMs }) {
    const url = parameters.get('Url')!
    if (!isIssuerUrl(url, { longest: 255 })) throw invalid('Invalid Open ID Connect Provider URL')
    const key = providerKey(account, url)
    if (draft.get(key)) throw alreadyExists(`Provider with url ${url} already exists.`)
    if (draft.list(`${keyOf('aws', account, 'oidc-provider')}/`).length >= mostProviders)
      throw overQuota('OpenIdConnectProvidersPerAccount', mostProviders)
    const tags = tagsIn(parameters)
    const document: OidcProviderDocument = {
      url,
      clientIds: clientIdsIn(parameters),
      thumbprints: thumbprintsIn(parameters),
      reach: 'public',
      ...(tags.length > 0 && { tags }),
      created: new Date(nowMs).toISOString(),
    }
    draft.put(key, document)
    return {
      OpenIDConnectProviderArn: providerArn(account, url),
      ...(tags.length > 0 && { Tags: tagList(tags) }),
    }
  },
}

const get: IamOperation = {
  wanted: [constraints.providerArn],
  target: oidcProvider.on(),
  run(call) {
    const { url, clientIds, thumbprints, tags = [], created } = oidcProvider.find(call)
    return {
      // AWS leaves the scheme out.
      Url: url.replace(/^https:\/\//, ''),
      ClientIDList: clientIds,
      ThumbprintList: thumbprints,
      CreateDate: call.time(madeAt(created)),
      Tags: tagList(tags),
    }
  },
}

const list: IamOperation = {
  wanted: [],
  target: onAll(({ account }) => providerArn(account, '*')),
  run({ account, draft }) {
    const found = draft.list(`${keyOf('aws', account, 'oidc-provider')}/`)
    return {
      OpenIDConnectProviderList: found.map(({ document }) => ({
        Arn: providerArn(account, (document as OidcProviderDocument).url),
      })),
    }
  },
}

/** As at AWS, of one that is not there it is no error. */
const remove: IamOperation = {
  wanted: [constraints.providerArn],
  target: oidcProvider.on(),
  run(call) {
    const url = urlIn(call)
    const key = url && providerKey(call.account, url)
    if (key && call.draft.get(key)) call.draft.remove(key)
  },
}

const addClientId: IamOperation = {
  wanted: [constraints.providerArn, constraints.clientId],
  target: oidcProvider.on(),
  run(call) {
    change(call, (provider, id) => ({
      clientIds: withinQuota([...provider.clientIds.filter((each) => each !== id), id]),
    }))
  },
}

const removeClientId: IamOperation = {
  wanted: [constraints.providerArn, constraints.clientId],
  target: oidcProvider.on(),
  run(call) {
    change(call, ({ clientIds }, id) => ({ clientIds: clientIds.filter((each) => each !== id) }))
  },
}

const updateThumbprints: IamOperation = {
  wanted: [constraints.providerArn, constraints.newThumbprints],
  target: oidcProvider.on(),
  run(call) {
    change(call, () => ({ thumbprints: thumbprintsIn(call.parameters) }))
  },
}

const { tag, untag, list: listTags } = tagOperations(oidcProvider)

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html */
export const oidcProviders: IamOperations = {
  CreateOpenIDConnectProvider: create,
  GetOpenIDConnectProvider: get,
  ListOpenIDConnectProviders: list,
  DeleteOpenIDConnectProvider: remove,
  AddClientIDToOpenIDConnectProvider: addClientId,
  RemoveClientIDFromOpenIDConnectProvider: removeClientId,
  UpdateOpenIDConnectProviderThumbprint: updateThumbprints,
  TagOpenIDConnectProvider: tag,
  UntagOpenIDConnectProvider: untag,
  ListOpenIDConnectProviderTags: listTags,
}

function change(
  call: IamCall,
  changed: (provider: OidcProviderDocument, clientId: string) => Partial<OidcProviderDocument>,
): void {
  const provider = oidcProvider.find(call)
  oidcProvider.put(call, { ...provider, ...changed(provider, call.parameters.get('ClientID') ?? '') })
}

function clientIdsIn(parameters: Parameters): readonly string[] {
  return withinQuota([...new Set(membersOf(parameters, 'ClientIDList').map((each) => each.get('')!))])
}

function withinQuota(clientIds: readonly string[]): readonly string[] {
  if (clientIds.length > mostClientIds) throw overQuota('ClientIdsPerOpenIdConnectProvider', mostClientIds)
  return clientIds
}

function thumbprintsIn(parameters: Parameters): readonly string[] {
  const thumbprints = membersOf(parameters, 'ThumbprintList').map((each) => each.get('')!)
  if (thumbprints.length > mostThumbprints)
    throw invalidInput(`Thumbprint list must contain fewer than ${mostThumbprints} entries.`)
  if (thumbprints.some((each) => !/^[0-9a-f]{40}$/i.test(each)))
    throw invalidInput('A thumbprint is a SHA-1 hash of 40 hexadecimal digits.')
  return thumbprints
}
