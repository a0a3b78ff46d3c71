import type { AwsAccountDocument, OidcProviderDocument, RoleDocument } from '../registry/documents.ts'
import { type ClaimKeys, compileClaimKeys } from '../trust/aws-claims.ts'
import { compilePolicy, type Policy, type PolicyKind } from '../trust/aws-policy.ts'
import { roleId } from './access-key-id.ts'
import { lazily, named } from './compile.ts'
import type { TrustedIssuer } from './jwks.ts'

/** An AWS account as the hot path reads it. */
export interface AwsAccount {
  readonly account: string
  /** By issuer URL, character for character. */
  readonly providers: ReadonlyMap<string, OidcProvider>
  /** By name, without the path. */
  readonly roles: ReadonlyMap<string, Role>
}

export interface OidcProvider {
  /** `arn:aws:iam::123456789012:oidc-provider/gitlab.com` */
  readonly arn: string
  readonly trusted: TrustedIssuer
  readonly clientIds: ReadonlySet<string>
  readonly claimKeys: ClaimKeys
}

export interface Role {
  readonly account: string
  readonly name: string
  /** With its path. */
  readonly arn: string
  /** `AROA…` */
  readonly id: () => string
  readonly maxSessionSeconds: number
  /** Who may assume it. */
  readonly trust: () => Policy
  /** What it may do. */
  readonly policies: () => readonly Policy[]
}

/** Compiles policy documents; the same document twice is the same policy. */
export type PolicyCompiler = (document: unknown, kind: PolicyKind) => Policy

export function policyCompiler(): PolicyCompiler {
  const known = new Map<string, Policy>()
  return (document, kind) => {
    const text = `${kind} ${JSON.stringify(document)}`
    const policy = known.get(text) ?? compilePolicy(document, kind)
    known.set(text, policy)
    return policy
  }
}

/** @throws REGISTRY_DOCUMENT, from a role's `trust` and `policies` too */
export function awsAccount(document: AwsAccountDocument, at: string, compile: PolicyCompiler): AwsAccount {
  const { account, oidcProviders, roles } = document
  return {
    account,
    providers: new Map(oidcProviders.map((each) => [each.url, oidcProvider(each, account)])),
    roles: new Map(roles.map((each, i) => [each.name, role(each, account, `${at}.roles[${i}]`, compile)])),
  }
}

function oidcProvider({ url, clientIds, reach }: OidcProviderDocument, account: string): OidcProvider {
  return {
    arn: `arn:aws:iam::${account}:oidc-provider/${url.replace(/^https:\/\//, '')}`,
    trusted: { issuer: url, reach },
    clientIds: new Set(clientIds),
    claimKeys: compileClaimKeys(url),
  }
}

function role(document: RoleDocument, account: string, at: string, compile: PolicyCompiler): Role {
  const { name, path, maxSessionDuration, assumeRolePolicyDocument, policies } = document
  const arn = `arn:aws:iam::${account}:role${path}${name}`
  return {
    account,
    name,
    arn,
    id: lazily(() => roleId(arn)),
    maxSessionSeconds: maxSessionDuration,
    trust: lazily(() =>
      named(`${at}.assumeRolePolicyDocument`, () => compile(assumeRolePolicyDocument, 'trust')),
    ),
    policies: lazily(() =>
      policies.map((each, i) => named(`${at}.policies[${i}]`, () => compile(each, 'identity'))),
    ),
  }
}
