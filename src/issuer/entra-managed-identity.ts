import { madeUpUuid, madeUpWord } from './made-up.ts'
import { audienceClaim, type Inputs, type Shape } from './shape.ts'

/**
 * The access token of a managed identity: version 2.0 where the issuer ends with `/v2.0`, else 1.0. A tenant has its own
 * issuer, and a token no `jti`.
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export const entraManagedIdentity = {
  name: 'entra-managed-identity',
  inputs: {
    name: 'name of the user-assigned identity; shop',
    oid: 'its object (principal) ID, which is sub too; made up from its name',
    client_id: 'its application (client) ID; made up from its name',
    tid: 'tenant; as in the issuer',
    xms_mirid: 'resource ID of the identity; made up from its name',
  },
  // What a managed identity's token lives for, whoever asks.
  lifetimeSeconds: 86_400,
  // Beside the issuer of version 2.0, `https://login.microsoftonline.com/TENANT/v2.0`.
  jwksPath: '/../discovery/v2.0/keys',
  claims(inputs, { issuer, audience, issuedAt, lifetimeSeconds }) {
    const { name, tenant, object, client } = identityOf(inputs, issuer)
    const second = issuer.endsWith('/v2.0')
    return {
      aud: audienceClaim(audience, 'api://AzureADTokenExchange'),
      iss: issuer,
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + lifetimeSeconds,
      aio: madeUpWord(`aio ${object}`, 27),
      // `2`: the client proved itself with a certificate.
      ...(second ? { azp: client, azpacr: '2' } : { appid: client, appidacr: '2' }),
      ...(!second && { idp: issuer }),
      oid: object,
      sub: object,
      tid: tenant,
      uti: madeUpWord(`uti ${object} ${issuedAt}`, 22),
      ver: second ? '2.0' : '1.0',
      xms_mirid: inputs.xms_mirid ?? resourceId(name),
    }
  },
  discovery: (issuer, algorithm) => ({
    token_endpoint: `${issuer.replace(/\/v2\.0$/, '')}/oauth2/v2.0/token`,
    subject_types_supported: ['pairwise'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    id_token_signing_alg_values_supported: [algorithm],
  }),
} as const satisfies Shape

function identityOf(inputs: Inputs, issuer: string) {
  const { name = 'shop' } = inputs
  return {
    name,
    tenant:
      inputs.tid ?? /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(issuer)?.[0] ?? madeUpUuid(issuer),
    object: inputs.oid ?? madeUpUuid(`principal ${name}`),
    client: inputs.client_id ?? madeUpUuid(`client ${name}`),
  }
}

function resourceId(name: string): string {
  const subscription = madeUpUuid('subscription')
  return `/subscriptions/${subscription}/resourcegroups/acme/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
}
