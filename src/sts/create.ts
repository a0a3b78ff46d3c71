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
  let registered = compileSnapshot(document)
  return {
    ...stsOver(() => registered, setting),
    register(changed) {
      registered = compileSnapshot(changed)
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
  let registered: Snapshot
  let warned: ReadonlySet<string> = new Set()
  const onTrust = (trust: TrustDocument, leftOut: readonly string[]) => {
    registered = compile(trust)
    const warnings = new Set([...registered.warnings, ...leftOut.map(leftOutWarning)])
    for (const each of warnings) if (!warned.has(each)) onWarning(each)
    warned = warnings
  }
  const registry = await openRegistry({ store, declared: document, check: compile, onTrust, onError })
  try {
    onTrust(registry.trust(), registry.leftOut())
    return { ...stsOver(() => registered, rest), registry }
  } catch (error) {
    await registry.close()
    throw error
  }
}

function leftOutWarning(place: string): string {
  return `something is stored for ${decodeURIComponent(place)}, which the trust file does not have: it does not count`
}

function stsOver(registered: () => Snapshot, setting: Omit<StsSetting, 'document'>): Sts {
  const { now = Date.now, signedTargetOnly = false } = setting
  const issuer = (url: string) => registered().issuers.get(url) ?? cloudIssuer(url, registered())
  const keys = setting.keys ?? keysAt(setting, issuer, now)
  const http = setting.http ?? {
    public: outboundHttp({ reach: 'public' }),
    any: outboundHttp({ reach: 'any' }),
  }
  return {
    registered,
    keys,
    mfa: mfaCodes(keys.sealing, now),
    issuerKeys: keySource({ keys, http, now }),
    audit: setting.audit ?? createAudit({ sinks: [], now }),
    now,
    signedTargetOnly,
  }
}

/** The clouds' own: Google's for the ID tokens of service accounts, Entra's, and one of each AWS account that signs tokens. */
function cloudIssuer(url: string, registered: Snapshot): Keyed | undefined {
  if (url === googleIssuer) return { url, algorithm: 'RS256' }
  if (url === entraKeys.url || tenantOfIssuer(url, registered) !== undefined) return entraKeys
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
