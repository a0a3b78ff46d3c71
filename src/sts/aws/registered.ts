import { standingTrust } from '../../admin/iam-trust-policy.ts'
import { MayflyError } from '../../errors.ts'
import type {
  AwsAccountDocument,
  OidcProviderDocument,
  PolicyDocument,
  RoleDocument,
  TagDocument,
  UserDocument,
} from '../../registry/documents.ts'
import { type ClaimKeys, compileClaimKeys } from '../../trust/aws-claims.ts'
import { awsManagedPolicy, managedByAws } from '../../trust/aws-managed-policies.ts'
import type { Permissions } from '../../trust/aws-permissions.ts'
import { compilePolicy, type Policy, type PolicyKind } from '../../trust/aws-policy.ts'
import { accountOfKeyId, roleId, userId } from '../../wire/aws-ids.ts'
import { lazily, named } from '../compile.ts'
import type { TrustedIssuer } from '../jwks.ts'
import { policyArn } from './arn.ts'
import { isStored, missingPolicies, missingPolicy } from './missing-policies.ts'

/** An AWS account as the hot path reads it. */
export interface AwsAccount {
  readonly account: string
  /** By issuer URL, character for character. */
  readonly providers: ReadonlyMap<string, OidcProvider>
  /** By name, without the path. */
  readonly roles: ReadonlyMap<string, Role>
  /** By name, without the path. */
  readonly users: ReadonlyMap<string, User>
  /** By access key ID. */
  readonly keys: ReadonlyMap<string, User>
  /** Whether GetWebIdentityToken signs tokens of this account. */
  readonly outbound: boolean
  /** By its ARN: the account's own, or AWS's; undefined where it is not known here. */
  managedPolicy(arn: string): Policy | undefined
  /** Sentences for whoever runs this: what is stored and can no longer count. */
  readonly warnings: readonly string[]
}

/** A role or a user. */
interface Principal {
  readonly account: string
  readonly name: string
  /** With its path. */
  readonly arn: string
  readonly tags: readonly TagDocument[]
  /** What it may do. */
  readonly permissions: () => Permissions
}

export interface OidcProvider {
  /** `arn:aws:iam::123456789012:oidc-provider/gitlab.com` */
  readonly arn: string
  readonly trusted: TrustedIssuer
  readonly clientIds: ReadonlySet<string>
  readonly tags: readonly TagDocument[]
  readonly claimKeys: ClaimKeys
}

export interface Role extends Principal {
  /** `AROA…` */
  readonly id: () => string
  readonly maxSessionSeconds: number
  /** Who may assume it. */
  readonly trust: () => Policy
}

export interface User extends Principal {
  /** `AIDA…` */
  readonly id: () => string
  /** Serial numbers. */
  readonly mfaDevices: readonly string[]
}

/** Compiles policy documents; the same document twice is the same policy. */
export type PolicyCompiler = (document: PolicyDocument, kind: PolicyKind) => Policy

// Every change of the registry compiles a new snapshot of documents most of which are the objects that they were.
const compiled: Readonly<Record<PolicyKind, WeakMap<PolicyDocument, Policy>>> = {
  trust: new WeakMap(),
  identity: new WeakMap(),
}

export function policyCompiler(): PolicyCompiler {
  const known = new Map<string, Policy>()
  return (document, kind) => {
    const before = compiled[kind].get(document)
    if (before) return before
    const text = `${kind} ${JSON.stringify(document)}`
    const policy = known.get(text) ?? compilePolicy(document, kind)
    known.set(text, policy)
    compiled[kind].set(document, policy)
    return policy
  }
}

/** What is compiled with. */
export interface Compiling {
  readonly compile: PolicyCompiler
  /** The unique ID of whoever has an ARN now, of any account. Asked once all of them are there. */
  readonly principalId: (arn: string) => string | undefined
}

/** @throws REGISTRY_DOCUMENT, from what is lazy in it too */
export function awsAccount(document: AwsAccountDocument, at: string, context: Compiling): AwsAccount {
  const { account, oidcProviders, outboundWebIdentityFederation = false } = document
  const managedPolicy = managedPolicies(document, at, context.compile)
  const within = { ...context, account, managedPolicy }
  const roles = document.roles.map((each, i) => role(each, `${at}.roles[${i}]`, within))
  const users = document.users?.map((each, i) => user(each, `${at}.users[${i}]`, within)) ?? []
  return {
    account,
    providers: new Map(oidcProviders.map((each) => [each.url, oidcProvider(each, account)])),
    roles: new Map(roles.map((each) => [each.name, each])),
    users: new Map(users.map((each) => [each.name, each])),
    keys: keysOf(document, users, at),
    outbound: outboundWebIdentityFederation,
    managedPolicy,
    warnings: missingPolicies(document),
  }
}

interface Context extends Compiling {
  readonly account: string
  readonly managedPolicy: AwsAccount['managedPolicy']
}

function oidcProvider(
  { url, clientIds, reach, tags = [] }: OidcProviderDocument,
  account: string,
): OidcProvider {
  return {
    arn: `arn:aws:iam::${account}:oidc-provider/${url.replace(/^https:\/\//, '')}`,
    trusted: { issuer: url, reach },
    clientIds: new Set(clientIds),
    tags,
    claimKeys: compileClaimKeys(url),
  }
}

function role(document: RoleDocument, at: string, context: Context): Role {
  const { name, path, maxSessionDuration, tags = [] } = document
  const { account, compile, principalId } = context
  const arn = `arn:aws:iam::${account}:role${path}${name}`
  return {
    account,
    name,
    arn,
    id: lazily(() => document.roleId ?? roleId(arn)),
    tags,
    maxSessionSeconds: maxSessionDuration,
    trust: lazily(() =>
      named(`${at}.assumeRolePolicyDocument`, () => compile(standingTrust(document, principalId), 'trust')),
    ),
    permissions: lazily(() => permissions(document, at, context)),
  }
}

function user(document: UserDocument, at: string, context: Context): User {
  const { name, path, tags = [], mfaDevices = [] } = document
  const { account } = context
  const arn = `arn:aws:iam::${account}:user${path}${name}`
  return {
    account,
    name,
    arn,
    id: lazily(() => userId(arn)),
    tags,
    mfaDevices: mfaDevices.map((each) => each.serialNumber),
    permissions: lazily(() => permissions(document, at, context)),
  }
}

function permissions(document: RoleDocument | UserDocument, at: string, context: Context): Permissions {
  const { policies, managedPolicyArns = [], permissionsBoundary } = document
  const { inlinePolicies = [] }: Partial<RoleDocument> = document
  const attachedTo = { ...context, stored: isStored(document) }
  const own = [
    ...policies.map((policy, i) => ({ policy, place: `policies[${i}]` })),
    ...inlinePolicies.map((each, i) => ({ policy: each.policyDocument, place: `inlinePolicies[${i}]` })),
  ]
  const inline = own.map(({ policy, place }) =>
    named(`${at}.${place}`, () => context.compile(policy, 'identity')),
  )
  const attached = managedPolicyArns.map((arn, i) =>
    attachedPolicy(arn, `${at}.managedPolicyArns[${i}]`, attachedTo),
  )
  const boundary =
    permissionsBoundary === undefined
      ? undefined
      : [attachedPolicy(permissionsBoundary, `${at}.permissionsBoundary`, attachedTo)]
  return { identity: [...inline, ...attached], ...(boundary && { boundary }) }
}

interface AttachedTo extends Context {
  /** Whether a call made it. */
  readonly stored: boolean
}

function attachedPolicy(arn: string, at: string, { managedPolicy, stored }: AttachedTo): Policy {
  const policy = managedPolicy(arn)
  if (policy) return policy
  // AWS takes a call that attaches any of its own, and what a file no longer declares may not hold up the file.
  if (stored) return missingPolicy(arn)
  throw new MayflyError('REGISTRY_DOCUMENT', {
    message: `in ${at}: the managed policy ${arn} is not registered`,
    values: { path: at, found: arn },
    hint: `Register it under managedPolicies of its account. Of AWS's own these are known: ${managedByAws.join(', ')}.`,
  })
}

function managedPolicies(
  { account, managedPolicies: documents = [] }: AwsAccountDocument,
  at: string,
  compile: PolicyCompiler,
): AwsAccount['managedPolicy'] {
  const own = new Map(
    documents.map((each, i) => [
      policyArn(account, each),
      lazily(() =>
        named(`${at}.managedPolicies[${i}].policyDocument`, () => compile(each.policyDocument, 'identity')),
      ),
    ]),
  )
  return (arn) => own.get(arn)?.() ?? awsManagedPolicy(arn)
}

function keysOf(
  { account, users: documents = [] }: AwsAccountDocument,
  users: readonly User[],
  at: string,
): ReadonlyMap<string, User> {
  const keys = new Map<string, User>()
  for (const [i, { accessKeys }] of documents.entries())
    for (const [j, { id }] of accessKeys.entries()) {
      if (accountOfKeyId(id) !== account || keys.has(id))
        throw foreignKey(id, account, `${at}.users[${i}].accessKeys[${j}]`)
      keys.set(id, users[i]!)
    }
  return keys
}

function foreignKey(id: string, account: string, at: string): MayflyError {
  const of = accountOfKeyId(id)
  return new MayflyError('REGISTRY_DOCUMENT', {
    message:
      of === account
        ? `in ${at}: the access key ${id} is registered already`
        : `in ${at}: the access key ${id} is of the account ${of}, not of ${account}`,
    values: { path: at, found: id },
    hint: 'An access key ID says its account: have `mayfly issue aws-key` make one.',
  })
}
