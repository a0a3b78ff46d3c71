import type { IssuerDocument, TrustDocument } from '../registry/documents.ts'
import type { GooglePrincipal } from '../trust/google-bindings.ts'
import { namedPrincipal } from '../trust/principal-names.ts'
import { accountOfKeyId } from '../wire/aws-ids.ts'
import { outboundIssuer } from '../wire/outbound-issuer.ts'
import type { AwsIdentity } from './ask.ts'
import { accountOfArn } from './aws/arn.ts'
import {
  type AwsAccount,
  awsAccount,
  type OidcProvider,
  policyCompiler,
  type Role,
  type User,
} from './aws/registered.ts'
import { type EntraTenant, entraTenant } from './entra/registered.ts'
import {
  type GoogleProject,
  googleProject,
  type PoolProvider,
  type ServiceAccount,
} from './google/registered.ts'
import { type AuthorizationServer, authorizationServer } from './oauth/registered.ts'

/** What is registered at one moment, compiled: every look-up is a map's, however much is registered. */
export interface Snapshot {
  /** Issuers of ours, by URL. */
  readonly issuers: ReadonlyMap<string, IssuerDocument>
  /** By account ID. */
  readonly aws: ReadonlyMap<string, AwsAccount>
  /** Providers of workload identity pools, by `//iam.googleapis.com/…`. */
  readonly providers: ReadonlyMap<string, PoolProvider>
  /** Of Entra, by tenant ID. */
  readonly tenants: ReadonlyMap<string, EntraTenant>
  /** By issuer. */
  readonly authorizationServers: ReadonlyMap<string, AuthorizationServer>
  /** The URLs by which AWS accounts sign tokens for others. */
  readonly outboundIssuers: ReadonlySet<string>
  readonly counts: Counts
  /** Sentences for whoever runs this: what is stored and can no longer count. */
  readonly warnings: readonly string[]
  /** By its ARN. */
  role(arn: string): Role | undefined
  /** The role or the user that the signer of an AWS request is, or is a session of. */
  principalOf(identity: AwsIdentity): Role | User | undefined
  /** The user whose permanent access key this is. */
  userOfKey(accessKeyId: string): User | undefined
  /** The OIDC provider for an issuer in the account of a role. */
  oidcProvider(roleArn: string, issuer: string): OidcProvider | undefined
  /** Of Google, by its number or its ID. */
  project(name: string): GoogleProject | undefined
  /** By its e-mail address or its unique ID. */
  serviceAccount(name: string): ServiceAccount | undefined
  /** Softly, by a call: by its unique ID alone. */
  deletedServiceAccount(uniqueId: string): { readonly projectNumber: string } | undefined
  /** Whether what an access token stands for is registered still. */
  stands(principal: GooglePrincipal): boolean
}

export interface Counts {
  readonly issuers: number
  readonly oidcProviders: number
  readonly roles: number
  readonly poolProviders: number
  readonly serviceAccounts: number
  /** Applications and managed identities of Entra. */
  readonly applications: number
  readonly authorizationServers: number
}

export interface SnapshotOptions {
  /** Up to so many roles, providers, service accounts and applications are compiled now; of more, each when it is first needed. Default: 5000. */
  readonly eagerly?: number
}

/**
 * Compiles what is registered.
 * @throws REGISTRY_DOCUMENT naming the place of a policy, mapping or binding that does not compile
 */
export function compileSnapshot(document: TrustDocument, { eagerly = 5000 }: SnapshotOptions = {}): Snapshot {
  const context = { compile: policyCompiler(), principalId: (arn: string) => idOf(aws, arn) }
  const aws: ReadonlyMap<string, AwsAccount> = byKey(
    document.aws.map((each, i) => awsAccount(each, `aws[${i}]`, context)),
    (each) => each.account,
  )
  const projects = document.google.map((each, i) => googleProject(each, `google[${i}]`))
  const byName = new Map(
    projects.flatMap((each) => [[each.projectNumber, each] as const, [each.projectId, each] as const]),
  )
  const pools = new Set(projects.flatMap((each) => each.pools))
  const providers = byKey(
    projects.flatMap((each) => each.providers),
    (each) => each.name,
  )
  const accounts = projects.flatMap((each) => each.serviceAccounts)
  const byEmail = byKey(accounts, (each) => each.email)
  const byId = byKey(accounts, (each) => each.uniqueId)
  const tenants = (document.entra ?? []).map((each, i) => entraTenant(each, `entra[${i}]`))
  const clients = tenants.flatMap((each) => [...each.clients.values()])
  const servers = (document.authorizationServers ?? []).map((each, i) =>
    authorizationServer(each, `authorizationServers[${i}]`),
  )
  const counts = {
    issuers: document.issuers.length,
    oidcProviders: sum(aws, (each) => each.providers.size),
    roles: sum(aws, (each) => each.roles.size),
    poolProviders: providers.size,
    serviceAccounts: byEmail.size,
    applications: clients.length,
    authorizationServers: servers.length,
  }
  const { roles, poolProviders, serviceAccounts, applications } = counts
  if (roles + poolProviders + serviceAccounts + applications <= eagerly) {
    compileAll([...aws.values()], [...providers.values()], accounts)
    for (const each of clients) each.credentials()
    for (const each of projects) each.bindings()
  }
  for (const each of servers) each.rules()
  return {
    issuers: byKey(document.issuers, (each) => each.url),
    aws,
    providers,
    tenants: byKey(tenants, (each) => each.tenantId),
    authorizationServers: byKey(servers, (each) => each.issuer),
    outboundIssuers: new Set(
      [...aws.values()].flatMap((each) => (each.outbound ? outboundIssuer(each.account) : [])),
    ),
    counts,
    warnings: [...aws.values()].flatMap((each) => each.warnings),
    role: (arn) => named(aws.get(accountOfArn(arn))?.roles, arn),
    principalOf: (identity) => principalIn(aws.get(identity.account), identity),
    userOfKey: (accessKeyId) => aws.get(accountOfKeyId(accessKeyId) ?? '')?.keys.get(accessKeyId),
    oidcProvider: (roleArn, issuer) => aws.get(accountOfArn(roleArn))?.providers.get(issuer),
    project: (name) => byName.get(name),
    serviceAccount: (name) => byEmail.get(name) ?? byId.get(name),
    deletedServiceAccount: (uniqueId) =>
      projects.find(({ deletedAccounts }) => deletedAccounts.has(uniqueId)),
    stands: (principal) =>
      principal.type === 'federated'
        ? pools.has(principal.pool)
        : isHolder(byEmail.get(principal.email), principal),
  }
}

/** Not one that is disabled, and not another that was made anew under its e-mail. */
function isHolder(
  account: ServiceAccount | undefined,
  { uniqueId = account?.uniqueId }: { readonly uniqueId?: string },
): boolean {
  return account !== undefined && !account.disabled && account.uniqueId === uniqueId
}

function principalIn(account: AwsAccount | undefined, identity: AwsIdentity): Role | User | undefined {
  const { arn, credential, federatedBy, userId } = identity
  // arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION and arn:aws:iam::ACCOUNT:user/PATH/USER
  if (credential !== 'role-session') return named(account?.users, federatedBy ?? arn)
  const role = account?.roles.get(arn.split('/')[1] ?? '')
  // A role that was made anew, elsewhere in the tree of paths, is another.
  return role && userId.startsWith(`${role.id()}:`) ? role : undefined
}

/** The unique ID of whoever has an ARN. */
function idOf(accounts: ReadonlyMap<string, AwsAccount>, arn: string): string | undefined {
  const { account = '', type, name = '', path } = namedPrincipal(arn) ?? {}
  const found = accounts.get(account)?.[type === 'user' ? 'users' : 'roles'].get(name)
  return path === undefined || found?.arn === arn ? found?.id() : undefined
}

function named<Item extends { readonly arn: string }>(
  items: ReadonlyMap<string, Item> | undefined,
  arn: string,
): Item | undefined {
  const found = items?.get(arn.slice(arn.lastIndexOf('/') + 1))
  return found?.arn === arn ? found : undefined
}

function compileAll(
  accounts: readonly AwsAccount[],
  providers: readonly PoolProvider[],
  serviceAccounts: readonly ServiceAccount[],
): void {
  for (const { roles, users } of accounts) {
    for (const role of roles.values()) {
      role.trust()
      role.permissions()
    }
    for (const user of users.values()) user.permissions()
  }
  for (const each of providers) each.rule()
  for (const each of serviceAccounts) each.bindings()
}

function byKey<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, Item> {
  return new Map(items.map((each) => [keyOf(each), each]))
}

function sum<Item>(items: ReadonlyMap<string, Item>, sizeOf: (item: Item) => number): number {
  let total = 0
  for (const each of items.values()) total += sizeOf(each)
  return total
}
