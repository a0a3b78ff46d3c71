/** An object's metadata and its bytes, in one body. */
export interface Multipart {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly media: Uint8Array
  readonly contentType: string
}

/** Reads `multipart/related` of two parts, JSON and then bytes, as clients of Google's APIs upload (RFC 2387). */
export function readMultipart(header = '', wire: Uint8Array): Multipart | undefined {
  // gcloud and gsutil quote the boundary as Python does, and end lines by a line feed alone.
  const boundary = /boundary=["']?([^"';]+)/i.exec(header)?.[1]
  const body = Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
  const parts = boundary === undefined ? [] : partsOf(body, Buffer.from(`--${boundary}`)).map(splitPart)
  const [first, second] = parts
  if (!first || !second) return undefined
  return {
    metadata: JSON.parse(first.content.toString()),
    media: new Uint8Array(second.content),
    contentType: /^content-type:\s*(\S+)/im.exec(second.head)?.[1] ?? 'application/octet-stream',
  }
}

/** What stands between delimiters, with the line break after the one and before the other. */
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
  const lineBreak = part.indexOf('\r\n') === 0 ? '\r\n' : '\n'
  const blank = part.indexOf(lineBreak + lineBreak)
  const content = part.subarray(blank + 2 * lineBreak.length, part.length - lineBreak.length)
  return { head: part.toString('latin1', 0, blank).trim(), content }
}
