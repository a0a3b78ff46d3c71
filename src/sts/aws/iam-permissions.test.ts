import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { admin, administered, user } from '../../../test/sdk-iam.ts'
import { refusal } from '../../../test/sdk-sts.ts'
import { account, allows, role, roleArn, trusts } from '../../../test/trust-side.ts'
import { iamOperations } from '../../admin/iam.ts'
import type { UserDocument } from '../../registry/documents.ts'
import { memoryStore } from '../../registry/memory-store.ts'
import { openRegistry } from '../../registry/registry.ts'
import { encodeForm } from '../../wire/form.ts'
import { parseIam } from './iam.ts'

// What the caller of an admin call is asked a permission for: the operation's own resource and its own condition keys.

const policyArn = (name: string) => `arn:aws:iam::${account}:policy/${name}`
const providerArn = `arn:aws:iam::${account}:oidc-provider/gitlab.com`
const everybody = trusts({ AWS: account }, 'sts:AssumeRole')
const text = (document: object) => JSON.stringify(document)
const all = allows('*', '*')

/** A good value of every parameter. */
const values: Readonly<Record<string, string>> = {
  RoleName: 'app',
  Path: '/team/',
  PathPrefix: '/team/',
  AssumeRolePolicyDocument: text(everybody),
  PolicyDocument: text(all),
  PolicyName: 'wide',
  PolicyArn: policyArn('boundary'),
  Scope: 'All',
  OnlyAttached: 'true',
  PolicyUsageFilter: 'PermissionsPolicy',
  EntityFilter: 'Role',
  SetAsDefault: 'true',
  VersionId: 'v1',
  Description: 'words',
  MaxSessionDuration: '3600',
  PermissionsBoundary: policyArn('boundary'),
  'Tags.member.1.Key': 'team',
  'Tags.member.1.Value': 'shop',
  'TagKeys.member.1': 'team',
  OpenIDConnectProviderArn: providerArn,
  Url: 'https://gitlab.com',
  ClientID: 'aud',
  'ClientIDList.member.1': 'aud',
  'ThumbprintList.member.1': 'a'.repeat(40),
  Marker: 'YQ',
  MaxItems: '10',
}
const nameOf = (full: string) => full.split('.')[0]!
const taken = (action: string) => new Set<string>(iamOperations.get(action)!.wanted.map(({ name }) => name))
const ownOf = (action: string) =>
  Object.fromEntries(Object.entries(values).filter(([full]) => taken(action).has(nameOf(full))))

const home = {
  account,
  roles: [
    role('app', everybody, {
      permissionsBoundary: policyArn('limit'),
      tags: [{ key: 'Team', value: 'red' }],
    }),
  ],
  managedPolicies: ['boundary', 'limit'].map((name) => ({
    name,
    path: '/',
    policyDocument: all,
    tags: [{ key: 'kind', value: 'limit' }],
  })),
  oidcProviders: [
    {
      url: 'https://gitlab.com',
      clientIds: [],
      thumbprints: [],
      reach: 'public' as const,
      tags: [{ key: 'kind', value: 'issuer' }],
    },
  ],
}

async function targetsOf() {
  const declared = { issuers: [], google: [], aws: [home] }
  const setting = { declared, store: memoryStore(), check: () => {}, onTrust: () => {}, onError: () => {} }
  const registry = await openRegistry(setting)
  return (action: string, fields: Readonly<Record<string, string>>) => {
    const body = encodeForm({ Action: action, Version: '2010-05-08', ...fields })
    const headers = [['content-type', 'application/x-www-form-urlencoded']] as const
    const request = { method: 'POST', path: '/', query: '', headers, body }
    const { parameters } = parseIam({ ...request, id: '', origin: '', host: '', from: '' })
    const call = { account, parameters }
    return registry.change((draft) => iamOperations.get(action)!.target({ ...call, draft }))
  }
}

test('of no operation another’s parameters change what it is on or which keys it has', async () => {
  const target = await targetsOf()
  const named = new Set(Object.keys(values).map(nameOf))
  for (const [action, { wanted }] of iamOperations) {
    for (const { name } of wanted)
      assert.ok(named.has(name), `${name} of ${action} has no value in this test`)
    const own = ownOf(action)
    const alone = await target(action, own)
    for (const [full, value] of Object.entries(values).filter(([full]) => !taken(action).has(nameOf(full))))
      assert.deepEqual(await target(action, { ...own, [full]: value }), alone, `${action} with ${full}`)
    assert.deepEqual(await target(action, { ...values, ...own }), alone, action)
  }
})

// "Actions, resources, and condition keys for AWS Identity and Access Management", Service Authorization Reference.
const ofRole = ['aws:resourcetag/team', 'iam:resourcetag/team']
const ofOther = ['aws:resourcetag/kind']
const passed = ['aws:requesttag/team', 'aws:tagkeys']
const bounded = ['iam:permissionsboundary']

for (const [actions, resource, keys] of [
  [['CreateRole'], `arn:aws:iam::${account}:role/team/app`, [...bounded, ...passed]],
  [['AttachRolePolicy', 'DetachRolePolicy'], roleArn('app'), [...ofRole, ...bounded, 'iam:policyarn']],
  [
    [
      'GetRole',
      'UpdateRole',
      'UpdateRoleDescription',
      'UpdateAssumeRolePolicy',
      'DeleteRole',
      'PutRolePermissionsBoundary',
      'DeleteRolePermissionsBoundary',
      'PutRolePolicy',
      'DeleteRolePolicy',
    ],
    roleArn('app'),
    [...ofRole, ...bounded],
  ],
  [
    [
      'GetRolePolicy',
      'ListRolePolicies',
      'ListAttachedRolePolicies',
      'ListInstanceProfilesForRole',
      'ListRoleTags',
    ],
    roleArn('app'),
    ofRole,
  ],
  [['TagRole'], roleArn('app'), [...ofRole, ...passed]],
  [['UntagRole'], roleArn('app'), [...ofRole, 'aws:tagkeys']],
  [['CreatePolicy'], policyArn('team/wide'), passed],
  [
    [
      'GetPolicy',
      'DeletePolicy',
      'ListEntitiesForPolicy',
      'ListPolicyTags',
      'CreatePolicyVersion',
      'GetPolicyVersion',
      'ListPolicyVersions',
      'SetDefaultPolicyVersion',
      'DeletePolicyVersion',
    ],
    policyArn('boundary'),
    ofOther,
  ],
  [['TagPolicy'], policyArn('boundary'), [...ofOther, ...passed]],
  [['UntagPolicy'], policyArn('boundary'), [...ofOther, 'aws:tagkeys']],
  [['CreateOpenIDConnectProvider'], providerArn, passed],
  [
    [
      'GetOpenIDConnectProvider',
      'DeleteOpenIDConnectProvider',
      'AddClientIDToOpenIDConnectProvider',
      'RemoveClientIDFromOpenIDConnectProvider',
      'UpdateOpenIDConnectProviderThumbprint',
      'ListOpenIDConnectProviderTags',
    ],
    providerArn,
    ofOther,
  ],
  [['TagOpenIDConnectProvider'], providerArn, [...ofOther, ...passed]],
  [['UntagOpenIDConnectProvider'], providerArn, [...ofOther, 'aws:tagkeys']],
  [
    [
      'ListRoles',
      'ListPolicies',
      'ListOpenIDConnectProviders',
      'EnableOutboundWebIdentityFederation',
      'DisableOutboundWebIdentityFederation',
      'GetOutboundWebIdentityFederationInfo',
    ],
    '*',
    [],
  ],
] as const)
  test(`what is asked for ${actions.join(', ')}`, async () => {
    const target = await targetsOf()
    for (const action of actions) {
      const asked = await target(action, ownOf(action))
      assert.equal(asked.resource, resource, action)
      assert.deepEqual([...asked.keys.keys()].sort(), [...keys].sort(), action)
      listed.add(action)
    }
  })

const listed = new Set<string>()

test('every operation is in that table', () => {
  assert.deepEqual([...listed].sort(), [...iamOperations.keys()].sort())
})

test('the boundary is the role’s own, save where a call sets it', async () => {
  const target = await targetsOf()
  for (const action of ['CreateRole', 'PutRolePermissionsBoundary', 'PutRolePolicy', 'DeleteRole']) {
    const { keys } = await target(action, ownOf(action))
    const sets = taken(action).has('PermissionsBoundary')
    assert.equal(keys.get('iam:permissionsboundary'), policyArn(sets ? 'boundary' : 'limit'), action)
  }
})

const statement = (Effect: string, Action: string | readonly string[], Condition?: object) => ({
  Effect,
  Action,
  Resource: '*',
  ...(Condition && { Condition }),
})
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })

function withPolicies(name: string, ...policies: UserDocument['policies']) {
  return user(name, { policies })
}

test('whoever may change roles of a name only changes nothing else by naming such a role', async (t) => {
  const dev = withPolicies('dev', allows('iam:*', roleArn('dev-*')))
  const side = await administered(t, { users: [admin, dev] })
  const client = side.iam(side.keyOf('dev'))
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body: string }
      request.body += '&RoleName=dev-x'
      return next(args)
    },
    { step: 'build', priority: 'high' },
  )
  const PolicyDocument = text(all)
  for (const [command, resource] of [
    [new iam.CreatePolicyCommand({ PolicyName: 'wide', PolicyDocument }), 'policy wide'],
    [
      new iam.CreatePolicyVersionCommand({ PolicyArn: policyArn('x'), PolicyDocument }),
      `policy ${policyArn('x')}`,
    ],
    [new iam.CreateOpenIDConnectProviderCommand({ Url: 'https://gitlab.com' }), providerArn],
    [new iam.ListRolesCommand({}), `arn:aws:iam::${account}:role/`],
    [new iam.ListPoliciesCommand({}), 'policy path /'],
    [new iam.ListOpenIDConnectProvidersCommand({}), `arn:aws:iam::${account}:oidc-provider/*`],
    [new iam.EnableOutboundWebIdentityFederationCommand({}), '*'],
  ] as const)
    await assert.rejects(
      client.send(command as iam.CreatePolicyCommand),
      refusal('AccessDenied', new RegExp(` on resource: ${resource.replace(/[*]/g, '\\*')} because`), 403),
    )
})

test('who may change roles that have a boundary: neither others, nor the boundary itself', async (t) => {
  const boundary = policyArn('boundary')
  const has = { StringEquals: { 'iam:PermissionsBoundary': boundary } }
  const lead = withPolicies(
    'lead',
    policy(
      statement('Allow', ['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:PutRolePolicy'], has),
      statement('Allow', 'iam:DeleteRolePermissionsBoundary'),
      statement('Deny', 'iam:DeleteRolePermissionsBoundary', has),
    ),
  )
  const managedPolicies = [{ name: 'boundary', path: '/', policyDocument: all }]
  const side = await administered(t, { users: [admin, lead], managedPolicies })
  const client = side.iam(side.keyOf('lead'))
  const create = (RoleName: string, more = {}) =>
    new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: text(everybody), ...more })
  await side.iam().send(create('free'))
  await assert.rejects(client.send(create('mine')), refusal('AccessDenied', /CreateRole/, 403))
  await client.send(create('mine', { PermissionsBoundary: boundary }))
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
  const inline = { PolicyName: 'p', PolicyDocument: text(all) }
  for (const [RoleName, may] of [
    ['mine', true],
    ['free', false],
  ] as const)
    for (const command of [
      new iam.AttachRolePolicyCommand({ RoleName, PolicyArn }),
      new iam.PutRolePolicyCommand({ RoleName, ...inline }),
    ]) {
      const sent = client.send(command as iam.PutRolePolicyCommand)
      if (may) await sent
      else await assert.rejects(sent, refusal('AccessDenied', /role free/, 403))
    }
  const unbound = new iam.DeleteRolePermissionsBoundaryCommand({ RoleName: 'mine' })
  await assert.rejects(client.send(unbound), refusal('AccessDenied', /explicit deny/, 403))
})

test('tags are taken away by whoever may take away those', async (t) => {
  const only = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['note'] } }
  const tagger = withPolicies('tagger', policy(statement('Allow', ['iam:TagRole', 'iam:UntagRole'], only)))
  const side = await administered(t, { users: [admin, tagger] })
  const RoleName = 'app'
  const Tags = ['team', 'note'].map((Key) => ({ Key, Value: 'x' }))
  await side
    .iam()
    .send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: text(everybody), Tags }))
  const client = side.iam(side.keyOf('tagger'))
  await client.send(new iam.UntagRoleCommand({ RoleName, TagKeys: ['note'] }))
  await assert.rejects(
    client.send(new iam.UntagRoleCommand({ RoleName, TagKeys: ['team'] })),
    refusal('AccessDenied', /UntagRole/, 403),
  )
})
