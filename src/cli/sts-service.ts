import manifest from '../../package.json' with { type: 'json' }
import { MayflyError } from '../errors.ts'
import { watchTrustFile } from '../registry/watch.ts'
import { type AuditSink, createAudit } from '../sts/audit.ts'
import { type AuditFile, auditFile } from '../sts/audit-file.ts'
import { type AdministeredSts, openSts } from '../sts/create.ts'
import type { Faults } from '../sts/operator/faults.ts'
import { createLimits } from '../sts/operator/limits.ts'
import { createMetrics, type Metrics } from '../sts/operator/metrics.ts'
import { refusalFile } from '../sts/refusal-file.ts'
import type { Counts } from '../sts/snapshot.ts'
import type { Sts } from '../sts/sts.ts'
import { outboundHttp } from '../wire/http.ts'
import type { Io } from './command.ts'
import { openStore } from './open-store.ts'
import type { StsLog } from './sts-log.ts'
import type { StsCommandSetting } from './sts-setting.ts'

/** A token service that follows its trust file, with all that it keeps. */
export interface StsService {
  readonly sts: Sts
  /** The same, with its registry whether or not there are admin calls. */
  readonly all: AdministeredSts
  /** Where somebody asked for them. */
  readonly metrics: Metrics | undefined
  auditPending(): number
  close(): Promise<void>
}

export interface Surroundings {
  readonly io: Io
  readonly now: () => number
  readonly log: StsLog
  /** Whose clock `now` is, where somebody asked for faults. */
  readonly faults?: Faults | undefined
}

/** @throws CONFIG_*, REGISTRY_*, KEY_FILE, AUDIT_WRITE */
export async function startSts(
  setting: StsCommandSetting,
  { io, now, log, faults }: Surroundings,
): Promise<StsService> {
  const { config, keyFile, rotateKeysEveryMs, audit, auditRequired, limits, signedTargetOnly } = setting
  const metrics = setting.metrics && createMetrics(manifest.version)
  const complain = (error: unknown) => {
    if (!(error instanceof MayflyError)) throw error
    metrics?.registryFailed()
    log.failed(error, 'The last good trust stays in force.')
  }
  const http = (reach: 'public' | 'any') => {
    const outbound = outboundHttp({ env: io.env, reach })
    return metrics?.counted(outbound) ?? outbound
  }
  const trust = watchTrustFile({
    path: config,
    onError: complain,
    onDocument(document) {
      if (sts?.registry.declare(document))
        log.say(`${config} was read again: ${countsInWords(sts.registered().counts)}`)
    },
  })
  let file: AuditFile | undefined
  let sts: AdministeredSts | undefined
  const close = async () => {
    trust.close()
    await sts?.registry.close()
    await file?.close()
  }
  try {
    file = audit === undefined ? undefined : auditFile(audit, now)
    const document = trust.document()
    sts = await openSts({
      document,
      store: await openStore(setting.store, io),
      onError: complain,
      onWarning: (sentence) => log.say(`warning: ${sentence}`),
      keyFile,
      ...(rotateKeysEveryMs !== undefined && { rotateKeysEveryMs }),
      now,
      ...(faults && { faults }),
      limits: createLimits(limits, now),
      checks: file && auditRequired ? { audit: file.check } : {},
      log: log.say,
      signedTargetOnly,
      http: { public: http('public'), any: http('any') },
      audit: createAudit({
        sinks: [
          ...(file ? [counting(file.sink, metrics)] : []),
          refusalFile({ keyFile, complain: log.say }),
          log.decided,
          ...(metrics ? [metrics.sink] : []),
        ],
        required: auditRequired,
        now,
        complain: log.say,
      }),
    })
    // It may have been written to while the store was opened.
    if (trust.document() !== document) sts.registry.declare(trust.document())
    const { registry: _, ...fixed } = sts
    const served = setting.store === 'none' ? fixed : sts
    return { sts: served, all: sts, metrics, auditPending: () => file?.pending() ?? 0, close }
  } catch (error) {
    await close()
    throw error
  }
}

function counting(sink: AuditSink, metrics: Metrics | undefined): AuditSink {
  return async (record) => {
    try {
      await sink(record)
    } catch (error) {
      metrics?.auditFailed()
      throw error
    }
  }
}

/** What is registered, for people. */
export function countsInWords(counts: Counts): string {
  const { authorizationServers } = counts
  return [
    counted(counts.issuers, 'issuer', ' of its own'),
    counted(counts.oidcProviders, 'OIDC provider'),
    counted(counts.roles, 'role'),
    counted(counts.poolProviders, 'pool provider'),
    counted(counts.serviceAccounts, 'service account'),
    counted(counts.applications, 'application', ' of Entra'),
    ...(authorizationServers > 0 ? [counted(authorizationServers, 'authorization server')] : []),
  ].join(', ')
}

function counted(count: number, what: string, rest = ''): string {
  return `${count} ${what}${count === 1 ? '' : 's'}${rest}`
}
