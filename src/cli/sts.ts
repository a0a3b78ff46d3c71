import { dirname, join, resolve } from 'node:path'
import { MayflyError } from '../errors.ts'
import { defaultKeyFile } from '../keys/key-file.ts'
import { shortestRotationMs } from '../keys/rotation.ts'
import { watchTrustFile } from '../registry/watch.ts'
import { type AuditRecord, createAudit } from '../sts/audit.ts'
import { type AuditFile, auditFile } from '../sts/audit-file.ts'
import { type AdministeredSts, openSts } from '../sts/create.ts'
import { serveSts } from '../sts/serve.ts'
import type { Counts } from '../sts/snapshot.ts'
import { parseDuration } from '../wire/duration.ts'
import { outboundHttp } from '../wire/http.ts'
import type { Command, Io } from './command.ts'
import { exitCodes } from './command.ts'
import { readFlags, usage } from './flags.ts'
import { openStore, placeOf, withoutPassword } from './open-store.ts'
import { errorText, paint, table } from './output.ts'
import { refusalText } from './refusal-text.ts'
import { clockOf } from './world.ts'

export const sts: Command = {
  summary: 'a token service that speaks the protocols of AWS and Google Cloud, and says why it refuses',
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
  --signed-target         takes a GetCallerIdentity proof for Google only with its target signed, which Google does not demand
  --allow-public-address  lets --host be an address that others can reach

Every refusal is explained on standard error; the caller gets only the cloud's own words.
`,
  async run(args, io) {
    const setting = read(args, io)
    const service = await start(setting, io)
    const { registry: _, ...fixed } = service.sts
    const served = setting.store === 'none' ? fixed : service.sts
    const server = await serveSts({ sts: served, ...setting.listen }).catch(async (error) => {
      await service.close()
      throw error
    })
    io.out(`${server.url}\n`)
    io.err(banner(io, server.url, service.sts.registered().counts, setting))
    await ended()
    io.err('stopping\n')
    await server.close()
    await service.close()
    return exitCodes.ok
  },
}

interface Setting {
  readonly config: string
  readonly keyFile: string
  readonly store: string
  readonly rotateKeysEveryMs?: number
  readonly audit?: string
  readonly auditRequired: boolean
  readonly signedTargetOnly: boolean
  readonly listen: { readonly host: string; readonly port: number; readonly allowPublicAddress: boolean }
}

function read(args: readonly string[], io: Io): Setting {
  const { values, positionals } = readFlags('sts', args, {
    config: { type: 'string', default: 'trust.yaml' },
    port: { type: 'string', default: '8787' },
    host: { type: 'string', default: '127.0.0.1' },
    keys: { type: 'string' },
    store: { type: 'string' },
    'rotate-keys': { type: 'string' },
    audit: { type: 'string' },
    'audit-required': { type: 'boolean', default: false },
    'signed-target': { type: 'boolean', default: false },
    'allow-public-address': { type: 'boolean', default: false },
  })
  if (positionals.length > 0) throw usage('sts', `mayfly sts takes no ${JSON.stringify(positionals[0])}`)
  if (values['audit-required'] && values.audit === undefined)
    throw usage('sts', '--audit-required needs --audit FILE')
  const config = resolve(io.cwd, values.config)
  const keyFile = values.keys === undefined ? defaultKeyFile(config) : resolve(io.cwd, values.keys)
  return {
    config,
    keyFile,
    ...(values['rotate-keys'] !== undefined && { rotateKeysEveryMs: rotationOf(values['rotate-keys']) }),
    store: values.store === undefined ? join(dirname(keyFile), 'registry.db') : placeOf(values.store, io.cwd),
    ...(values.audit !== undefined && { audit: resolve(io.cwd, values.audit) }),
    auditRequired: values['audit-required'],
    signedTargetOnly: values['signed-target'],
    listen: {
      host: values.host,
      port: portOf(values.port),
      allowPublicAddress: values['allow-public-address'],
    },
  }
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw usage('sts', `--port ${JSON.stringify(text)} is not a port: expected 0 to 65535`)
}

function rotationOf(text: string): number {
  const everyMs = secondsOf(text) * 1000
  if (everyMs >= shortestRotationMs) return everyMs
  throw usage(
    'sts',
    `--rotate-keys ${text} is too often: a key is published for a day before it is used`,
    'Say 2d or more.',
  )
}

function secondsOf(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw usage('sts', `--rotate-keys: ${(error as Error).message}`)
  }
}

interface Running {
  readonly sts: AdministeredSts
  close(): Promise<void>
}

async function start(setting: Setting, io: Io): Promise<Running> {
  const { config, keyFile, rotateKeysEveryMs, audit, auditRequired, signedTargetOnly } = setting
  const complain = (error: unknown) => {
    if (!(error instanceof MayflyError)) throw error
    io.err(`${errorText(io, error)}The last good trust stays in force.\n`)
  }
  const trust = watchTrustFile({
    path: config,
    onError: complain,
    onDocument(document) {
      if (sts?.registry.declare(document))
        io.err(`${config} was read again: ${summary(sts.registered().counts)}\n`)
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
    file = audit === undefined ? undefined : auditFile(audit)
    const { now } = clockOf(io)
    const document = trust.document()
    sts = await openSts({
      document,
      store: await openStore(setting.store, io),
      onError: complain,
      onWarning: (sentence) => io.err(`warning: ${sentence}\n`),
      keyFile,
      ...(rotateKeysEveryMs !== undefined && { rotateKeysEveryMs }),
      now,
      signedTargetOnly,
      http: { public: outboundHttp({ env: io.env, reach: 'public' }), any: outboundHttp({ env: io.env }) },
      audit: createAudit({
        sinks: [...(file ? [file.sink] : []), refusalPrinter(io)],
        required: auditRequired,
        now,
        complain: (line) => io.err(`${line}\n`),
      }),
    })
    // It may have been written to while the store was opened.
    if (trust.document() !== document) sts.registry.declare(trust.document())
    return { sts, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Tells the operator of every refusal what the caller may not know. */
function refusalPrinter(io: Io): (record: AuditRecord) => void {
  return (record) => {
    if (record.decision === 'deny') io.err(refusalText(io, record))
  }
}

function banner(io: Io, url: string, counts: Counts, { config, store, audit }: Setting): string {
  return [
    `${paint(io, 'yellow', 'This is a token service for development.')} It decides by ${config}: ${summary(counts)}\n`,
    table(
      [
        ['AWS', `AWS_ENDPOINT_URL_STS=${url} AWS_ENDPOINT_URL_IAM=${url}`],
        ['Google', `"token_url": "${url}/v1/token"`],
        ['Entra', `${url}/TENANT/oauth2/v2.0/token`],
        ['issuers', `${url}/issuers/HOST/.well-known/openid-configuration`],
        ['registry', store === 'none' ? 'none: no admin calls' : withoutPassword(store)],
        ['audit', audit ?? 'none: --audit FILE'],
      ],
      '  ',
    ),
  ].join('')
}

function summary(counts: Counts): string {
  const { issuers, oidcProviders, roles, poolProviders, serviceAccounts, applications } = counts
  return [
    `${issuers} issuers of its own`,
    `${oidcProviders} OIDC providers`,
    `${roles} roles`,
    `${poolProviders} pool providers`,
    `${serviceAccounts} service accounts`,
    `${applications} applications of Entra`,
  ].join(', ')
}

/** Resolves with the first signal that asks this process to end. */
function ended(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
