import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'
import * as v from 'valibot'
import { MayflyError } from '../errors.ts'
import { createPrivate, readPrivate, replacePrivate } from './private-file.ts'
import { counts, type DatedKey, rereadMs, rotated } from './rotation.ts'
import { masterBytes } from './sealing.ts'
import { generateIssuerKey, issuerKeyFromPem, privatePem } from './signing.ts'
import type { Keyed, KeyStore } from './store.ts'

// Keys on disk: `keys.json` holds the masters, and beside it `keys.<issuer>.json` the signing keys of one issuer, made
// when they are first needed. Every file is made whole, and the first to make it wins: so `mayfly sts` and `mayfly issue`
// may start together, and no lock can be left behind. Rotation replaces a file whole and needs none either: `rotation.ts`.

// A `Date` prints itself as it was read.
const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text)),
)

/** Of several keys, the last one that has begun signs or seals. */
const times = { createdAt: time, notBefore: v.optional(time), notAfter: v.optional(time) }

const masterFile = v.strictObject({
  version: v.literal(1),
  /** Those that have had their time stay: the secrets of users follow from them. */
  masters: v.pipe(v.array(v.strictObject({ key: v.string(), ...times })), v.minLength(1)),
})

const issuerFile = v.strictObject({
  version: v.literal(1),
  issuer: v.string(),
  algorithm: v.picklist(['RS256', 'ES256', 'ES384']),
  keys: v.pipe(v.array(v.strictObject({ privateKey: v.string(), ...times })), v.minLength(1)),
})

type MasterFile = v.InferOutput<typeof masterFile>
type IssuerFile = v.InferOutput<typeof issuerFile>

/** Where a token service and `mayfly issue` keep their keys unless told: `.mayfly/keys.json` beside the trust file. */
export function defaultKeyFile(configPath: string): string {
  return join(dirname(resolve(configPath)), '.mayfly', 'keys.json')
}

/** Whether an issuer's keys are there already: reading them makes them otherwise. */
export function hasIssuerKeys(path: string, issuer: Keyed): boolean {
  return existsSync(path) && existsSync(issuerPath(path, issuer))
}

export interface KeyFileSetting {
  readonly path: string
  readonly now: () => number
  /** How often a key gets a successor. Undefined: never here, but what another process rotates is followed. */
  readonly rotateEveryMs?: number | undefined
}

/** @throws KEY_FILE */
export function keyFileStore({ path, now, rotateEveryMs: everyMs }: KeyFileSetting): KeyStore {
  const born = () => ({ createdAt: new Date(now()) })
  const follow = <Key extends DatedKey>(keys: readonly Key[], make: (times: DatedKey) => Key) =>
    everyMs === undefined ? keys : rotated(keys, { nowMs: now(), everyMs }, make)
  return {
    goodForMs: rereadMs,
    masters() {
      const { masters } = upToDate(path, masterFile, {
        make: (): MasterFile => ({ version: 1, masters: [newMaster(born())] }),
        renew(found) {
          const next = follow(found.masters, newMaster)
          return next === found.masters ? found : { ...found, masters: [...next] }
        },
      })
      return masters.map(({ key, ...when }) => ({ ...when, secret: secretOf(path, key) }))
    },
    issuerKeys(issuer) {
      const file = issuerPath(path, issuer)
      const { url, algorithm } = issuer
      const newKey = (when: DatedKey) => ({ privateKey: privatePem(generateIssuerKey(algorithm)), ...when })
      const { keys } = upToDate(file, issuerFile, {
        make: (): IssuerFile => ({ version: 1, issuer: url, algorithm, keys: [newKey(born())] }),
        renew(found) {
          refuseOther(file, found, issuer)
          const next = follow(found.keys, newKey)
          return next === found.keys ? found : { ...found, keys: next.filter((each) => counts(each, now())) }
        },
      })
      return keys.map(({ privateKey, ...when }) => issuerKeyFromPem(privateKey, algorithm, when))
    },
  }
}

function newMaster(when: DatedKey): MasterFile['masters'][number] {
  return { key: randomBytes(masterBytes).toString('base64url'), ...when }
}

function refuseOther(path: string, found: IssuerFile, { url, algorithm }: Keyed): void {
  if (found.issuer === url && found.algorithm === algorithm) return
  throw new MayflyError('KEY_FILE', {
    message: `${path} holds ${found.algorithm} keys of ${found.issuer}, not ${algorithm} ones of ${url}`,
  })
}

interface Contents<Output> {
  make(): Output
  /** The same object when nothing is to be written. */
  renew(found: Output): Output
}

function upToDate<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
  { make, renew }: Contents<v.InferOutput<Schema>>,
): v.InferOutput<Schema> {
  const text = readPrivate(path)
  if (text === undefined) createPrivate(path, printed(make()))
  // Read again: it may be another process's, which came first.
  const before = text ?? readPrivate(path) ?? ''
  const found = parseKeys(path, before, schema)
  const renewed = renew(found)
  if (renewed === found) return found
  replacePrivate(path, before, printed(renewed))
  return parseKeys(path, readPrivate(path) ?? '', schema)
}

function printed(contents: unknown): string {
  return `${JSON.stringify(contents, null, 2)}\n`
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

function secretOf(path: string, key: string): Buffer {
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
