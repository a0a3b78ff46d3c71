import { ephemeralKeys, type KeyedIssuers, keysFromFile } from '../keys/key-ring.ts'
import type { Keys } from '../keys/keys.ts'
import type { Keyed } from '../keys/store.ts'
import type { TrustDocument } from '../registry/documents.ts'
import { openRegistry, type Registry } from '../registry/registry.ts'
import type { Store } from '../registry/store.ts'
import { type Http, outboundHttp } from '../wire/http.ts'
import { type Audit, createAudit } from './audit.ts'
import { mfaCodes } from './aws/mfa.ts'
import { oncePer } from './compile.ts'
import { entraKeys, tenantOfIssuer } from './entra/issuers.ts'
import { keySource } from './key-source.ts'
import { googleIssuer } from './mint.ts'
import { usedAssertions } from './oauth/used-assertions.ts'
import type { Faults } from './operator/faults.ts'
import { type InForce, inForce } from './operator/in-force.ts'
import { type Limits, limitedKeys, noLimits } from './operator/limits.ts'
import { createReadiness, type ReadinessCheck } from './operator/readiness.ts'
import { compileSnapshot, type Snapshot } from './snapshot.ts'
import type { Sts } from './sts.ts'

export interface StsSetting {
  readonly document: TrustDocument
  /** Default: those of `keyFile`. */
  readonly keys?: Keys
  /** Where keys are kept that survive this process. Default: nowhere, they end with it. */
  readonly keyFile?: string
  /** How often the keys in that file get successors, in milliseconds; two days at least. Default: never. */
  readonly rotateKeysEveryMs?: number
  /** Default: one without sinks, which remembers refusals. */
  readonly audit?: Audit
  /** Epoch milliseconds. Default: the machine's clock. */
  readonly now?: () => number
  /** For the discovery of issuers. Default: HTTPS, to public addresses alone where a registration says no other. */
  readonly http?: Readonly<Record<'public' | 'any', Http>>
  /** Default: none. */
  readonly limits?: Limits
  /** Faults to be had on purpose; the service goes by their clock. Default: none. */
  readonly faults?: Faults
  /** What `/readyz` looks at besides the keys and the store. Default: nothing. */
  readonly checks?: Readonly<Record<string, ReadinessCheck>>
  /** A line when the service is no longer ready, and when it is again. */
  readonly log?: (line: string) => void
  /** See `Sts.signedTargetOnly`. Default: false. */
  readonly signedTargetOnly?: boolean
}

/** A token service whose registered trust can be replaced while it runs. */
export interface ChangeableSts extends Sts {
  /** All of it or, when a part does not compile, nothing of it. @throws REGISTRY_DOCUMENT */
  register(document: TrustDocument): void
}

/** @throws REGISTRY_DOCUMENT, KEY_FILE */
export function createSts({ document, ...setting }: StsSetting): ChangeableSts {
  const registered = inForce(compileSnapshot(document), setting.faults)
  return {
    ...stsOver(registered.current, setting),
    register(changed) {
      registered.take(compileSnapshot(changed))
    },
  }
}

export interface OpenStsSetting extends StsSetting {
  /** What the trust file says: admin calls do not change it. */
  readonly document: TrustDocument
  /** Where that is kept which admin calls register. Closed with the registry. */
  readonly store: Store
  /** When others' changes cannot be read, or do not compile: the last good trust stays in force. */
  readonly onError: (error: unknown) => void
  /** With one sentence, once, for what is stored and cannot count because the trust file no longer has what it refers to. */
  readonly onWarning?: (sentence: string) => void
}

/** A token service that takes admin calls, and decides by what they have changed from then on. */
export interface AdministeredSts extends Sts {
  readonly registry: Registry
}

/** @throws REGISTRY_STORE, REGISTRY_DOCUMENT, KEY_FILE */
export async function openSts(setting: OpenStsSetting): Promise<AdministeredSts> {
  const { document, store, onError, onWarning = () => {}, ...rest } = setting
  const compile = oncePer((trust: TrustDocument) => compileSnapshot(trust))
  let registered: InForce<Snapshot> | undefined
  let warned: ReadonlySet<string> = new Set()
  const warn = ({ warnings }: Snapshot, leftOut: readonly string[]) => {
    const all = new Set([...warnings, ...leftOut.map(leftOutWarning)])
    for (const each of all) if (!warned.has(each)) onWarning(each)
    warned = all
  }
  const onTrust = (trust: TrustDocument, leftOut: readonly string[]) => {
    const snapshot = compile(trust)
    registered?.take(snapshot)
    warn(snapshot, leftOut)
  }
  const registry = await openRegistry({ store, declared: document, check: compile, onTrust, onError })
  try {
    const first = compile(registry.trust())
    registered = inForce(first, rest.faults)
    warn(first, registry.leftOut())
    const checks = { store: () => registry.reach(), ...rest.checks }
    return { ...stsOver(registered.current, { ...rest, checks }), registry }
  } catch (error) {
    await registry.close()
    throw error
  }
}

function leftOutWarning(place: string): string {
  return `something is stored for ${decodeURIComponent(place)}, which the trust file does not have: it does not count`
}

function stsOver(registered: () => Snapshot, setting: Omit<StsSetting, 'document'>): Sts {
  const { faults, signedTargetOnly = false } = setting
  const now = faults?.now ?? setting.now ?? Date.now
  const limits = faults?.limits(setting.limits ?? noLimits) ?? setting.limits ?? noLimits
  const issuer = (url: string) => registered().issuers.get(url) ?? cloudIssuer(url, registered())
  const keys = setting.keys ?? keysAt(setting, issuer, now)
  const http = setting.http ?? {
    public: outboundHttp({ reach: 'public' }),
    any: outboundHttp({ reach: 'any' }),
  }
  const reaching = (reach: 'public' | 'any') => faults?.http(http[reach]) ?? http[reach]
  const fetched = keySource({ keys, http: { public: reaching('public'), any: reaching('any') }, now })
  const source = faults?.keys(fetched, (url) => keys.jwks(url) !== undefined) ?? fetched
  return {
    registered,
    keys,
    mfa: mfaCodes(keys.sealing, now),
    usedAssertions: usedAssertions(now),
    issuerKeys: limitedKeys(source, limits),
    audit: setting.audit ?? createAudit({ sinks: [], now }),
    limits,
    readiness: createReadiness({
      checks: { keys: () => keys.sealing.seal('readiness', ''), ...setting.checks },
      now,
      ...(setting.log && { log: setting.log }),
    }),
    now,
    signedTargetOnly,
  }
}

/**
 * The clouds' own: Google's for the ID tokens of service accounts, each service account by its unique ID, Entra's, and one
 * of each AWS account that signs tokens. Besides them, the authorization servers.
 */
function cloudIssuer(url: string, registered: Snapshot): Keyed | undefined {
  if (url === googleIssuer) return { url, algorithm: 'RS256' }
  if (registered.serviceAccount(url)?.uniqueId === url) return { url, algorithm: 'RS256' }
  if (url === entraKeys.url || tenantOfIssuer(url, registered) !== undefined) return entraKeys
  const server = registered.authorizationServers.get(url)
  if (server) return { url, algorithm: server.algorithm }
  return registered.outboundIssuers.has(url) ? { url, algorithm: 'RS256', also: ['ES384'] } : undefined
}

function keysAt(
  { keyFile, rotateKeysEveryMs }: Omit<StsSetting, 'document'>,
  issuer: KeyedIssuers,
  now: () => number,
): Keys {
  return keyFile === undefined
    ? ephemeralKeys(issuer, now)
    : keysFromFile(keyFile, issuer, now, rotateKeysEveryMs)
}
