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

/** What a pool and its providers have in common. */
interface PoolResource {
  readonly id: string
  readonly displayName?: string
  readonly description?: string
  readonly disabled: boolean
  /** Deleted by a call, and until then there to be undeleted: RFC 3339. */
  readonly expireTime?: string
}

/** As `gcloud iam workload-identity-pools providers describe` prints it. */
export interface PoolProviderDocument extends PoolResource {
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

export interface PoolDocument extends PoolResource {
  readonly providers: readonly PoolProviderDocument[]
}

/** A service account with its IAM policy, as `gcloud iam service-accounts get-iam-policy` prints it. */
export interface ServiceAccountDocument {
  readonly email: string
  /** 21 digits; made from the e-mail where none is given. */
  readonly uniqueId: string
  readonly displayName?: string
  readonly description?: string
  /** Nobody may act as it, and its tokens count no more. */
  readonly disabled?: boolean
  readonly bindings: readonly BindingDocument[]
  /** Whether the constraint iam.allowServiceAccountCredentialLifetimeExtension lists it: its access tokens may last 12 hours. */
  readonly credentialLifetimeExtension?: boolean
}

/** Who has which role. */
export interface BindingDocument {
  readonly role: string
  readonly members: readonly string[]
  /** Has the binding count only while it is true. */
  readonly condition?: ConditionDocument
}

export interface ConditionDocument {
  /** CEL over `request`, `resource` and `api`. */
  readonly expression: string
  readonly title: string
  readonly description?: string
  /** Where the expression is from, for messages about it. */
  readonly location?: string
}

/** Kept apart by its unique ID: its e-mail may be another account's by now. */
export interface DeletedServiceAccountDocument extends ServiceAccountDocument {
  /** Until then it is there to be undeleted: RFC 3339. */
  readonly expireTime: string
}

export interface GoogleProjectDocument {
  readonly projectNumber: string
  readonly projectId: string
  /** Of the project's own IAM policy: who may make admin calls, and whose roles count for every account in it. */
  readonly bindings?: readonly BindingDocument[]
  /** Of the same policy, what calls have added to that. */
  readonly addedBindings?: readonly BindingDocument[]
  readonly pools: readonly PoolDocument[]
  readonly serviceAccounts: readonly ServiceAccountDocument[]
  readonly deletedServiceAccounts?: readonly DeletedServiceAccountDocument[]
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

/** A JWK set of public keys (RFC 7517 §5), as `jwks` of a client's registration (RFC 7591 §2). */
export interface JwksDocument {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** An issuer of somebody else's, whose tokens an authorization server takes. */
export interface TokenProviderDocument {
  readonly issuer: string
  /** Of which a token has to name one. Default: the authorization server's own issuer. */
  readonly audiences?: readonly string[]
  /** Its keys, where it publishes none. */
  readonly jwks?: JwksDocument
  /** Which addresses its discovery may be fetched from. Default: `public`. */
  readonly reach?: 'public' | 'any'
}

/** A service that access tokens are for. */
export interface ProtectedResourceDocument {
  /** What `aud` says, and `resource` or `audience` asks for. */
  readonly identifier: string
  /** What its access tokens may carry. */
  readonly scopes: readonly string[]
  /** IDs of the clients that may ask whether its tokens are active: its own. */
  readonly introspectionClients?: readonly string[]
}

/** Who asks an authorization server. Nobody has a secret: one with neither assertions nor keys is public (RFC 6749 §2.1). */
export interface OauthClientDocument {
  readonly clientId: string
  /** Of which tokens of others are its client assertion (RFC 7523 §2.2). */
  readonly assertions?: readonly { readonly issuer: string; readonly subject: string }[]
  /** The public keys of assertions that it signs itself. */
  readonly jwks?: JwksDocument
}

/** Whose tokens may be exchanged for what. */
export interface TokenRuleDocument {
  readonly name: string
  /** Of the subject token: a provider, or the authorization server itself for its own access tokens. */
  readonly issuer: string
  /** In CEL, over the claims of the subject token as `assertion` and those of the actor token as `actor`. */
  readonly condition?: string
  /** In CEL, as the condition. Default: `assertion.sub`. */
  readonly subjectMapping?: string
  /** IDs of the clients that have to ask. Default: nobody has to be a client. */
  readonly clients?: readonly string[]
  /** Who may act for the subject. Default: nobody, and an actor token is refused. */
  readonly actor?: { readonly issuer: string; readonly required: boolean }
  readonly resources: readonly { readonly identifier: string; readonly scopes: readonly string[] }[]
  /** Where it is less than the authorization server's. */
  readonly lifetimeSeconds?: number
}

/** An access token that holds no more, until it would have ended by itself. */
export interface RevokedTokenDocument {
  readonly jti: string
  /** ISO 8601. */
  readonly expires: string
}

/** An OAuth 2.0 authorization server for services of one's own (RFC 6749, RFC 8693). */
export interface AuthorizationServerDocument {
  /** What `iss` says, character for character; its endpoints are below its path (RFC 8414 §2). */
  readonly issuer: string
  readonly algorithm: 'RS256' | 'ES256'
  readonly accessTokens: {
    /** A JWT that every service can verify (RFC 9068), or one that only introspection can read (RFC 7662). */
    readonly format: 'jwt' | 'opaque'
    readonly lifetimeSeconds: number
  }
  readonly providers: readonly TokenProviderDocument[]
  readonly resources: readonly ProtectedResourceDocument[]
  readonly clients: readonly OauthClientDocument[]
  /** In their order: the first that allows a request decides. */
  readonly rules: readonly TokenRuleDocument[]
  /** By calls of the revocation endpoint. */
  readonly revokedTokens?: readonly RevokedTokenDocument[]
}

export interface TrustDocument {
  readonly issuers: readonly IssuerDocument[]
  readonly aws: readonly AwsAccountDocument[]
  readonly google: readonly GoogleProjectDocument[]
  readonly entra?: readonly EntraTenantDocument[]
  readonly authorizationServers?: readonly AuthorizationServerDocument[]
}
