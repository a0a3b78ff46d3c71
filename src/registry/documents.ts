// What is registered, in the vendors' own shapes. `trust.yaml` holds one `TrustDocument`.

/** The platforms whose tokens our issuers can shape: the names of the list in `issuer/index.ts`. */
export const issuerShapes = [
  'gitlab',
  'github',
  'kubernetes',
  'circleci',
  'buildkite',
  'bitbucket',
  'hcp-terraform',
  'jenkins',
  'spiffe',
  'google-service-account',
  'entra-managed-identity',
  'aws-outbound',
] as const
export type IssuerShape = (typeof issuerShapes)[number]

/** One of our own issuers: it signs tokens of a platform's shape. */
export interface IssuerDocument {
  /** What `iss` says, character for character. */
  readonly url: string
  readonly shape: IssuerShape
  readonly algorithm: 'RS256' | 'ES256'
}

/** As `aws iam create-open-id-connect-provider` takes it. */
export interface OidcProviderDocument {
  readonly url: string
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
  /** Which addresses its discovery may be fetched from. Default: `public`. */
  readonly reach: 'public' | 'any'
  readonly tags?: readonly TagDocument[]
  readonly created?: Created
}

/** When an admin call made it: ISO 8601. What a file registers has no such time. */
type Created = string

/** A policy as AWS writes it, read from JSON or YAML and not yet looked into: `trust` compiles it. */
export type PolicyDocument = Readonly<Record<string, unknown>>

/** A tag of a role, a user or a session. */
export interface TagDocument {
  readonly key: string
  readonly value: string
}

/** What limits a role or a user, besides its own policies. */
interface Limits {
  /** Managed policies that are attached: the account's own and AWS's. */
  readonly managedPolicyArns?: readonly string[]
  /** The managed policy that says the most that it may ever do. */
  readonly permissionsBoundary?: string
  readonly tags?: readonly TagDocument[]
}

/** As `aws iam create-role` takes it. */
export interface RoleDocument extends Limits {
  readonly name: string
  readonly path: string
  /** 3600 to 43200. */
  readonly maxSessionDuration: number
  readonly assumeRolePolicyDocument: PolicyDocument
  /** Identity policies: what the role itself may do. */
  readonly policies: readonly PolicyDocument[]
  /** More of them, under the names that `aws iam put-role-policy` gave. */
  readonly inlinePolicies?: readonly NamedPolicyDocument[]
  readonly description?: string
  /** `AROA…` of a role that an admin call made: made anew, it is another. That of a file's role follows from its ARN. */
  readonly roleId?: string
  /** Who the principals of its trust policy were when a call saved it: unique IDs by ARN. A file's policy goes by ARNs alone. */
  readonly principalIds?: Readonly<Record<string, string>>
  readonly created?: Created
}

/** As `aws iam put-role-policy` takes it. */
export interface NamedPolicyDocument {
  readonly name: string
  readonly policyDocument: PolicyDocument
}

/** As `aws iam create-policy` takes it. */
export interface ManagedPolicyDocument {
  readonly name: string
  readonly path: string
  /** What is in force: the default version's. */
  readonly policyDocument: PolicyDocument
  /** That and others, once a call has made more than one. Absent: `v1` alone. */
  readonly versions?: readonly PolicyVersionDocument[]
  readonly description?: string
  readonly tags?: readonly TagDocument[]
  readonly created?: Created
}

/** As `aws iam create-policy-version` makes it. */
export interface PolicyVersionDocument {
  /** Counts up; 3 is `v3`. */
  readonly number: number
  readonly policyDocument: PolicyDocument
  readonly isDefault: boolean
  readonly created?: Created
}

/** As `aws iam create-user` takes it. The secrets of its keys are in no document: they follow from the key file. */
export interface UserDocument extends Limits {
  readonly name: string
  readonly path: string
  readonly policies: readonly PolicyDocument[]
  readonly accessKeys: readonly { readonly id: string }[]
  /** Virtual devices. Their seeds are in no document either. */
  readonly mfaDevices?: readonly { readonly serialNumber: string }[]
}

export interface AwsAccountDocument {
  /** Twelve digits. */
  readonly account: string
  readonly oidcProviders: readonly OidcProviderDocument[]
  readonly roles: readonly RoleDocument[]
  readonly managedPolicies?: readonly ManagedPolicyDocument[]
  readonly users?: readonly UserDocument[]
  /** Whether GetWebIdentityToken signs tokens of this account. Default: false, as at AWS. */
  readonly outboundWebIdentityFederation?: boolean
}

/** As `gcloud iam workload-identity-pools providers describe` prints it. */
export interface PoolProviderDocument {
  readonly id: string
  readonly disabled: boolean
  readonly attributeMapping: Readonly<Record<string, string>>
  readonly attributeCondition?: string
  readonly oidc?: {
    readonly issuerUri: string
    readonly allowedAudiences: readonly string[]
    readonly jwksJson?: string
    readonly reach: 'public' | 'any'
  }
  readonly aws?: { readonly accountId: string }
}

export interface PoolDocument {
  readonly id: string
  readonly disabled: boolean
  readonly providers: readonly PoolProviderDocument[]
}

/** A service account with its IAM policy, as `gcloud iam service-accounts get-iam-policy` prints it. */
export interface ServiceAccountDocument {
  readonly email: string
  /** 21 digits; made from the e-mail where none is given. */
  readonly uniqueId: string
  readonly bindings: readonly { readonly role: string; readonly members: readonly string[] }[]
}

export interface GoogleProjectDocument {
  readonly projectNumber: string
  readonly projectId: string
  readonly pools: readonly PoolDocument[]
  readonly serviceAccounts: readonly ServiceAccountDocument[]
}

/** As Microsoft Graph prints a federated identity credential of an application or a managed identity. */
export interface FederatedCredentialDocument {
  readonly name: string
  readonly issuer: string
  /** Absent where `claimsMatchingExpression` takes its place. */
  readonly subject?: string
  readonly audiences: readonly string[]
  readonly claimsMatchingExpression?: { readonly value: string; readonly languageVersion: number }
  readonly description?: string
  /** Which addresses its issuer's discovery may be fetched from. Default: `public`. */
  readonly reach?: 'public' | 'any'
  /** Made from its name where none is given. */
  readonly id?: string
}

/** What an application may do at another: of Graph's assignment, the two ends by their names and not by their IDs. */
export interface AppRoleAssignmentDocument {
  /** An identifier of the resource, as a scope names it: `https://graph.microsoft.com`. */
  readonly resource: string
  /** The role's value, as a token has it: `Application.ReadWrite.All`. */
  readonly appRole: string
}

/** As Microsoft Graph prints an application, with what its service principal in the tenant has. */
export interface EntraApplicationDocument {
  /** The client ID. */
  readonly appId: string
  /** The object ID; made from the client ID where none is given. */
  readonly id: string
  readonly displayName: string
  /** By which others ask for tokens for it. */
  readonly identifierUris?: readonly string[]
  readonly api: { readonly requestedAccessTokenVersion: 1 | 2 }
  readonly servicePrincipal: { readonly id: string }
  readonly appRoleAssignments?: readonly AppRoleAssignmentDocument[]
  readonly federatedIdentityCredentials: readonly FederatedCredentialDocument[]
}

/** As `az identity show` prints a user-assigned managed identity. */
export interface UserAssignedIdentityDocument {
  /** `/subscriptions/…/userAssignedIdentities/NAME` */
  readonly id: string
  readonly clientId: string
  /** Of its service principal; made from the client ID where none is given. */
  readonly principalId: string
  readonly appRoleAssignments?: readonly AppRoleAssignmentDocument[]
  readonly federatedIdentityCredentials: readonly FederatedCredentialDocument[]
}

export interface EntraTenantDocument {
  readonly tenantId: string
  readonly applications: readonly EntraApplicationDocument[]
  readonly userAssignedIdentities?: readonly UserAssignedIdentityDocument[]
}

export interface TrustDocument {
  readonly issuers: readonly IssuerDocument[]
  readonly aws: readonly AwsAccountDocument[]
  readonly google: readonly GoogleProjectDocument[]
  readonly entra?: readonly EntraTenantDocument[]
}
