import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Http } from '../../wire/http.ts'
import type { AuditSink } from '../audit.ts'
import type { Counts, Snapshot } from '../snapshot.ts'
import type { Sts } from '../sts.ts'
import { limitKinds } from './limits.ts'

/** What Prometheus reads of a token service. No label is anything that a caller can choose. */
export interface Metrics {
  /** Counts every decision; the last of the sinks, so that one whose record could not be kept does not count. */
  readonly sink: AuditSink
  /** The same requests, counted: those for issuers' keys. */
  counted(http: Http): Http
  /** A change of the registry, somebody else's or the trust file's, could not be taken. */
  registryFailed(): void
  /** A record could not be kept. */
  auditFailed(): void
  /** What is only looked at when somebody reads. */
  watch(watched: Watched): void
  /** In Prometheus's text format. */
  text(): Promise<string>
  readonly contentType: string
}

export interface Watched {
  readonly sts: Sts
  inFlight(): number
  auditPending(): number
}

/** From a signature of an elliptic curve to an issuer whose keys do not come. */
const bucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics(version: string): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counter = counterIn(registry)
  new Gauge({
    ...named('build_info', 'The version that runs'),
    labelNames: ['version'],
    registers: [registry],
  })
    .labels({ version })
    .set(1)
  const decided = decisions(registry)
  const issuerRequests = counter('issuer_requests_total', 'Requests for the keys of issuers', ['outcome'])
  const registryFailures = counter(
    'registry_failures_total',
    'Changes of the registry that could not be taken',
  )
  const auditFailures = counter('audit_failures_total', 'Audit records that could not be kept')
  return {
    sink: decided,
    counted: (http) => async (request) => {
      try {
        const response = await http(request)
        issuerRequests.inc({ outcome: `${Math.floor(response.status / 100)}xx` })
        return response
      } catch (error) {
        issuerRequests.inc({ outcome: 'unreachable' })
        throw error
      }
    },
    registryFailed: () => registryFailures.inc(),
    auditFailed: () => auditFailures.inc(),
    watch: (watched) => lookAt(watched, registry),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function named(name: string, help: string) {
  return { name: `mayfly_${name}`, help }
}

function counterIn(registry: Registry) {
  return (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ ...named(name, help), labelNames: [...labelNames], registers: [registry] })
}

/** Decisions are counted in maps, and only copied when somebody reads: a counter with labels costs ten times as much. */
function decisions(registry: Registry): AuditSink {
  const counts = new Map<string, Map<string, Map<string, number>>>()
  const seconds = new Histogram({
    ...named('decision_seconds', 'From the arrival of a request to its decision'),
    labelNames: ['front_end'],
    buckets: bucketsSeconds,
    registers: [registry],
  })
  new Counter({
    ...named('decisions_total', 'Decisions, and why what was refused was'),
    labelNames: ['front_end', 'action', 'decision', 'code'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [front_end, actions] of counts)
        for (const [action, codes] of actions)
          for (const [code, count] of codes)
            this.inc({ front_end, action, decision: code === '' ? 'allow' : 'deny', code }, count)
    },
  })
  return ({ frontEnd, action = '', code = '', durationMs }) => {
    const codes = within(within(counts, frontEnd), action)
    codes.set(code, (codes.get(code) ?? 0) + 1)
    seconds.observe({ front_end: frontEnd }, durationMs / 1000)
  }
}

function within<Key, Inner>(maps: Map<Key, Map<string, Inner>>, key: Key): Map<string, Inner> {
  const known = maps.get(key)
  if (known) return known
  const made = new Map<string, Inner>()
  maps.set(key, made)
  return made
}

/** What is read where it is, when somebody asks. */
function lookAt({ sts, inFlight, auditPending }: Watched, registry: Registry): void {
  const gauge = (name: string, help: string, value: () => number | Promise<number>) =>
    new Gauge({
      ...named(name, help),
      registers: [registry],
      async collect() {
        this.set(await value())
      },
    })
  const { limits, keys, readiness, issuerKeys, now } = sts
  gauge('ready', 'Whether /readyz says so', async () => ((await readiness.look()).ready ? 1 : 0))
  gauge('requests_in_flight', 'Requests that are being answered', inFlight)
  gauge('audit_pending_records', 'Audit records that are not written yet', auditPending)
  gauge('issuers_remembered', 'Issuers whose keys are fetched', () => issuerKeys.remembered())
  new Counter({
    ...named('registry_changes_total', 'How often what is registered changed'),
    registers: [registry],
    collect() {
      this.reset()
      this.inc(sts.registry?.changes() ?? 0)
    },
  })
  keyAges(keys, now, registry)
  limited(limits, registry)
  registered(() => sts.registered(), registry)
}

/** Of keys whose beginning was kept. */
function keyAges(keys: Sts['keys'], now: () => number, registry: Registry): void {
  new Gauge({
    ...named('key_age_seconds', 'For how long the key that seals, and the oldest that signs, are in use'),
    labelNames: ['use'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [use, since] of Object.entries(keys.inUseSince()))
        if (since) this.set({ use }, (now() - since.getTime()) / 1000)
    },
  })
}

function limited({ refused, remembered }: Sts['limits'], registry: Registry): void {
  new Counter({
    ...named('throttled_total', 'Requests beyond a limit'),
    labelNames: ['limit'],
    registers: [registry],
    collect() {
      this.reset()
      for (const limit of limitKinds) this.inc({ limit }, refused()[limit])
    },
  })
  new Gauge({
    ...named('limits_remembered', 'Addresses, callers and issuers that have asked lately'),
    labelNames: ['limit'],
    registers: [registry],
    collect() {
      for (const limit of limitKinds) this.set({ limit }, remembered()[limit])
    },
  })
}

const kinds: Readonly<Record<keyof Counts, string>> = {
  issuers: 'issuer',
  oidcProviders: 'oidc_provider',
  roles: 'role',
  poolProviders: 'pool_provider',
  serviceAccounts: 'service_account',
  applications: 'application',
  authorizationServers: 'authorization_server',
}

function registered(snapshot: () => Snapshot, registry: Registry): void {
  new Gauge({
    ...named('registered', 'What is registered'),
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      const { counts } = snapshot()
      for (const [name, kind] of Object.entries(kinds)) this.set({ kind }, counts[name as keyof Counts])
    },
  })
}
