import { providerName } from '../lint/cel-tokens.ts'
import { roleName } from '../lint/document-name.ts'
import { arnOf, type GivenServiceAccount, type GivenTrust, type Place } from '../registry/given.ts'
import { boundTo } from './account-bindings.ts'
import { roleWays } from './aws-ways.ts'
import { besidesOfAccount, besidesOfRole } from './besides.ts'
import { credentialWays } from './entra-ways.ts'
import { accountWays, poolOf, poolWays, providerWays } from './google-ways.ts'
import { serverEntrances } from './oauth-ways.ts'
import type { Entrance } from './way.ts'

/** Everything in a trust that tokens can be presented for, with the rules by which they get in. */
export function entrancesOf(trust: GivenTrust): Entrance[] {
  return [
    ...roles(trust),
    ...providers(trust),
    ...accounts(trust),
    ...applications(trust),
    ...trust.authorizationServers.flatMap(serverEntrances),
  ]
}

const everyAccount = 'every account'

function roles(trust: GivenTrust): Entrance[] {
  // However many accounts there are, a role is looked at with the providers of its own.
  const providers = Map.groupBy(trust.oidcProviders, ({ account = everyAccount }) => account)
  const providersOf = (account: string) => [
    ...(providers.get(account) ?? []),
    ...(providers.get(everyAccount) ?? []),
  ]
  return trust.roles.map((role) => ({
    target: { cloud: 'aws', roleArn: arnOf(role) },
    name: roleName(role) ?? 'this role',
    ...at(role.place),
    ways: roleWays(role, { ...trust, oidcProviders: providersOf(role.account) }),
    besides: besidesOfRole(role),
  }))
}

function providers({ poolProviders }: GivenTrust): Entrance[] {
  return poolProviders.map((provider) => ({
    target: { cloud: 'google', provider: providerName(provider) },
    name: `provider ${providerName(provider).replace('//iam.googleapis.com/', '')}`,
    ...at(provider.place),
    ways: providerWays(provider),
  }))
}

/** One for each provider of which tokens lead to the account. */
function accounts(trust: GivenTrust): Entrance[] {
  return trust.serviceAccounts.flatMap((account) => [
    ...byProviders(account, trust),
    ...byUnknown(account, trust),
    ...byOthers(account, trust),
  ])
}

/** Whoever has the account otherwise than by a pool. */
function byOthers(account: GivenServiceAccount, trust: GivenTrust): Entrance[] {
  const besides = besidesOfAccount(boundTo(account, trust))
  const target = { cloud: 'google', provider: '', serviceAccount: account.document.email } as const
  const name = `${nameOf(account)} by others than tokens`
  return besides.length === 0 ? [] : [{ target, name, ...at(account.place), ways: [], besides }]
}

/** Pools whose members may act as the account, and of whose providers nothing is said. */
function byUnknown(account: GivenServiceAccount, trust: GivenTrust): Entrance[] {
  const known = new Set(trust.poolProviders.map(poolOf))
  const bound = boundTo(account, trust)
  const pools = new Set(
    bound.flatMap(({ member }) => ('pool' in member && !known.has(member.pool) ? [member.pool] : [])),
  )
  return [...pools].map((pool) => ({
    target: {
      cloud: 'google',
      provider: `//iam.googleapis.com/${pool}`,
      serviceAccount: account.document.email,
    },
    name: `${nameOf(account)} by ${pool}`,
    ...at(account.place),
    ways: poolWays(bound, pool),
    open: `the providers of ${pool} are not in these files: name them with --trust too`,
  }))
}

function nameOf({ bare, document }: GivenServiceAccount): string {
  return bare ? 'this service account' : `service account ${document.email}`
}

function byProviders(account: GivenServiceAccount, trust: GivenTrust): Entrance[] {
  const bound = boundTo(account, trust)
  return trust.poolProviders
    .map((provider): Entrance => {
      const { email } = account.document
      return {
        target: { cloud: 'google', provider: providerName(provider), serviceAccount: email },
        name: `${nameOf(account)} by ${provider.pool.id}/${provider.document.id}`,
        ...at(account.place),
        ways: accountWays(bound, provider),
      }
    })
    .filter(({ ways }) => ways.length > 0)
}

function applications({ credentials }: GivenTrust): Entrance[] {
  const names = [...new Set(credentials.map((each) => each.application))]
  return names.map((application) => {
    const own = credentials.filter((each) => each.application === application)
    return {
      target: { cloud: 'entra', ...(application !== undefined && { application }) },
      name: application === undefined ? 'this application' : `application ${application}`,
      ...at(own[0]!.place),
      ways: own.flatMap(credentialWays),
    }
  })
}

function at(place: Place): Pick<Entrance, 'file' | 'line'> {
  return { file: place.file, line: place.line() }
}
