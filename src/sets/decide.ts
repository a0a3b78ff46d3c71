import { providerName } from '../lint/cel-tokens.ts'
import { arnOf, type GivenTrust } from '../registry/given.ts'
import { type Explanation, explainOffline, type Target } from '../sts/explain-offline.ts'
import { unsignedToken } from '../sts/unsigned-token.ts'
import { evaluateBindings } from '../trust/google-bindings.ts'
import { boundTo } from './account-bindings.ts'
import { requestOf } from './oauth-requests.ts'

export type Claims = Readonly<Record<string, unknown>>

/** Where no time is said, any will do: tokens get theirs around it. */
const anyTimeMs = Date.parse('2026-01-01T00:00:00Z')

/** What the deciding engine makes of a token with these claims, whoever signed it. */
export function decide(
  trust: GivenTrust,
  target: Target,
  claims: Claims,
  nowMs = anyTimeMs,
): Promise<Explanation> {
  if (target.cloud === 'oauth') return decideRequest(trust, target, claims, nowMs)
  const { presented } = unsignedToken(claims, nowMs)
  return explainOffline({ trust: only(trust, target), presented, target, nowMs })
}

function decideRequest(
  trust: GivenTrust,
  target: Target & { cloud: 'oauth' },
  claims: Claims,
  nowMs: number,
): Promise<Explanation> {
  const { subject, ...asking } = requestOf(claims)
  const { presented } = unsignedToken(subject, nowMs)
  return explainOffline({ trust: only(trust, target), presented, target: { ...target, ...asking }, nowMs })
}

function isOf(account: string | undefined, arn: string): boolean {
  return account === undefined || arn.split(':')[4] === account
}

/** Of a trust, what decides about one target: however much there is, compiling all of it takes so much longer. */
function only(trust: GivenTrust, target: Target): GivenTrust {
  const { cloud } = target
  const provider = cloud === 'google' ? target.provider : undefined
  const account = cloud === 'google' ? target.serviceAccount : undefined
  return {
    ...trust,
    oidcProviders: trust.oidcProviders.filter(
      ({ account: of }) => cloud === 'aws' && isOf(of, target.roleArn),
    ),
    roles: trust.roles.filter((each) => cloud === 'aws' && arnOf(each) === target.roleArn),
    poolProviders: trust.poolProviders.filter((each) => providerName(each) === provider),
    serviceAccounts: trust.serviceAccounts.filter(({ document }) => document.email === account),
    credentials: cloud === 'entra' ? trust.credentials : [],
    authorizationServers: trust.authorizationServers.filter(
      ({ document }) => cloud === 'oauth' && document.issuer === target.authorizationServer,
    ),
  }
}

/** What the engine makes of a principal of a pool whose providers are not at hand, by what they would have mapped. */
export function isBound(trust: GivenTrust, target: Target, claims: Claims): boolean {
  if (target.cloud !== 'google') return false
  const account = trust.serviceAccounts.find(({ document }) => document.email === target.serviceAccount)
  const attributes = Object.entries(claims).flatMap(([name, value]) =>
    name.startsWith('attribute.') ? [[name.slice('attribute.'.length), String(value)]] : [],
  )
  const principal = {
    type: 'federated',
    pool: target.provider.replace('//iam.googleapis.com/', ''),
    subject: String(claims['google.subject']),
    groups: [],
    attributes: Object.fromEntries(attributes),
  } as const
  const bound = account ? boundTo(account, trust) : []
  const bindings = bound.map(({ member, ...rest }) => ({ ...rest, members: [member] }))
  const permission = 'iam.serviceAccounts.getAccessToken'
  return evaluateBindings(bindings, { principal, permission, nowMs: anyTimeMs })
}
