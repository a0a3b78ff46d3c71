import { arnOf, type GivenRole, type GivenTrust, type Place } from '../registry/given.ts'
import { bareName } from '../registry/given-aws.ts'
import type { Target } from '../sts/explain-offline.ts'
import { nearest } from '../wire/nearest.ts'
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

/** Of a target that no document of the trust is about, a sentence that says so; undefined where there is one. */
export function absentTarget({ trust, target }: Chosen): string | undefined {
  if (target.cloud === 'aws') return absent('role', target.roleArn, trust.roles.map(arnOf))
  if (target.cloud !== 'google') return undefined
  const emails = trust.serviceAccounts.map(({ document }) => document.email)
  return (
    absent('provider', target.provider, trust.poolProviders.map(providerName)) ??
    (target.serviceAccount === undefined
      ? undefined
      : absent('service account', target.serviceAccount, emails))
  )
}

function absent(kind: string, name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return undefined
  const last = (each: string) => each.slice(each.lastIndexOf('/') + 1)
  const meant = known.find((each) => last(each) === nearest(last(name), known.map(last)))
  return `no ${kind} ${name} is in the trust${meant ? `; did you mean ${meant}?` : ''}`
}

/** Of a role whose document does not say all of its ARN, the rest is whatever was said. */
function chooseRole(trust: GivenTrust, roleArn: string): Chosen {
  const target = { cloud: 'aws', roleArn } as const
  const known = trust.roles.filter((each) => arnOf(each) === roleArn)
  once(roleArn, known)
  if (known.length > 0) return { target, trust }
  const [, account, path, name] = /^arn:[a-z-]+:iam::(\d{12}):role(\/(?:.+\/)?)([^/]+)$/.exec(roleArn) ?? []
  if (account === undefined || path === undefined || name === undefined)
    throw usage(
      'explain',
      `the role ${JSON.stringify(roleArn)} is not named by its ARN`,
      `Write arn:aws:iam::ACCOUNT:role/NAME. ${inTheTrust(trust.roles.map(arnOf))}`,
    )
  const [bare, ...more] = trust.roles.filter((each) => mayBeCalled(each, name))
  if (!bare && trust.open.length > 0) throw openUntilApply(roleArn, trust.open)
  if (!bare || more.length > 0) return { target, trust }
  const named = { ...bare, account, document: { ...bare.document, path, name } }
  return { target, trust: { ...trust, roles: trust.roles.map((each) => (each === bare ? named : each)) } }
}

/** A plan names its roles and not their accounts; a policy alone names neither. */
function mayBeCalled({ bare, document }: GivenRole, name: string): boolean {
  return bare && (document.name === bareName || document.name === name)
}

function openUntilApply(what: string, open: readonly string[]) {
  return usage(
    'explain',
    `nothing can be said of ${what}, as it is not known before the plan is applied: ${open[0]}`,
    'Explain it by what the cloud has after that, as `aws iam get-role` prints it.',
  )
}

/** Of two documents of one thing, nobody knows which is in force. @throws COMMAND_USAGE */
function once(what: string, found: readonly { readonly place: Place }[]): void {
  const places = found.map(({ place }) => `${place.file} line ${place.line()}`)
  if (places.length > 1)
    throw usage(
      'explain',
      `there are ${places.length} documents of ${what}: ${some(places)}`,
      'Name the file with the one that counts, and not the others.',
    )
}

function inTheTrust(names: readonly string[]): string {
  return names.length > 0 ? `In the trust: ${some(names)}.` : 'The trust has none.'
}

function onlyRole({ roles }: GivenTrust): string {
  const arns = [...new Set(roles.map(arnOf))]
  if (arns.length === 1) return arns[0]!
  throw usage('explain', `there are ${arns.length} roles: ${some(arns)}`, 'Choose one with --role ARN.')
}

function chooseProvider(trust: GivenTrust, { provider, serviceAccount }: Asked, issuer: unknown): Chosen {
  const name = provider === undefined ? providerFor(trust, issuer) : fullName(provider, trust)
  once(
    name,
    trust.poolProviders.filter((each) => providerName(each) === name),
  )
  const accounts = trust.serviceAccounts
  const bare = accounts.find((each) => each.bare)
  const email = serviceAccount ?? bare?.document.email
  const target = {
    cloud: 'google',
    provider: name,
    ...(email !== undefined && { serviceAccount: email }),
  } as const
  once(
    serviceAccount ?? 'a service account that they do not name',
    accounts.filter(({ bare, document }) => bare || document.email === serviceAccount),
  )
  if (!bare || serviceAccount === undefined) return { target, trust }
  const named = { ...bare, document: { ...bare.document, email: serviceAccount } }
  return {
    target,
    trust: { ...trust, serviceAccounts: accounts.map((each) => (each === bare ? named : each)) },
  }
}

function providerFor({ poolProviders }: GivenTrust, issuer: unknown): string {
  const fitting = poolProviders.filter(({ document }) => document.oidc?.issuerUri === issuer)
  const names = [...new Set((fitting.length > 0 ? fitting : poolProviders).map(providerName))]
  if (names.length === 1) return names[0]!
  if (names.length === 0) throw usage('explain', 'no provider of a workload identity pool is in the trust')
  throw usage(
    'explain',
    `there are ${names.length} providers: ${some(names)}`,
    'Choose one with --provider NAME.',
  )
}

/** @throws COMMAND_USAGE for the last part of a name alone */
function fullName(said: string, { poolProviders }: GivenTrust): string {
  const [resource] =
    /projects\/[^/]+\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/.exec(said) ?? []
  if (resource !== undefined) return `//iam.googleapis.com/${resource}`
  throw usage(
    'explain',
    `the provider ${JSON.stringify(said)} is not named in full`,
    `Write projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/ID. ${inTheTrust(poolProviders.map(providerName))}`,
  )
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
