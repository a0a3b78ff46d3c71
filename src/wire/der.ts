// Distinguished encoding of ASN.1 (X.690): a tag, a length and the content.

/** One element, of a content below 64 KiB. */
export function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const length = body.length
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), body])
}

export const sequence = (...content: Buffer[]): Buffer => der(0x30, ...content)

/** An object identifier, by its content in hex. */
export const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))

/** Up to 2049. */
export const utcTime = (ms: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`))
