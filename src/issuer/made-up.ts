import { createHash } from 'node:crypto'

// Identifiers that follow from names: the same repository has the same ID in every token, as it has on its platform.

/** `4711482`: seven or eight digits. */
export function madeUpId(name: string): string {
  return String(1_000_000 + (hash(name).readUInt32BE() % 90_000_000))
}

/** Decimal digits, at most 30, and the first not zero. */
export function madeUpDigits(name: string, count: number): string {
  return `1${BigInt(`0x${hash(name).toString('hex')}`)}`.slice(0, count)
}

/** Letters and digits, at most 30. */
export function madeUpWord(name: string, length: number): string {
  return hash(name).toString('base64').replaceAll(/[+/=]/g, '').slice(0, length)
}

/** 40 hexadecimal digits, as a commit has. */
export function madeUpCommit(name: string): string {
  return hash(name).toString('hex', 0, 20)
}

/** A UUID that looks like version 4. */
export function madeUpUuid(name: string): string {
  const hex = hash(name).toString('hex')
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-')
}

function hash(name: string): Buffer {
  return createHash('sha256').update(name).digest()
}
