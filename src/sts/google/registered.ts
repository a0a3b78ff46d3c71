import { MayflyError } from '../../errors.ts'
import type {
  GoogleProjectDocument,
  PoolDocument,
  PoolProviderDocument,
  ServiceAccountDocument,
} from '../../registry/documents.ts'
import { type Binding, compileBindings } from '../../trust/google-bindings.ts'
import { compileProvider, type GoogleProvider } from '../../trust/google-provider.ts'
import { lazily, named, oncePer } from '../compile.ts'
import { readJwks, type TrustedIssuer } from '../jwks.ts'
import { extendedSeconds, tokenSeconds } from './lifetime.ts'

/** A provider of a workload identity pool as the hot path reads it. */
export interface PoolProvider {
  /** `//iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/P/providers/Q` */
  readonly name: string
  /** `projects/N/locations/global/workloadIdentityPools/P` */
  readonly pool: string
  /** Itself, or with its pool. */
  readonly disabled: boolean
  /** Softly, by a call, itself or with its pool. */
  readonly deleted: boolean
  readonly oidc?: { readonly trusted: TrustedIssuer; readonly audiences: ReadonlySet<string> }
  readonly aws?: { readonly accountId: string }
  /** Its attribute mapping and condition. */
  readonly rule: () => GoogleProvider
}

export interface ServiceAccount {
  readonly email: string
  readonly uniqueId: string
  readonly projectNumber: string
  readonly disabled: boolean
  /** How long an access token of it may last. */
  readonly longestSeconds: number
  /** Who may act as it: by its own policy, and by its project's. */
  readonly bindings: () => readonly Binding[]
}

export interface GoogleProject {
  readonly projectNumber: string
  readonly projectId: string
  /** Of its own IAM policy. */
  readonly bindings: () => readonly Binding[]
  readonly providers: readonly PoolProvider[]
  readonly serviceAccounts: readonly ServiceAccount[]
  /** By their unique IDs. */
  readonly deletedAccounts: ReadonlySet<string>
  /** Names of the pools that are neither disabled nor deleted. */
  readonly pools: readonly string[]
}

/** @throws REGISTRY_DOCUMENT, from a provider's `rule` and an account's `bindings` too */
export function googleProject(document: GoogleProjectDocument, at: string): GoogleProject {
  const poolName = ({ id }: PoolDocument) =>
    `projects/${document.projectNumber}/locations/global/workloadIdentityPools/${id}`
  const { projectNumber, projectId } = document
  const given = [...(document.bindings ?? []), ...(document.addedBindings ?? [])]
  const bindings = lazily(() => named(at, () => compileBindings(given, 'project.bindings')))
  return {
    projectNumber,
    projectId,
    bindings,
    deletedAccounts: new Set(document.deletedServiceAccounts?.map(({ uniqueId }) => uniqueId)),
    pools: document.pools.filter((pool) => !pool.disabled && !isDeleted(pool)).map(poolName),
    providers: document.pools.flatMap((pool, i) =>
      pool.providers.map((each, j) =>
        poolProvider(each, pool, poolName(pool), `${at}.pools[${i}].providers[${j}]`),
      ),
    ),
    serviceAccounts: document.serviceAccounts.map((each, i) =>
      serviceAccount(each, { projectNumber, bindings }, `${at}.serviceAccounts[${i}]`),
    ),
  }
}

function poolProvider(
  document: PoolProviderDocument,
  pool: PoolDocument,
  poolName: string,
  at: string,
): PoolProvider {
  const { id, oidc, aws } = document
  const name = `//iam.googleapis.com/${poolName}/providers/${id}`
  return {
    name,
    pool: poolName,
    disabled: document.disabled || pool.disabled,
    deleted: isDeleted(document) || isDeleted(pool),
    rule: lazily(() => named(at, () => ruleOf(document))),
    ...(aws && { aws }),
    ...(oidc && { oidc: { trusted: trustedIssuer(oidc, at), audiences: audiencesOf(oidc, name) } }),
  }
}

/** Whether it still could be undeleted makes no difference. */
function isDeleted({ expireTime }: PoolDocument | PoolProviderDocument): boolean {
  return expireTime !== undefined
}

const ruleOf = oncePer(({ attributeMapping, attributeCondition }: PoolProviderDocument) =>
  compileProvider({ attributeMapping, ...(attributeCondition !== undefined && { attributeCondition }) }),
)

const bindingsOf = oncePer(({ bindings }: ServiceAccountDocument) => compileBindings(bindings))

type Oidc = NonNullable<PoolProviderDocument['oidc']>

function trustedIssuer(oidc: Oidc, at: string): TrustedIssuer {
  const { issuerUri: issuer, jwksJson, reach } = oidc
  if (jwksJson === undefined) return { issuer, reach }
  return { issuer, reach, keys: named(`${at}.oidc.jwksJson`, () => uploadedKeys(oidc)) }
}

const uploadedKeys = oncePer(({ jwksJson = '' }: Oidc) => {
  try {
    return readJwks(JSON.parse(jwksJson))
  } catch (cause) {
    // Without the text: somebody may have uploaded a private key.
    throw new MayflyError('REGISTRY_DOCUMENT', { message: 'it is not a JWKS in JSON', cause })
  }
})

/** Without a list of its own, a provider is named by its tokens: with `https:` before the name, or nothing. */
function audiencesOf({ allowedAudiences }: Oidc, name: string): ReadonlySet<string> {
  return new Set(allowedAudiences.length > 0 ? allowedAudiences : [name, `https:${name}`])
}

function serviceAccount(
  document: ServiceAccountDocument,
  { projectNumber, bindings }: Pick<GoogleProject, 'projectNumber' | 'bindings'>,
  at: string,
): ServiceAccount {
  const { email, uniqueId, disabled = false, credentialLifetimeExtension = false } = document
  const all = lazily(() => {
    const own = named(at, () => bindingsOf(document))
    return bindings().length > 0 ? [...own, ...bindings()] : own
  })
  return {
    email,
    uniqueId,
    projectNumber,
    disabled,
    longestSeconds: credentialLifetimeExtension ? extendedSeconds : tokenSeconds,
    bindings: all,
  }
}
