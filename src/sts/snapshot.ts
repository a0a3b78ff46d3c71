import type { IssuerDocument, TrustDocument } from '../registry/documents.ts'
import type { GooglePrincipal } from '../trust/google-bindings.ts'
import { accountOfArn } from './arn.ts'
import type { AwsIdentity } from './ask.ts'
import {
  type AwsAccount,
  awsAccount,
  type OidcProvider,
  policyCompiler,
  type Role,
} from './registered-aws.ts'
import { googleProject, type PoolProvider, type ServiceAccount } from './registered-google.ts'

/** What is registered at one moment, compiled: every look-up is a map's, however much is registered. */
export interface Snapshot {
  /** Issuers of ours, by URL. */
  readonly issuers: ReadonlyMap<string, IssuerDocument>
  /** By account ID. */
  readonly aws: ReadonlyMap<string, AwsAccount>
  /** Providers of workload identity pools, by `//iam.googleapis.com/…`. */
  readonly providers: ReadonlyMap<string, PoolProvider>
  readonly counts: Counts
  /** By its ARN. */
  role(arn: string): Role | undefined
  /** The role that a session is of. */
  roleOfSession(identity: Pick<AwsIdentity, 'arn' | 'account'>): Role | undefined
  /** The OIDC provider for an issuer in the account of a role. */
  oidcProvider(roleArn: string, issuer: string): OidcProvider | undefined
  /** By its e-mail address or its unique ID. */
  serviceAccount(name: string): ServiceAccount | undefined
  /** Whether what an access token stands for is registered still. */
  stands(principal: GooglePrincipal): boolean
}

export interface Counts {
  readonly issuers: number
  readonly oidcProviders: number
  readonly roles: number
  readonly poolProviders: number
  readonly serviceAccounts: number
}

export interface SnapshotOptions {
  /** Up to so many roles, providers and service accounts are compiled now; of more, each when it is first needed. Default: 5000. */
  readonly eagerly?: number
}

/**
 * Compiles what is registered.
 * @throws REGISTRY_DOCUMENT naming the place of a policy, mapping or binding that does not compile
 */
export function compileSnapshot(document: TrustDocument, { eagerly = 5000 }: SnapshotOptions = {}): Snapshot {
  const compile = policyCompiler()
  const aws = byKey(
    document.aws.map((each, i) => awsAccount(each, `aws[${i}]`, compile)),
    (each) => each.account,
  )
  const projects = document.google.map((each, i) => googleProject(each, `google[${i}]`))
  const pools = new Set(projects.flatMap((each) => each.pools))
  const providers = byKey(
    projects.flatMap((each) => each.providers),
    (each) => each.name,
  )
  const accounts = projects.flatMap((each) => each.serviceAccounts)
  const byEmail = byKey(accounts, (each) => each.email)
  const byId = byKey(accounts, (each) => each.uniqueId)
  const counts = {
    issuers: document.issuers.length,
    oidcProviders: sum(aws, (each) => each.providers.size),
    roles: sum(aws, (each) => each.roles.size),
    poolProviders: providers.size,
    serviceAccounts: byEmail.size,
  }
  if (counts.roles + counts.poolProviders + counts.serviceAccounts <= eagerly)
    compileAll([...aws.values()], [...providers.values()], accounts)
  return {
    issuers: byKey(document.issuers, (each) => each.url),
    aws,
    providers,
    counts,
    role(arn) {
      const found = aws.get(accountOfArn(arn))?.roles.get(arn.slice(arn.lastIndexOf('/') + 1))
      return found?.arn === arn ? found : undefined
    },
    // arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
    roleOfSession: ({ arn, account }) => aws.get(account)?.roles.get(arn.split('/')[1] ?? ''),
    oidcProvider: (roleArn, issuer) => aws.get(accountOfArn(roleArn))?.providers.get(issuer),
    serviceAccount: (name) => byEmail.get(name) ?? byId.get(name),
    stands: (principal) =>
      principal.type === 'federated' ? pools.has(principal.pool) : byEmail.has(principal.email),
  }
}

function compileAll(
  accounts: readonly AwsAccount[],
  providers: readonly PoolProvider[],
  serviceAccounts: readonly ServiceAccount[],
): void {
  for (const { roles } of accounts)
    for (const role of roles.values()) {
      role.trust()
      role.policies()
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
