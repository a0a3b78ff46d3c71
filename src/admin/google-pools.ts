import type { PoolDocument } from '../registry/documents.ts'
import { keyOf } from '../registry/entries.ts'
import { poolSchema } from '../registry/google-schema.ts'
import { parsed } from './google-body.ts'
import { unsupported } from './google-errors.ts'
import type { GoogleCall, GoogleMethods } from './google-method.ts'
import { poolMethods } from './google-pool-methods.ts'
import { type Kind, poolResource, shownResource } from './google-pool-resource.ts'

/** A pool without its providers, which are entries of their own. */
type Pool = Omit<PoolDocument, 'providers'>

const kind: Kind<Pool> = {
  type: 'WorkloadIdentityPool',
  permissions: 'iam.workloadIdentityPools',
  idParameter: 'workloadIdentityPoolId',
  listed: 'workloadIdentityPools',
  pageSizes: { usual: 50, most: 1000 },
  message: {
    name: 'workload_identity_pool',
    fields: ['displayName', 'description', 'disabled', 'mode'],
    outputOnly: ['name', 'state', 'expireTime'],
    unsupported: ['sessionDuration', 'inlineCertificateIssuanceConfig', 'inlineTrustConfig'],
  },
  namesBefore: 0,
  keyBefore: ({ project }) => keyOf('google', project.projectNumber, 'pool'),
  parse({ mode = 'FEDERATION_ONLY', ...members }, id) {
    if (mode !== 'FEDERATION_ONLY' && mode !== 'MODE_UNSPECIFIED')
      throw unsupported(`pools of the mode ${mode}`)
    const { providers: _, ...pool } = parsed(poolSchema, { ...members, id })
    return pool
  },
  shown: (pool, call) => shownResource(poolName(call, pool.id), pool),
}

const { create, get, list, patch, remove, undelete } = poolMethods(kind)

/** @see https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools */
export const pools: GoogleMethods = {
  'workloadIdentityPools.create': create,
  'workloadIdentityPools.get': get,
  'workloadIdentityPools.list': list,
  'workloadIdentityPools.patch': patch,
  'workloadIdentityPools.delete': remove,
  'workloadIdentityPools.undelete': undelete,
}

/** The pool that a call names, or of which it names a part. @throws REGISTRY_ABSENT */
export const poolOf: (call: GoogleCall) => Pool = poolResource(kind).find

/** `projects/NUMBER/…`, whichever way the caller named the project. */
export function poolName({ project }: Pick<GoogleCall, 'project'>, id: string): string {
  return `projects/${project.projectNumber}/locations/global/workloadIdentityPools/${id}`
}
