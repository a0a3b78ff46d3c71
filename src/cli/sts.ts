import manifest from '../../package.json' with { type: 'json' }
import { createFaults } from '../sts/operator/faults.ts'
import { type OperatorServer, serveOperator } from '../sts/operator/serve-operator.ts'
import { type StsServer, serveSts } from '../sts/serve.ts'
import type { Snapshot } from '../sts/snapshot.ts'
import { timeout } from '../world.ts'
import type { Command, Io } from './command.ts'
import { exitCodes } from './command.ts'
import { withoutPassword } from './open-store.ts'
import { paint, table } from './output.ts'
import { type FaultsServer, serveFaults } from './serve-faults.ts'
import { jsonLog, type StsLog, textLog } from './sts-log.ts'
import { countsInWords, type StsService, startSts } from './sts-service.ts'
import { readStsFlags, type StsCommandSetting } from './sts-setting.ts'
import { clockOf } from './world.ts'

export const sts: Command = {
  summary:
    'a token service that speaks the protocols of AWS, Google Cloud, Entra and OAuth, and says why it refuses',
  usage: `mayfly sts [--config trust.yaml] [--port 8787]

  --config FILE           who is trusted; read again whenever it changes. Default: trust.yaml
  --port N                default: 8787; 0 is one that is free
  --host ADDRESS          default: 127.0.0.1
  --keys FILE             signing and sealing keys, made if absent; default: .mayfly/keys.json beside the trust file
  --store FILE|URL        where admin calls register trust: an SQLite file, postgres://… which several nodes share,
                          memory, or none to take no such calls; default: registry.db beside the keys
  --rotate-keys 30d       every key gets a successor so often (2d or more), published a day before its use, and counts until the
                          last session under it has ended. Default: never, as a JWKS that somebody uploaded goes out of date
  --audit FILE            appends one line of JSON for every decision
  --audit-required        no answer without its audit record
  --limit KIND=N/s,…      how often who may ask, each N at once and N more a second (/s), minute (/m) or hour (/h): address= of the
                          peer, caller= who was verified, issuer= of its token. More is answered as the cloud's own throttling.
                          Default: no limits, since behind a proxy all callers have one address
  --drain 5s              after SIGTERM: how long it still answers while /readyz says that it is not ready, so that a load
                          balancer notices; then it answers what has arrived, and ends. Default: 0
  --metrics [HOST:]PORT   serves /metrics for Prometheus, and the probes, at an address of their own; on loopback unless HOST is said
  --log text|json         on standard error: refusals for people, or a line of JSON for every decision. Default: text
  --faults                takes an admin call, on loopback alone, that has the clock wrong, issuers' keys away, requests throttled
                          and changes late, to see what programs make of it; the start says how. docs/operating.md
  --allow-public-faults   lets --faults be where --host is one that others can reach
  --signed-target         takes a GetCallerIdentity proof for Google only with its target signed, which Google does not demand
  --allow-public-address  lets --host be an address that others can reach

Every refusal is explained on standard error, and later by \`mayfly explain --request ID\`; the caller gets only the cloud's
own words.
`,
  async run(args, io) {
    const setting = readStsFlags(args, io)
    const clock = clockOf(io)
    const faults = setting.faults ? createFaults({ now: clock.now, after: clock.timeout }) : undefined
    const now = faults?.now ?? clock.now
    const log = setting.log === 'json' ? jsonLog(io, now) : textLog(io)
    const opened: { close(): Promise<void> }[] = []
    const open = <T extends { close(): Promise<void> }>(each: T): T => {
      opened.push(each)
      return each
    }
    try {
      const service = open(await startSts(setting, { io, now, log, faults }))
      const server = open(await serveSts({ sts: service.sts, ...setting.listen }))
      const operator = await operatorSide(service, server, setting)
      if (operator) open(operator)
      const { keyFile } = setting
      const call = faults && open(await serveFaults({ faults, keyFile, now: clock.now, log: log.say }))
      io.out(`${server.url}\n`)
      tellStart(io, log, {
        url: server.url,
        registered: service.sts.registered(),
        setting,
        operator,
        call,
      })
      await ended()
      log.say('stopping')
      service.sts.readiness.stop()
      await Promise.race([drained(server, setting.drainMs), ended()])
      return exitCodes.ok
    } finally {
      for (const each of opened.toReversed()) await each.close()
    }
  },
}

/** What the operator's monitoring reads, where it was asked for. */
async function operatorSide(
  { all: sts, metrics, auditPending }: StsService,
  { inFlight }: StsServer,
  { metrics: address }: StsCommandSetting,
): Promise<OperatorServer | undefined> {
  if (!metrics || !address) return undefined
  metrics.watch({ sts, inFlight, auditPending })
  return serveOperator({ sts, metrics, ...address })
}

interface Beginning {
  readonly url: string
  readonly registered: Snapshot
  readonly setting: StsCommandSetting
  readonly operator: OperatorServer | undefined
  readonly call: FaultsServer | undefined
}

function tellStart(io: Io, log: StsLog, beginning: Beginning): void {
  const { url, registered, setting, operator, call } = beginning
  const { config, store, audit } = setting
  const registry = store === 'none' ? 'none' : withoutPassword(store)
  log.started(banner(io, beginning), {
    url,
    config,
    registry,
    ...(audit !== undefined && { audit }),
    ...(operator && { metrics: operator.url }),
    ...(call && { faults: call.file }),
    registered: registered.counts,
    version: manifest.version,
  })
}

function banner(
  io: Io,
  { url, registered, setting: { config, store, audit }, operator, call }: Beginning,
): string {
  const servers = [...registered.authorizationServers.values()].map(({ path }) => [
    'OAuth',
    `${url}${path}/token`,
  ])
  return [
    `${paint(io, 'yellow', 'This is a token service for development.')} It decides by ${config}: ${countsInWords(registered.counts)}\n`,
    table(
      [
        ['AWS', `AWS_ENDPOINT_URL_STS=${url} AWS_ENDPOINT_URL_IAM=${url}`],
        ['Google', `"token_url": "${url}/v1/token" CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM=${url}/`],
        ['Entra', `${url}/TENANT/oauth2/v2.0/token`],
        ...servers,
        ['issuers', `${url}/issuers/HOST/.well-known/openid-configuration`],
        ['registry', store === 'none' ? 'none: no admin calls' : withoutPassword(store)],
        ...(operator ? [['metrics', `${operator.url}/metrics`]] : []),
        ...(call
          ? [['faults', `${paint(io, 'yellow', 'on')}: curl -K ${call.file} -d '{"clock":"+1h"}'`]]
          : []),
        ['audit', audit ?? 'none: --audit FILE'],
      ],
      '  ',
    ),
  ].join('')
}

/** What has arrived is answered within this. */
const graceMs = 10_000

/** Answers for as long as others may not know yet that this node is not ready, and then what has arrived. */
async function drained(server: StsServer, drainMs: number): Promise<void> {
  await new Promise<void>((resolve) => timeout(drainMs, resolve))
  await server.stop(graceMs)
}

/** Resolves with the next signal that asks this process to end. */
function ended(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
