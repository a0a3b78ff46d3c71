import type { Path } from '../wire/placed-document.ts'
import type {
  AuthorizationServerDocument,
  AwsAccountDocument,
  BindingDocument,
  FederatedCredentialDocument,
  GoogleProjectDocument,
  IssuerDocument,
  OidcProviderDocument,
  PoolProviderDocument,
  RoleDocument,
  ServiceAccountDocument,
  TrustDocument,
} from './documents.ts'

/** Where in which file something stands. */
export interface Place {
  readonly file: string
  /** The line, from 1, of what stands at a path below it; of what should hold it where that is absent. */
  line(path?: Path): number
}

export interface GivenRole {
  readonly account: string
  readonly document: RoleDocument
  /** A trust policy alone: the role's name and account are not said, and stand here by a name of ours. */
  readonly bare: boolean
  /** Of the trust policy. */
  readonly place: Place
}

export interface GivenOidcProvider {
  /** Absent where the document does not say it: then it is of every account that is at hand. */
  readonly account?: string
  readonly document: OidcProviderDocument
  readonly place: Place
}

export interface GivenPoolProvider {
  readonly projectNumber: string
  readonly pool: { readonly id: string; readonly disabled: boolean; readonly expireTime?: string }
  readonly document: PoolProviderDocument
  readonly place: Place
}

export interface GivenServiceAccount {
  readonly projectNumber: string
  readonly document: ServiceAccountDocument
  /** Its IAM policy alone, which does not say whose it is. */
  readonly bare: boolean
  readonly place: Place
}

/** Of a project's own policy: they count for every service account in it. */
export interface GivenProjectBindings {
  readonly projectNumber: string
  readonly bindings: readonly BindingDocument[]
  /** Of the project. */
  readonly place: Place
}

export interface GivenCredential {
  /** ID or name of the application or managed identity; absent where the document does not say it. */
  readonly application?: string
  readonly document: FederatedCredentialDocument
  readonly place: Place
}

export interface GivenAuthorizationServer {
  readonly document: AuthorizationServerDocument
  readonly place: Place
}

/** What a file says about trust, the same whichever vendor's tool printed it. */
export interface GivenTrust {
  readonly issuers: readonly IssuerDocument[]
  readonly roles: readonly GivenRole[]
  readonly oidcProviders: readonly GivenOidcProvider[]
  readonly poolProviders: readonly GivenPoolProvider[]
  readonly serviceAccounts: readonly GivenServiceAccount[]
  readonly projectBindings: readonly GivenProjectBindings[]
  readonly credentials: readonly GivenCredential[]
  readonly authorizationServers: readonly GivenAuthorizationServer[]
  /** The applications and managed identities of which every credential is known, by their client IDs. */
  readonly completeApplications: readonly string[]
  /** The AWS accounts of which every OIDC provider is known. */
  readonly completeAccounts: readonly string[]
  /** What a plan leaves open until it is applied, in a sentence each. */
  readonly open: readonly string[]
}

export const nothingGiven: GivenTrust = {
  issuers: [],
  roles: [],
  oidcProviders: [],
  poolProviders: [],
  serviceAccounts: [],
  projectBindings: [],
  credentials: [],
  authorizationServers: [],
  completeApplications: [],
  completeAccounts: [],
  open: [],
}

export function arnOf({ account, document }: GivenRole): string {
  return `arn:aws:iam::${account}:role${document.path}${document.name}`
}

/** What several files say, together. */
export function together(many: readonly GivenTrust[]): GivenTrust {
  return {
    issuers: many.flatMap((each) => each.issuers),
    roles: many.flatMap((each) => each.roles),
    oidcProviders: many.flatMap((each) => each.oidcProviders),
    poolProviders: many.flatMap((each) => each.poolProviders),
    serviceAccounts: many.flatMap((each) => each.serviceAccounts),
    projectBindings: many.flatMap((each) => each.projectBindings),
    credentials: many.flatMap((each) => each.credentials),
    authorizationServers: many.flatMap((each) => each.authorizationServers),
    completeApplications: many.flatMap((each) => each.completeApplications),
    completeAccounts: many.flatMap((each) => each.completeAccounts),
    open: many.flatMap((each) => each.open),
  }
}

/** The same as a trust document: what a token service would have registered. */
export function documentOf(given: GivenTrust): TrustDocument {
  return {
    issuers: given.issuers,
    aws: accountsOf(given),
    google: projectsOf(given),
    authorizationServers: given.authorizationServers.map(({ document }) => document),
  }
}

function accountsOf({ roles, oidcProviders }: GivenTrust): AwsAccountDocument[] {
  const names = [...roles, ...oidcProviders].flatMap(({ account }) => account ?? [])
  return [...new Set(names)].map((account) => ({
    account,
    oidcProviders: oidcProviders
      .filter((each) => (each.account ?? account) === account)
      .map(({ document }) => document),
    roles: roles.filter((each) => each.account === account).map(({ document }) => document),
  }))
}

function projectsOf({
  poolProviders,
  serviceAccounts,
  projectBindings,
}: GivenTrust): GoogleProjectDocument[] {
  const numbers = new Set([...poolProviders, ...serviceAccounts].map((each) => each.projectNumber))
  return [...numbers].map((projectNumber) => {
    const providers = poolProviders.filter((each) => each.projectNumber === projectNumber)
    const pools = new Map(providers.map(({ pool }) => [pool.id, pool]))
    return {
      projectNumber,
      projectId: projectNumber,
      bindings: projectBindings
        .filter((each) => each.projectNumber === projectNumber)
        .flatMap(({ bindings }) => bindings),
      pools: [...pools.values()].map((pool) => ({
        ...pool,
        providers: providers.filter((each) => each.pool.id === pool.id).map(({ document }) => document),
      })),
      serviceAccounts: serviceAccounts
        .filter((each) => each.projectNumber === projectNumber)
        .map(({ document }) => document),
    }
  })
}
