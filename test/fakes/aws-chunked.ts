/** What `content-encoding: aws-chunked` carried. */
export interface Unchunked {
  readonly body: Uint8Array
  /** Names in lower case. */
  readonly trailers: Readonly<Record<string, string>>
}

/**
 * Reads `SIZE-IN-HEX CRLF bytes CRLF … 0 CRLF trailers`, as S3 clients send it with a trailing checksum.
 * Chunk signatures (`;chunk-signature=`) are read over: only the unsigned form is asked for here.
 */
export function readAwsChunked(wire: Uint8Array): Unchunked {
  const bytes = Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (lineEnd < 0 || !(size >= 0)) throw new Error(`no aws-chunked chunk starts at byte ${at}`)
    at = lineEnd + 2
    if (size === 0)
      return { body: Buffer.concat(chunks), trailers: readTrailers(bytes.toString('latin1', at)) }
    chunks.push(bytes.subarray(at, at + size))
    at += size + 2
  }
}

function readTrailers(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'))
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).trim().toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
}
