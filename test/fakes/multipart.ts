/** An object's metadata and its bytes, in one body. */
export interface Multipart {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly media: Uint8Array
  readonly contentType: string
}

/** Reads `multipart/related` of two parts, JSON and then bytes, as clients of Google's APIs upload (RFC 2387). */
export function readMultipart(header = '', wire: Uint8Array): Multipart {
  const boundary = /boundary="?([^";]+)/i.exec(header)?.[1]
  const body = Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
  const parts = boundary === undefined ? [] : partsOf(body, Buffer.from(`--${boundary}`))
  if (parts.length !== 2) throw new Error(`no two parts in a body of ${header}`)
  const [first, second] = parts.map(splitPart)
  return {
    metadata: JSON.parse(first!.content.toString()),
    media: new Uint8Array(second!.content),
    contentType: /^content-type:\s*(\S+)/im.exec(second!.head)?.[1] ?? 'application/octet-stream',
  }
}

/** What stands between delimiters, each of which but the first belongs to the line break before it. */
function partsOf(body: Buffer, delimiter: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let from = body.indexOf(delimiter); from >= 0; ) {
    const begin = from + delimiter.length
    const end = body.indexOf(delimiter, begin)
    if (end < 0) break
    parts.push(body.subarray(begin, end))
    from = end
  }
  return parts
}

function splitPart(part: Buffer): { head: string; content: Buffer } {
  const blank = part.indexOf('\r\n\r\n')
  const end = part.length - '\r\n'.length
  return { head: part.toString('latin1', 0, blank).trim(), content: part.subarray(blank + 4, end) }
}
