import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { MayflyError } from '../errors.ts'
import { freshBytes } from '../wire/fresh-bytes.ts'
import type { Sealing } from './keys.ts'

// A sealed record, before base64url:
//
//   version (1) · key ID (4) · nonce (12) · ciphertext · tag (16)
//
// AES-256-GCM under a key that HKDF-SHA256 (RFC 5869) makes of the master and the purpose. The version, the key ID and
// the purpose are its additional data, so that a record cannot be moved to another purpose or master.
//
// The nonce is random: 2^32 records under one master and purpose is the most that NIST SP 800-38D §8.3 allows, which is
// 49 days of a thousand records a second. `mayfly sts --rotate-keys 30d` puts a new master in its place before that.

const version = 1
const keyIdBytes = 4
const nonceBytes = 12
const tagBytes = 16
const headBytes = 1 + keyIdBytes
const overheadBytes = headBytes + nonceBytes + tagBytes

/** Of a sealed text. Anything longer was not sealed here: HTTP headers end well before. */
const longestSealed = 64 * 1024

/** 30 bytes are the 40 base64 characters of an AWS secret access key. */
const secretBytes = 30

export const masterBytes = 32

interface PurposeKeys {
  readonly sealing: KeyObject
  readonly deriving: KeyObject
  /** Version, key ID. */
  readonly head: Buffer
  /** Authenticated with every record: version, key ID, purpose. */
  readonly additional: Buffer
}

interface Master {
  readonly id: Buffer
  keysFor(purpose: string): PurposeKeys
}

/**
 * Seals with the first master and opens what any of them sealed. Those that have had their time open nothing; the
 * secrets that follow from them stay.
 * @throws KEY_FILE when there is none to seal with, or one is not 32 bytes long
 */
export function sealingWith(secrets: readonly Uint8Array[], past: readonly Uint8Array[] = []): Sealing {
  const masters = byId(secrets)
  const everyMaster = [...masters.values(), ...byId(past).values()]
  const [current] = masters.values()
  if (!current) throw new MayflyError('KEY_FILE', { message: 'there is no master key to seal with' })
  return {
    seal: (purpose, record) => seal(current.keysFor(purpose), record),
    unseal: (purpose, sealed) => unseal(masters, purpose, sealed),
    deriveSecrets: (purpose, text) => everyMaster.map((each) => derived(each.keysFor(purpose), text)),
  }
}

function byId(secrets: readonly Uint8Array[]): ReadonlyMap<number, Master> {
  return new Map(secrets.map(master).map((each) => [each.id.readUInt32BE(), each]))
}

function derived({ deriving }: PurposeKeys, text: string): string {
  return createHmac('sha256', deriving).update(text).digest().toString('base64', 0, secretBytes)
}

function seal({ sealing, head, additional }: PurposeKeys, record: string): string {
  const nonce = freshBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(additional)
  const ciphertext = cipher.update(record, 'utf8')
  cipher.final()
  return Buffer.concat([head, nonce, ciphertext, cipher.getAuthTag()]).toString('base64url')
}

function unseal(masters: ReadonlyMap<number, Master>, purpose: string, sealed: string): string | undefined {
  const bytes = canonicalBytes(sealed)
  if (!bytes || bytes[0] !== version) return undefined
  const keys = masters.get(bytes.readUInt32BE(1))?.keysFor(purpose)
  if (!keys) return undefined
  const nonce = bytes.subarray(headBytes, headBytes + nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', keys.sealing, nonce, { authTagLength: tagBytes })
  decipher.setAAD(keys.additional).setAuthTag(bytes.subarray(-tagBytes))
  try {
    const opened = decipher.update(bytes.subarray(headBytes + nonceBytes, -tagBytes))
    decipher.final()
    return opened.toString('utf8')
  } catch {
    return undefined
  }
}

/** The bytes, if this is the one way to write them: Node's decoder skips what it does not know. */
function canonicalBytes(sealed: string): Buffer | undefined {
  if (sealed.length > longestSealed) return undefined
  const bytes = Buffer.from(sealed, 'base64url')
  return bytes.length >= overheadBytes && bytes.toString('base64url') === sealed ? bytes : undefined
}

function master(secret: Uint8Array): Master {
  if (secret.length !== masterBytes)
    throw new MayflyError('KEY_FILE', {
      message: `a master key is ${secret.length} bytes long, not ${masterBytes}`,
    })
  const id = derive(secret, 'id', keyIdBytes)
  const known = new Map<string, PurposeKeys>()
  return {
    id,
    keysFor(purpose) {
      const keys = known.get(purpose) ?? purposeKeys(secret, id, purpose)
      known.set(purpose, keys)
      return keys
    },
  }
}

function purposeKeys(secret: Uint8Array, id: Buffer, purpose: string): PurposeKeys {
  const head = Buffer.concat([Buffer.of(version), id])
  return {
    head,
    sealing: createSecretKey(derive(secret, `seal ${purpose}`, 32)),
    deriving: createSecretKey(derive(secret, `derive ${purpose}`, 32)),
    additional: Buffer.concat([head, Buffer.from(purpose)]),
  }
}

function derive(secret: Uint8Array, use: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `mayfly ${use}`, bytes))
}
