import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { assertComplete, errorOf, type Listed, modelled, type Never } from '../../../test/aws-errors.ts'
import { administered } from '../../../test/sdk-iam.ts'
import { may } from '../../../test/sdk-sts.ts'
import { account, role, trusts } from '../../../test/trust-side.ts'
import { iamOperations } from '../../admin/iam.ts'
import { MayflyError } from '../../errors.ts'
import { keyOf } from '../../registry/entries.ts'
import { memoryStore } from '../../registry/memory-store.ts'
import type { Store } from '../../registry/store.ts'
import { Secret } from '../../secret.ts'

// Every error that the model of IAM lists for an operation is provoked over HTTP, or it is said why it cannot arise.

/** Besides `ServiceFailure`, which all but those of outbound federation list. */
const listed: Listed = {
  AddClientIDToOpenIDConnectProvider: 'ConcurrentModification InvalidInput NoSuchEntity LimitExceeded',
  AttachRolePolicy: 'NoSuchEntity LimitExceeded InvalidInput UnmodifiableEntity PolicyNotAttachable',
  CreateOpenIDConnectProvider:
    'InvalidInput EntityAlreadyExists LimitExceeded ConcurrentModification OpenIdIdpCommunicationError',
  CreatePolicy:
    'InvalidInput LimitExceeded EntityAlreadyExists MalformedPolicyDocument ConcurrentModification',
  CreatePolicyVersion: 'NoSuchEntity MalformedPolicyDocument InvalidInput LimitExceeded',
  CreateRole: 'LimitExceeded InvalidInput EntityAlreadyExists MalformedPolicyDocument ConcurrentModification',
  DeleteOpenIDConnectProvider: 'InvalidInput NoSuchEntity ConcurrentModification',
  DeletePolicy: 'NoSuchEntity LimitExceeded InvalidInput DeleteConflict',
  DeletePolicyVersion: 'NoSuchEntity LimitExceeded InvalidInput DeleteConflict',
  DeleteRole: 'NoSuchEntity DeleteConflict LimitExceeded UnmodifiableEntity ConcurrentModification',
  DeleteRolePermissionsBoundary: 'NoSuchEntity UnmodifiableEntity',
  DeleteRolePolicy: 'NoSuchEntity LimitExceeded UnmodifiableEntity',
  DetachRolePolicy: 'NoSuchEntity LimitExceeded InvalidInput UnmodifiableEntity',
  DisableOutboundWebIdentityFederation: 'FeatureDisabled',
  EnableOutboundWebIdentityFederation: 'FeatureEnabled',
  GetOpenIDConnectProvider: 'InvalidInput NoSuchEntity',
  GetOutboundWebIdentityFederationInfo: 'FeatureDisabled',
  GetPolicy: 'NoSuchEntity InvalidInput',
  GetPolicyVersion: 'NoSuchEntity InvalidInput',
  GetRole: 'NoSuchEntity',
  GetRolePolicy: 'NoSuchEntity',
  ListAttachedRolePolicies: 'NoSuchEntity InvalidInput',
  ListEntitiesForPolicy: 'NoSuchEntity InvalidInput',
  ListInstanceProfilesForRole: 'NoSuchEntity',
  ListOpenIDConnectProviderTags: 'NoSuchEntity InvalidInput',
  ListOpenIDConnectProviders: '',
  ListPolicies: '',
  ListPolicyTags: 'NoSuchEntity InvalidInput',
  ListPolicyVersions: 'NoSuchEntity InvalidInput',
  ListRolePolicies: 'NoSuchEntity',
  ListRoleTags: 'NoSuchEntity',
  ListRoles: '',
  PutRolePermissionsBoundary: 'NoSuchEntity InvalidInput UnmodifiableEntity PolicyNotAttachable',
  PutRolePolicy: 'LimitExceeded MalformedPolicyDocument NoSuchEntity UnmodifiableEntity',
  RemoveClientIDFromOpenIDConnectProvider: 'ConcurrentModification InvalidInput NoSuchEntity',
  SetDefaultPolicyVersion: 'NoSuchEntity InvalidInput LimitExceeded',
  TagOpenIDConnectProvider: 'NoSuchEntity LimitExceeded InvalidInput ConcurrentModification',
  TagPolicy: 'NoSuchEntity LimitExceeded InvalidInput ConcurrentModification',
  TagRole: 'NoSuchEntity LimitExceeded InvalidInput ConcurrentModification',
  UntagOpenIDConnectProvider: 'NoSuchEntity InvalidInput ConcurrentModification',
  UntagPolicy: 'NoSuchEntity InvalidInput ConcurrentModification',
  UntagRole: 'NoSuchEntity ConcurrentModification',
  UpdateAssumeRolePolicy: 'NoSuchEntity MalformedPolicyDocument LimitExceeded UnmodifiableEntity',
  UpdateOpenIDConnectProviderThumbprint: 'ConcurrentModification InvalidInput NoSuchEntity',
  UpdateRole: 'UnmodifiableEntity NoSuchEntity InvalidInput',
  UpdateRoleDescription: 'NoSuchEntity UnmodifiableEntity',
}

const removals = 'DeletePolicy DeletePolicyVersion DeleteRole DeleteRolePolicy DetachRolePolicy'
const never: Never = [
  ['OpenIdIdpCommunicationError', '*', 'nobody goes to the URL of a provider before a token comes'],
  ['NoSuchEntity', 'DeleteOpenIDConnectProvider', 'of one that is not there it is no error, as at AWS'],
  ['LimitExceeded', `${removals} SetDefaultPolicyVersion`, 'none of them makes anything more'],
  ['InvalidInput', 'UpdateRole ListAttachedRolePolicies', 'what they take is right or a ValidationError'],
]

// ── an account in which every quota is used up ─────────────────────────────────────────────────────────

const everybody = trusts({ AWS: account }, 'sts:AssumeRole')
const of = (name: string) => `arn:aws:iam::${account}:policy/${name}`
const ofAws = (name: string) => `arn:aws:iam::aws:policy/${name}`
const url = 'https://gitlab.com'
const tags = Array.from({ length: 50 }, (_, n) => ({ key: `key-${n}`, value: 'v' }))
const numbered = (most: number, name: string) => Array.from({ length: most }, (_, n) => `${name}-${n}`)
const wide = { name: 'wide', policyDocument: may('*') }
const readers = {
  name: 'readers',
  path: '/',
  policyDocument: may('s3:*'),
  tags,
  versions: [1, 2, 3, 4, 5].map((number) => ({
    number,
    policyDocument: may('s3:*'),
    isDefault: number === 5,
  })),
}
const idle = { name: 'idle', path: '/', policyDocument: may('s3:*') }
const app = role('app', everybody, {
  managedPolicyArns: [of('readers'), ...numbered(9, 'Policy').map(ofAws)],
  permissionsBoundary: of('readers'),
  inlinePolicies: [wide],
  created: '2026-11-22T00:00:00.000Z',
  tags,
})
const provider = { url, clientIds: numbered(100, 'client'), thumbprints: [], reach: 'public', tags }

async function fullStore(): Promise<Store> {
  const store = memoryStore()
  const key = (...place: string[]) => keyOf('aws', account, ...place)
  await store.commit([
    { key: key('role', 'app'), document: app },
    { key: key('role', 'idle'), document: role('idle', everybody) },
    { key: key('policy', 'readers'), document: readers },
    { key: key('policy', 'idle'), document: idle },
    { key: key('oidc-provider', url), document: provider },
    { key: key('setting', 'outboundWebIdentityFederation'), document: true },
  ])
  return store
}

// ── calls ──────────────────────────────────────────────────────────────────────────────────────────────

type Fields = Readonly<Record<string, string>>

const good: Fields = {
  RoleName: 'app',
  AssumeRolePolicyDocument: JSON.stringify(everybody),
  PolicyDocument: JSON.stringify(may('*')),
  PolicyName: 'wide',
  PolicyArn: of('readers'),
  VersionId: 'v1',
  Description: 'words',
  PermissionsBoundary: of('readers'),
  'Tags.member.1.Key': 'key-1',
  'Tags.member.1.Value': 'v',
  'TagKeys.member.1': 'key-1',
  OpenIDConnectProviderArn: `arn:aws:iam::${account}:oidc-provider/gitlab.com`,
  Url: url,
  ClientID: 'client-1',
  'ThumbprintList.member.1': 'a'.repeat(40),
}

/** What has no error in the full account, where that is not what all take. */
const goodOf: Readonly<Record<string, Fields>> = {
  CreateRole: { RoleName: 'new' },
  CreatePolicy: { PolicyName: 'new' },
  CreateOpenIDConnectProvider: { Url: 'https://new.example' },
  CreatePolicyVersion: { PolicyArn: of('idle') },
  DeleteRole: { RoleName: 'idle' },
  DeletePolicy: { PolicyArn: of('idle') },
  UpdateAssumeRolePolicy: { PolicyDocument: good.AssumeRolePolicyDocument! },
}

function fieldsOf(action: string, more: Fields): Fields {
  const wanted = new Set(iamOperations.get(action)!.wanted.map(({ name }) => name))
  const own = Object.entries(good).filter(([full]) => wanted.has(full.split('.')[0]!))
  return { Action: action, Version: '2010-05-08', ...Object.fromEntries(own), ...goodOf[action], ...more }
}

const listing = (code: string) =>
  Object.keys(listed).filter((each) => listed[each]!.split(' ').includes(code))
const besides = (actions: readonly string[], ...others: string[]) =>
  actions.filter((each) => !others.includes(each))

interface Account {
  call(action: string, more?: Fields): ReturnType<typeof errorOf>
}

async function serving(t: TestContext, ...[home, audit, more]: Open): Promise<Account> {
  const { server, keyOf: keysOf } = await administered(t, home, audit, more)
  const { accessKeyId, secretAccessKey } = keysOf('admin')
  const credentials = { accessKeyId, secretAccessKey: new Secret(secretAccessKey) }
  return {
    call: (action, fields = {}) =>
      errorOf(server.url, { credentials, service: 'iam', fields: fieldsOf(action, fields) }),
  }
}
type Open = Parameters<typeof administered> extends [unknown, ...infer Rest] ? Rest : never

const provoked = new Set<string>()

/** Each of the operations answers with the code, and with the status that the model has for it. */
async function answers(code: string, actions: readonly string[], { call }: Account, more: Fields = {}) {
  for (const action of actions) {
    const told = await call(action, more)
    assert.deepEqual([action, ...told], [action, modelled[code], code])
    provoked.add(`${action} ${code}`)
  }
}

test('NoSuchEntity: nothing of that name is there', async (t) => {
  const empty = await serving(t)
  await answers('NoSuchEntity', besides(listing('NoSuchEntity'), 'DeleteOpenIDConnectProvider'), empty)
  assert.deepEqual(await empty.call('DeleteOpenIDConnectProvider'), [200, undefined])
})

test('names that are taken, what is in use, and quotas', async (t) => {
  const full = await serving(t, {}, {}, { store: await fullStore() })
  const makers = listing('EntityAlreadyExists')
  await answers('EntityAlreadyExists', makers, full, { RoleName: 'app', PolicyName: 'idle', Url: url })
  const held = { RoleName: 'app', PolicyArn: of('readers'), VersionId: 'v5' }
  await answers('DeleteConflict', listing('DeleteConflict'), full, held)
  const long = (bytes: number) => JSON.stringify(may(`s3:${'a'.repeat(bytes)}`))
  const trust = { ...everybody, Id: 'a'.repeat(2048) }
  const limited = (action: string, more: Fields) => answers('LimitExceeded', [action], full, more)
  await limited('CreateRole', { AssumeRolePolicyDocument: JSON.stringify(trust) })
  await limited('UpdateAssumeRolePolicy', { PolicyDocument: JSON.stringify(trust) })
  await limited('PutRolePolicy', { PolicyDocument: long(10_240) })
  await limited('CreatePolicy', { PolicyDocument: long(6144) })
  await limited('CreatePolicyVersion', { PolicyArn: of('readers') })
  await limited('AttachRolePolicy', { PolicyArn: of('idle') })
  await limited('AddClientIDToOpenIDConnectProvider', { ClientID: 'one-more' })
  const many = numbered(101, 'client').map((each, n) => [`ClientIDList.member.${n + 1}`, each])
  await limited('CreateOpenIDConnectProvider', Object.fromEntries(many))
  for (const action of ['TagRole', 'TagPolicy', 'TagOpenIDConnectProvider'])
    await limited(action, { 'Tags.member.1.Key': 'one-more' })
  await answers('FeatureEnabled', listing('FeatureEnabled'), full)
})

test('what has the right form and cannot be meant', async (t) => {
  const full = await serving(t, {}, {}, { store: await fullStore() })
  const invalid = besides(listing('InvalidInput'), 'UpdateRole', 'ListAttachedRolePolicies')
  const twice = { 'Tags.member.2.Key': 'KEY-1', 'Tags.member.2.Value': 'v' }
  const bad = 'arn:aws:iam:aws:policy/AdministratorAccess'
  const arns = { PolicyArn: bad, OpenIDConnectProviderArn: bad, PermissionsBoundary: bad }
  const makers = [...listing('EntityAlreadyExists'), 'TagRole']
  await answers('InvalidInput', makers, full, twice)
  await answers('InvalidInput', besides(invalid, ...makers), full, arns)
  const text = { PolicyDocument: '{', AssumeRolePolicyDocument: '{' }
  await answers('MalformedPolicyDocument', listing('MalformedPolicyDocument'), full, text)
  const ofServices = ofAws('aws-service-role/AWSSupportServiceRolePolicy')
  const theirs = { PolicyArn: ofServices, PermissionsBoundary: ofServices }
  await answers('PolicyNotAttachable', listing('PolicyNotAttachable'), full, theirs)
})

test('UnmodifiableEntity: what the trust file says', async (t) => {
  const managedPolicyArns = [of('readers')]
  const declared = await serving(t, {
    managedPolicies: [{ name: 'readers', path: '/', policyDocument: may('s3:*') }, idle],
    roles: [role('app', everybody, { managedPolicyArns, policies: [may('*')] }), role('idle', everybody)],
  })
  const others = besides(listing('UnmodifiableEntity'), 'DeleteRolePolicy', 'AttachRolePolicy')
  await answers('UnmodifiableEntity', others, declared)
  await answers('UnmodifiableEntity', ['DeleteRolePolicy'], declared, { PolicyName: 'policy-1' })
  await answers('UnmodifiableEntity', ['AttachRolePolicy'], declared, { PolicyArn: of('idle') })
  await answers('FeatureDisabled', listing('FeatureDisabled'), declared)
})

test('ConcurrentModification: somebody else was quicker every time', async (t) => {
  const commit = () => Promise.reject(new MayflyError('REGISTRY_CONFLICT', { message: 'overtaken' }))
  const overtaken = await serving(t, {}, {}, { store: { ...(await fullStore()), commit } })
  await answers('ConcurrentModification', listing('ConcurrentModification'), overtaken)
})

test('ServiceFailure: the record of a call could not be kept', async (t) => {
  const sink = () => {
    throw new Error('no space left on device')
  }
  const more = { store: await fullStore() }
  const unrecorded = await serving(t, {}, { required: true, sinks: [sink] }, more)
  await answers('ServiceFailure', besides(Object.keys(listed), ...outbound), unrecorded)
})

const outbound = Object.keys(listed).filter((each) => each.includes('OutboundWebIdentityFederation'))

test('these are all errors of all operations', () => {
  assert.deepEqual(Object.keys(listed).sort(), [...iamOperations.keys()].sort())
  const all = Object.entries(listed).map(([action, codes]) => {
    const failing = outbound.includes(action) ? codes : `${codes} ServiceFailure`
    return [action, failing.trim()] as const
  })
  assertComplete(Object.fromEntries(all), provoked, never)
})
