const castagnoli = 0x82f63b78
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ castagnoli : value >>> 1
  return value
})

/** CRC-32C (RFC 3720 appendix B.4) in base64, big-endian, as Cloud Storage writes it. Node.js has CRC-32 alone. */
export function crc32c(bytes: Uint8Array): string {
  let value = 0xffffffff
  for (const byte of bytes) value = (value >>> 8) ^ table[(value ^ byte) & 0xff]!
  const result = Buffer.alloc(4)
  result.writeUInt32BE((value ^ 0xffffffff) >>> 0)
  return result.toString('base64')
}
