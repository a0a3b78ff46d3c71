import { dirname, join, resolve } from 'node:path'
import { defaultKeyFile } from '../keys/key-file.ts'
import { shortestRotationMs } from '../keys/rotation.ts'
import type { Rates } from '../sts/operator/limits.ts'
import { isLoopbackHost } from '../wire/addresses.ts'
import { parseDuration } from '../wire/duration.ts'
import { type Address, readAddress } from './address-flag.ts'
import type { Io } from './command.ts'
import { readFlags, usage } from './flags.ts'
import { readLimits } from './limit-flag.ts'
import { placeOf } from './open-store.ts'
import { logForms } from './sts-log.ts'

/** What the flags of `mayfly sts` say. */
export interface StsCommandSetting {
  readonly config: string
  readonly keyFile: string
  readonly store: string
  readonly rotateKeysEveryMs?: number
  readonly audit?: string
  readonly auditRequired: boolean
  readonly limits: Rates
  readonly drainMs: number
  readonly log: (typeof logForms)[number]
  readonly metrics?: Address
  readonly faults: boolean
  readonly signedTargetOnly: boolean
  readonly listen: { readonly host: string; readonly port: number; readonly allowPublicAddress: boolean }
}

/** @throws COMMAND_USAGE */
export function readStsFlags(args: readonly string[], io: Io): StsCommandSetting {
  const { values, positionals } = readFlags('sts', args, {
    config: { type: 'string', default: 'trust.yaml' },
    port: { type: 'string', default: '8787' },
    host: { type: 'string', default: '127.0.0.1' },
    keys: { type: 'string' },
    store: { type: 'string' },
    'rotate-keys': { type: 'string' },
    audit: { type: 'string' },
    'audit-required': { type: 'boolean', default: false },
    limit: { type: 'string' },
    drain: { type: 'string' },
    log: { type: 'string', default: 'text' },
    metrics: { type: 'string' },
    faults: { type: 'boolean', default: false },
    'allow-public-faults': { type: 'boolean', default: false },
    'signed-target': { type: 'boolean', default: false },
    'allow-public-address': { type: 'boolean', default: false },
  })
  if (positionals.length > 0) throw usage('sts', `mayfly sts takes no ${JSON.stringify(positionals[0])}`)
  if (values['audit-required'] && values.audit === undefined)
    throw usage('sts', '--audit-required needs --audit FILE')
  if (values.faults && !isLoopbackHost(values.host) && !values['allow-public-faults'])
    throw usage(
      'sts',
      `--faults with --host ${values.host}: others than this machine would meet the faults`,
      'Serve on loopback, or say --allow-public-faults as well.',
    )
  const config = resolve(io.cwd, values.config)
  const keyFile = values.keys === undefined ? defaultKeyFile(config) : resolve(io.cwd, values.keys)
  return {
    config,
    keyFile,
    ...(values['rotate-keys'] !== undefined && { rotateKeysEveryMs: rotationOf(values['rotate-keys']) }),
    store: values.store === undefined ? join(dirname(keyFile), 'registry.db') : placeOf(values.store, io.cwd),
    ...(values.audit !== undefined && { audit: resolve(io.cwd, values.audit) }),
    auditRequired: values['audit-required'],
    limits: readLimits(values.limit),
    log: logForms.find((each) => each === values.log) ?? unknownForm(values.log),
    ...(values.metrics !== undefined && { metrics: readAddress('--metrics', values.metrics) }),
    faults: values.faults,
    drainMs: values.drain === undefined ? 0 : 1000 * secondsOf('--drain', values.drain),
    signedTargetOnly: values['signed-target'],
    listen: {
      host: values.host,
      port: portOf(values.port),
      allowPublicAddress: values['allow-public-address'],
    },
  }
}

function unknownForm(text: string): never {
  throw usage('sts', `--log ${JSON.stringify(text)}: expected ${logForms.join(' or ')}`)
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw usage('sts', `--port ${JSON.stringify(text)} is not a port: expected 0 to 65535`)
}

function rotationOf(text: string): number {
  const everyMs = secondsOf('--rotate-keys', text) * 1000
  if (everyMs >= shortestRotationMs) return everyMs
  throw usage(
    'sts',
    `--rotate-keys ${text} is too often: a key is published for a day before it is used`,
    'Say 2d or more.',
  )
}

function secondsOf(flag: string, text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw usage('sts', `${flag}: ${(error as Error).message}`)
  }
}
