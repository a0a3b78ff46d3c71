import { MayflyError } from '../../errors.ts'
import type { ClientAssertionAsk, EntraTokenGrant, Ungranted, WebIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { entraIssuer } from './issuers.ts'
import { type EntraClient, type EntraTenant, rolesAt } from './registered.ts'
import type { EntraResource } from './resources.ts'
import { matchCredential } from './verify-entra-token.ts'

/** From an hour down to a second less: what Entra says of every token that an application asks for. */
const tokenSeconds = 3600

/** By the credentials of the application. What its token may do at the resource is that resource's to decide. */
export function authorizeClientAssertion(
  ask: ClientAssertionAsk,
  identity: WebIdentity,
  registered: Snapshot,
  nowMs: number,
): Ungranted<EntraTokenGrant> {
  const { tenant, client } = entraClient(ask, registered)
  const credential = matchCredential(client, identity)
  const resource = tenant.resource(ask.resource)
  if (!resource) throw noResource(ask)
  return {
    kind: 'entra-token',
    issuer: entraIssuer(tenant.tenantId, resource.tokenVersion),
    claims: claimsOf(client, resource, { audience: ask.resource, roles: rolesAt(resource, client, tenant) }),
    lifetimeSeconds: tokenSeconds - 1,
    expiresAtMs: (Math.floor(nowMs / 1000) + tokenSeconds) * 1000,
    rule: `the federated identity credential ${credential} of ${client.name}`,
  }
}

/**
 * Who is asked for, and where.
 * @throws TRUST_TENANT, TRUST_APPLICATION
 */
export function entraClient(
  { tenant: name, clientId }: Pick<ClientAssertionAsk, 'tenant' | 'clientId'>,
  { tenants }: Snapshot,
): { readonly tenant: EntraTenant; readonly client: EntraClient } {
  const tenant = tenants.get(name.toLowerCase())
  if (!tenant) throw noTenant(name)
  const client = tenant.clients.get(clientId.toLowerCase())
  if (!client) throw noApplication(clientId, tenant.tenantId)
  return { tenant, client }
}

interface For {
  /** The resource as it was asked for. */
  readonly audience: string
  readonly roles: readonly string[]
}

/** @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
function claimsOf(client: EntraClient, { appId, tokenVersion }: EntraResource, { audience, roles }: For) {
  const { tenantId, clientId, principalId, resourceId } = client
  // "2": the client proved itself by a signature and not by a secret.
  const versioned =
    tokenVersion === 1
      ? { aud: audience, appid: clientId, appidacr: '2', idp: entraIssuer(tenantId, 1), ver: '1.0' }
      : { aud: appId, azp: clientId, azpacr: '2', ver: '2.0' }
  return {
    ...versioned,
    oid: principalId,
    sub: principalId,
    tid: tenantId,
    ...(roles.length > 0 && { roles }),
    ...(resourceId !== undefined && { xms_mirid: resourceId }),
  }
}

export function noTenant(presented: string): MayflyError {
  return new MayflyError('TRUST_TENANT', {
    message: `the tenant ${presented} is not registered`,
    values: { presented },
  })
}

export function noApplication(presented: string, directory?: string): MayflyError {
  return new MayflyError('TRUST_APPLICATION', {
    message: `${presented} is no application or managed identity that is registered${directory === undefined ? '' : ` in ${directory}`}`,
    values: { presented, directory },
  })
}

function noResource({ resource: presented, tenant: directory }: ClientAssertionAsk): MayflyError {
  return new MayflyError('TRUST_RESOURCE', {
    message: `nothing in the tenant ${directory} is called ${presented}`,
    values: { presented, directory },
  })
}
