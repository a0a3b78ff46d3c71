import type { PoolProviderDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import type { GoogleMethods, Members } from './google-method.ts'
import { poolMethods } from './google-pool-methods.ts'
import { shownResource } from './google-pool-resource.ts'
import { poolName, poolOf } from './google-pools.ts'
import { providerIn } from './google-provider-body.ts'

const { create, get, list, patch, remove, undelete } = poolMethods<PoolProviderDocument>({
  type: 'WorkloadIdentityPoolProvider',
  permissions: 'iam.workloadIdentityPoolProviders',
  idParameter: 'workloadIdentityPoolProviderId',
  listed: 'workloadIdentityPoolProviders',
  pageSizes: { usual: 50, most: 100 },
  message: {
    name: 'workload_identity_pool_provider',
    fields: [
      'displayName',
      'description',
      'disabled',
      'attributeMapping',
      'attributeCondition',
      'oidc',
      'aws',
    ],
    outputOnly: ['name', 'state', 'expireTime'],
    unsupported: ['saml', 'x509'],
  },
  namesBefore: 1,
  keyBefore: ({ project, names: [pool = ''] }) =>
    keyOf('google', project.projectNumber, 'pool', pool, 'provider'),
  holder: poolOf,
  parse: providerIn,
  shown: (provider, call) => ({
    ...shownResource(`${poolName(call, call.names[0] ?? '')}/providers/${provider.id}`, provider),
    ...rules(provider),
  }),
})

/** @see https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers */
export const providers: GoogleMethods = {
  'workloadIdentityPools.providers.create': create,
  'workloadIdentityPools.providers.get': get,
  'workloadIdentityPools.providers.list': list,
  'workloadIdentityPools.providers.patch': patch,
  'workloadIdentityPools.providers.delete': remove,
  'workloadIdentityPools.providers.undelete': undelete,
}

/** From where its discovery may be fetched is said in the trust file alone, and shown there. */
function rules({ attributeMapping, attributeCondition, oidc, aws }: PoolProviderDocument): Members {
  return {
    attributeMapping,
    ...(attributeCondition && { attributeCondition }),
    ...(oidc && { oidc: shownOidc(oidc) }),
    ...(aws && { aws }),
  }
}

function shownOidc({ issuerUri, allowedAudiences, jwksJson }: NonNullable<PoolProviderDocument['oidc']>) {
  return {
    issuerUri,
    ...(allowedAudiences.length > 0 && { allowedAudiences }),
    ...(jwksJson !== undefined && { jwksJson }),
  }
}
