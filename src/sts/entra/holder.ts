import { MayflyError } from '../../errors.ts'
import { type Jwt, readJwt } from '../../wire/jws.ts'
import type { StsRequest } from '../ask.ts'
import { headerOf } from '../request.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Sts } from '../sts.ts'
import { verificationBy } from '../web-identity.ts'
import { tenantOfIssuer } from './issuers.ts'
import { type EntraClient, type EntraTenant, rolesAt } from './registered.ts'

/** Who holds an access token of a tenant of ours. */
export interface EntraHolder {
  readonly tenant: EntraTenant
  readonly client: EntraClient
  /** The app ID of the resource that the token is for. */
  readonly resource: string
  readonly roles: readonly string[]
}

/**
 * What the bearer of a request to a service that takes Entra's tokens says of its holder, verified.
 * @throws REQUEST_UNSIGNED, REQUEST_CREDENTIAL, REQUEST_CREDENTIAL_EXPIRED
 */
export async function verifyEntraBearer(
  request: Pick<StsRequest, 'headers'>,
  sts: Sts,
): Promise<Jwt['claims']> {
  const [scheme, token] = (headerOf(request, 'authorization') ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'bearer' || !token)
    throw new MayflyError('REQUEST_UNSIGNED', { message: 'the request carries no access token' })
  const { claims } = await ownToken(token, sts)
  const seconds = Math.floor(sts.now() / 1000)
  if (Number(claims.exp) <= seconds)
    throw new MayflyError('REQUEST_CREDENTIAL_EXPIRED', {
      message: `the access token of ${clientOf(claims)} expired ${seconds - Number(claims.exp)} s ago`,
    })
  return claims
}

async function ownToken(token: string, sts: Sts): Promise<Jwt> {
  try {
    const jwt = readJwt(token)
    const issuer = String(jwt.claims.iss)
    if (tenantOfIssuer(issuer, sts.registered()) === undefined) throw notOurs(`it is of ${issuer}`)
    await verificationBy(sts).checkSigned(jwt, { issuer, reach: 'public' })
    return jwt
  } catch (error) {
    if (error instanceof MayflyError && error.code.startsWith('PROOF_')) throw notOurs(error.message)
    throw error
  }
}

/**
 * Who holds a token of these claims. What it may do is looked up anew: a role that was taken away since counts here at
 * once, as at Microsoft when the token ends.
 * @throws REQUEST_CREDENTIAL
 */
export function entraHolder(claims: Jwt['claims'], registered: Snapshot): EntraHolder {
  const tenant = registered.tenants.get(String(claims.tid))
  const client = tenant?.clients.get(clientOf(claims))
  const resource = tenant?.resource(String(claims.aud))
  if (!tenant || !client || !resource) throw notOurs(`${clientOf(claims)} is not registered any more`)
  return { tenant, client, resource: resource.appId, roles: rolesAt(resource, client, tenant) }
}

function clientOf({ appid, azp }: Jwt['claims']): string {
  return String(appid ?? azp)
}

function notOurs(why: string): MayflyError {
  return new MayflyError('REQUEST_CREDENTIAL', {
    message: `the access token is not a tenant's of ours: ${why}`,
  })
}
