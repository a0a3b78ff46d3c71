import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'
import * as v from 'valibot'
import { MayflyError } from '../errors.ts'
import { createPrivate, readPrivate } from './private-file.ts'
import { masterBytes } from './sealing.ts'
import { generateIssuerKey, type IssuerKey, issuerKeyFromPem, privatePem } from './signing.ts'
import type { Keyed, KeyStore } from './store.ts'

// Keys on disk: `keys.json` holds the masters, and beside it `keys.<issuer>.json` the signing keys of one issuer, made
// when they are first needed. Every file is made once and whole, and the first to make it wins: so `mayfly sts` and
// `mayfly issue` may start together, and no lock can be left behind.

const time = v.pipe(v.string(), v.isoTimestamp())

const masterFile = v.strictObject({
  version: v.literal(1),
  /** The first one seals; all of them open. */
  masters: v.pipe(v.array(v.strictObject({ key: v.string(), createdAt: time })), v.minLength(1)),
})

const issuerFile = v.strictObject({
  version: v.literal(1),
  issuer: v.string(),
  algorithm: v.picklist(['RS256', 'ES256', 'ES384']),
  /** The one without `notAfter` signs. */
  keys: v.pipe(
    v.array(v.strictObject({ privateKey: v.string(), createdAt: time, notAfter: v.optional(time) })),
    v.minLength(1),
  ),
})

/** Where a token service and `mayfly issue` keep their keys unless told: `.mayfly/keys.json` beside the trust file. */
export function defaultKeyFile(configPath: string): string {
  return join(dirname(resolve(configPath)), '.mayfly', 'keys.json')
}

/** Whether an issuer's keys are there already: reading them makes them otherwise. */
export function hasIssuerKeys(path: string, issuer: Keyed): boolean {
  return existsSync(path) && existsSync(issuerPath(path, issuer))
}

/** @throws KEY_FILE */
export function keyFileStore(path: string, now: () => number): KeyStore {
  return {
    masters: () =>
      readOrMake(path, masterFile, () => newMasters(now())).masters.map((each) => masterOf(path, each.key)),
    issuerKeys(issuer) {
      const file = issuerPath(path, issuer)
      const found = readOrMake(file, issuerFile, () => newIssuer(issuer, now()))
      if (found.issuer !== issuer.url || found.algorithm !== issuer.algorithm)
        throw new MayflyError('KEY_FILE', {
          message: `${file} holds ${found.algorithm} keys of ${found.issuer}, not ${issuer.algorithm} ones of ${issuer.url}`,
        })
      return found.keys.map((each) =>
        issuerKeyFromPem(each.privateKey, issuer.algorithm, timeMs(each.notAfter)),
      )
    },
  }
}

function newMasters(nowMs: number): v.InferOutput<typeof masterFile> {
  const key = randomBytes(masterBytes).toString('base64url')
  return { version: 1, masters: [{ key, createdAt: new Date(nowMs).toISOString() }] }
}

function newIssuer({ url, algorithm }: Keyed, nowMs: number): v.InferOutput<typeof issuerFile> {
  const made: IssuerKey = generateIssuerKey(algorithm)
  const createdAt = new Date(nowMs).toISOString()
  return { version: 1, issuer: url, algorithm, keys: [{ privateKey: privatePem(made), createdAt }] }
}

function readOrMake<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
  make: () => v.InferOutput<Schema>,
): v.InferOutput<Schema> {
  const text = readPrivate(path)
  if (text !== undefined) return parseKeys(path, text, schema)
  createPrivate(path, `${JSON.stringify(make(), null, 2)}\n`)
  // Read again: it may be another process's, which came first.
  return parseKeys(path, readPrivate(path) ?? '', schema)
}

/** What is wrong is told without a value: every value in there may be a key. */
function parseKeys<Schema extends v.GenericSchema>(
  path: string,
  text: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, jsonOf(path, text), { abortEarly: true })
  if (parsed.success) return parsed.output
  const at = v.getDotPath(parsed.issues[0])
  throw new MayflyError('KEY_FILE', {
    message: `${path} is not a key file of this version${at ? ` (at ${at})` : ''}`,
  })
}

function jsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The cause is left out: its message quotes the text.
    throw new MayflyError('KEY_FILE', { message: `${path} is not JSON` })
  }
}

function masterOf(path: string, key: string): Buffer {
  const master = Buffer.from(key, 'base64url')
  if (master.length !== masterBytes)
    throw new MayflyError('KEY_FILE', {
      message: `${path} holds a master key that is not ${masterBytes} bytes`,
    })
  return master
}

/** `keys.gitlab.com-RS256-5f1a0c9e.json`: readable, and different for every issuer. */
function issuerPath(path: string, { url, algorithm }: Keyed): string {
  const { dir, name, ext } = parse(path)
  const readable = url
    .replace(/^https?:\/\//, '')
    .replaceAll(/[^A-Za-z0-9.-]/g, '_')
    .slice(0, 64)
  const hash = createHash('sha256').update(url).digest('hex').slice(0, 16)
  return join(dir, `${name}.${readable}-${algorithm}-${hash}${ext}`)
}

function timeMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text)
}
