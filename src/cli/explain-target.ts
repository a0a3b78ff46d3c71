import { arnOf, type GivenTrust } from '../registry/given.ts'
import type { Target } from '../sts/explain-offline.ts'
import { usage } from './flags.ts'

/** What the command line says of what is asked for. */
export interface Asked {
  readonly role?: string
  readonly provider?: string
  readonly serviceAccount?: string
  readonly application?: string
  readonly authorizationServer?: string
  /** Of an authorization server: who asks, and for what. */
  readonly client?: string
  readonly resource?: string | readonly string[]
  readonly scope?: string
}

/** What is asked for, and the trust in which what had no name of its own bears the one that was said. */
export interface Chosen {
  readonly target: Target
  readonly trust: GivenTrust
}

/**
 * What a token is presented for: what was named, or the one thing there is.
 * @throws COMMAND_USAGE where there is more than one, or none
 */
export function chooseTarget(trust: GivenTrust, asked: Asked, issuer: unknown): Chosen {
  if (asked.application !== undefined)
    return { trust, target: { cloud: 'entra', application: asked.application } }
  if (asked.authorizationServer !== undefined) return chooseServer(trust, asked)
  if (asked.role !== undefined) return chooseRole(trust, asked.role)
  if (asked.serviceAccount !== undefined || asked.provider !== undefined)
    return chooseProvider(trust, asked, issuer)
  const { roles, poolProviders, credentials, authorizationServers } = trust
  const kinds = [roles, poolProviders, credentials, authorizationServers].filter((each) => each.length > 0)
  if (kinds.length > 1)
    throw usage(
      'explain',
      'the trust is of several clouds',
      'Name what is asked for with --role, --provider, --service-account, --application or --authorization-server.',
    )
  if (roles.length > 0) return chooseRole(trust, onlyRole(trust))
  if (poolProviders.length > 0) return chooseProvider(trust, asked, issuer)
  if (credentials.length > 0) return chooseApplication(trust)
  if (authorizationServers.length > 0) return chooseServer(trust, asked)
  throw usage(
    'explain',
    'no role, provider of a pool or federated credential is in the trust',
    'Name another file with --trust: a service account’s policy needs its provider beside it.',
  )
}

/** Of a role that a trust policy alone stands for, the name is whatever was said. */
function chooseRole(trust: GivenTrust, roleArn: string): Chosen {
  const target = { cloud: 'aws', roleArn } as const
  const [bare, ...more] = trust.roles.filter((each) => each.bare)
  const parts = /^arn:[a-z-]+:iam::(\d{12}):role(\/(?:.+\/)?)([^/]+)$/.exec(roleArn)
  const known = trust.roles.some((each) => arnOf(each) === roleArn)
  if (known || !bare || more.length > 0 || !parts) return { target, trust }
  const [, account = '', path = '', name = ''] = parts
  const named = { ...bare, account, document: { ...bare.document, path, name } }
  return { target, trust: { ...trust, roles: trust.roles.map((each) => (each === bare ? named : each)) } }
}

function onlyRole({ roles }: GivenTrust): string {
  const arns = roles.map(arnOf)
  if (arns.length === 1) return arns[0]!
  throw usage('explain', `there are ${arns.length} roles: ${some(arns)}`, 'Choose one with --role ARN.')
}

function chooseProvider(trust: GivenTrust, { provider, serviceAccount }: Asked, issuer: unknown): Chosen {
  const accounts = trust.serviceAccounts
  const bare = accounts.find((each) => each.bare)
  const email = serviceAccount ?? bare?.document.email
  const target = {
    cloud: 'google',
    provider: provider === undefined ? providerFor(trust, issuer) : fullName(provider),
    ...(email !== undefined && { serviceAccount: email }),
  } as const
  if (!bare || serviceAccount === undefined) return { target, trust }
  const named = { ...bare, document: { ...bare.document, email: serviceAccount } }
  return {
    target,
    trust: { ...trust, serviceAccounts: accounts.map((each) => (each === bare ? named : each)) },
  }
}

function providerFor({ poolProviders }: GivenTrust, issuer: unknown): string {
  const fitting = poolProviders.filter(({ document }) => document.oidc?.issuerUri === issuer)
  const [only, ...more] = fitting.length > 0 ? fitting : poolProviders
  if (only && more.length === 0) return providerName(only)
  if (!only) throw usage('explain', 'no provider of a workload identity pool is in the trust')
  const names = [only, ...more].map(providerName)
  throw usage(
    'explain',
    `there are ${names.length} providers: ${some(names)}`,
    'Choose one with --provider NAME.',
  )
}

function fullName(name: string): string {
  return name.startsWith('//')
    ? name
    : `//iam.googleapis.com/${name.replace(/^https:\/\/iam\.googleapis\.com\//, '')}`
}

function providerName({ projectNumber, pool, document }: GivenTrust['poolProviders'][number]): string {
  return `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool.id}/providers/${document.id}`
}

function chooseApplication(trust: GivenTrust): Chosen {
  const names = new Set(trust.credentials.map((each) => each.application))
  if (names.size > 1)
    throw usage(
      'explain',
      `the federated credentials are of ${names.size} applications`,
      'Choose one with --application ID.',
    )
  const [application] = names
  return { trust, target: { cloud: 'entra', ...(application !== undefined && { application }) } }
}

function chooseServer(trust: GivenTrust, { authorizationServer, client, resource, scope }: Asked): Chosen {
  const issuers = trust.authorizationServers.map(({ document }) => document.issuer)
  const [only, ...more] = authorizationServer === undefined ? issuers : [authorizationServer]
  if (only === undefined || more.length > 0)
    throw usage(
      'explain',
      `there are ${issuers.length} authorization servers: ${some(issuers)}`,
      'Choose one with --authorization-server ISSUER.',
    )
  const target = {
    cloud: 'oauth',
    authorizationServer: only,
    ...(client !== undefined && { client }),
    resources: resource === undefined ? [] : [resource].flat(),
    scopes: (scope ?? '').split(' ').filter(Boolean),
  } as const
  return { trust, target }
}

/** So many are listed. */
const most = 8

function some(names: readonly string[]): string {
  const more = names.length - most
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
