import { jwksDocument } from '../../issuer/discovery.ts'
import { bareHost } from '../../wire/addresses.ts'
import { parseForm } from '../../wire/form.ts'
import type { StsRequest, StsResponse } from '../ask.ts'
import { entraHosts } from '../hosts.ts'
import type { Sts } from '../sts.ts'
import { entraAnswer, entraRefusal } from './answer.ts'
import { noTenant } from './authorize-client-assertion.ts'
import { entraFault } from './errors.ts'
import { entraAuthority, entraIssuer, entraKeys } from './issuers.ts'

const configuration = /^\/([^/]{1,128})(\/v2\.0)?\/\.well-known\/openid-configuration$/
const keys = /^\/([^/]{1,128})\/discovery(?:\/v2\.0)?\/keys$/
const instance = '/common/discovery/instance'

/** Names in place of a tenant's: the documents say `{tenantid}` where an ID would be. */
const anyTenant: readonly string[] = ['common', 'organizations']

/**
 * What Entra publishes about itself, by its paths under any host: a tenant's discovery document (OpenID Connect
 * Discovery 1.0), the keys, and which host names are one cloud. Undefined for every other path.
 */
export function entraDiscovery(request: StsRequest, sts: Sts): StsResponse | undefined {
  const { path } = request
  if (path === instance) return instanceMetadata(request, sts)
  if (keys.test(path)) return entraAnswer(request, 200, jwksDocument(entraKeys, sts.keys))
  const [whole, tenant = '', version] = configuration.exec(path) ?? []
  return whole === undefined ? undefined : tenantDocument(request, sts, { tenant, version })
}

function tenantDocument(
  request: StsRequest,
  sts: Sts,
  { tenant, version }: { readonly tenant: string; readonly version: string | undefined },
): StsResponse | undefined {
  const { tenants } = sts.registered()
  const id = anyTenant.includes(tenant) ? '{tenantid}' : tenants.get(tenant.toLowerCase())?.tenantId
  if (id === undefined) return version ? entraRefusal(noTenant(tenant), request, sts.now()) : undefined
  // At Entra's own names by HTTPS, whoever ends that in front of us.
  const base = entraHosts.includes(bareHost(request.host.replace(/:443$/, '')))
    ? entraAuthority
    : request.origin
  return entraAnswer(request, 200, version ? second(base, tenant, id) : first(base, tenant, id))
}

/** As recorded (azure-workload-identity#682), without what nobody answers here: it is for people who sign in. */
function second(base: string, tenant: string, id: string) {
  const oauth2 = `${base}/${tenant}/oauth2/v2.0`
  return {
    token_endpoint: `${oauth2}/token`,
    jwks_uri: `${base}/${tenant}/discovery/v2.0/keys`,
    issuer: entraIssuer(id, 2),
    // MSAL takes no document without it.
    authorization_endpoint: `${oauth2}/authorize`,
    ...common,
  }
}

function first(base: string, tenant: string, id: string) {
  return {
    token_endpoint: `${base}/${tenant}/oauth2/v2.0/token`,
    jwks_uri: `${base}/common/discovery/keys`,
    issuer: entraIssuer(id, 1),
    authorization_endpoint: `${base}/${tenant}/oauth2/authorize`,
    ...common,
  }
}

const common = {
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  response_modes_supported: ['query', 'fragment', 'form_post'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'tid', 'ver'],
  cloud_instance_name: 'microsoftonline.com',
  cloud_graph_host_name: 'graph.windows.net',
  msgraph_host: 'graph.microsoft.com',
}

/** @see https://learn.microsoft.com/entra/msal "Instance metadata" */
function instanceMetadata(request: StsRequest, sts: Sts): StsResponse {
  const endpoint = parseForm(request.query).get('authorization_endpoint') ?? ''
  const { hostname = '', pathname = '' } = URL.canParse(endpoint) ? new URL(endpoint) : {}
  if (!entraHosts.includes(hostname))
    return entraRefusal(entraFault('instance', endpoint), request, sts.now())
  const tenant = pathname.split('/')[1] || 'common'
  return entraAnswer(request, 200, {
    tenant_discovery_endpoint: `${entraAuthority}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [
      {
        preferred_network: 'login.microsoftonline.com',
        preferred_cache: 'login.windows.net',
        aliases: entraHosts,
      },
    ],
  })
}
