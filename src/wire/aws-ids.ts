import { hash, randomBytes } from 'node:crypto'
import { freshBytes } from './fresh-bytes.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 §6, without padding. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let count = 0
  for (const byte of bytes) {
    bits = (bits << 8) | byte
    count += 8
    for (; count >= 5; count -= 5) text += alphabet[(bits >>> (count - 5)) & 31]
    bits &= (1 << count) - 1
  }
  return count > 0 ? text + alphabet[(bits << (5 - count)) & 31] : text
}

// AWS's own layout, publicly reverse-engineered: of the 80 bits after the prefix the first is set, the next 40 are
// the account, the rest tells keys of one account apart. All of it but the last 32 bits fits a safe integer.
const topBit = 2 ** 47
const accountUnit = 2 ** 7

/** A new `ASIA…` access key ID from which the account can be read, as from AWS's own. */
export function sessionKeyId(account: string, random: Uint8Array = freshBytes(10)): string {
  return `ASIA${keyIdTail(account, random)}`
}

/** A new `AKIA…` access key ID of a user, made in the same way. */
export function userKeyId(account: string, random: Uint8Array = freshBytes(10)): string {
  return `AKIA${keyIdTail(account, random)}`
}

function keyIdTail(account: string, random: Uint8Array): string {
  const bytes = Buffer.from(random)
  bytes.writeUIntBE(topBit + Number(account) * accountUnit + (random[5]! & 0x7f), 0, 6)
  return base32(bytes)
}

/** The account in an access key ID; undefined for one of another form. */
export function accountOfKeyId(accessKeyId: string): string | undefined {
  if (!/^[A-Z]{4}[Q-Z2-7][A-Z2-7]{15}$/.test(accessKeyId)) return undefined
  let bits = 0
  // Ten characters hold 50 bits, two more than the six bytes with the account in them.
  for (const char of accessKeyId.slice(4, 14)) bits = bits * 32 + alphabet.indexOf(char)
  const account = Math.floor((Math.floor(bits / 4) - topBit) / accountUnit)
  return account < 1e12 ? String(account).padStart(12, '0') : undefined
}

/** A role's unique ID, `AROA` and 17 characters: the same for the same ARN, so that restarts and nodes agree. */
export function roleId(roleArn: string): string {
  return `AROA${idTail(roleArn)}`
}

/** A new one, which no role had before. */
export function newRoleId(random: Uint8Array = randomBytes(11)): string {
  return `AROA${base32(random).slice(0, 17)}`
}

/** A user's unique ID, `AIDA` and 17 characters, in the same way. */
export function userId(userArn: string): string {
  return `AIDA${idTail(userArn)}`
}

/** A managed policy's, `ANPA` and 17 characters. */
export function policyId(policyArn: string): string {
  return `ANPA${idTail(policyArn)}`
}

function idTail(arn: string): string {
  return base32(hash('sha256', arn, 'buffer')).slice(0, 17)
}
