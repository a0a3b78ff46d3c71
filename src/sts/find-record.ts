import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { AuditRecord } from './audit.ts'

const chunkBytes = 64 * 1024
const newline = 10

/**
 * The newest record in a file of one JSON line each that is wanted; read from the end, as what somebody asks about has
 * mostly just happened. A line that is no record, as the last one of a machine that went down, is passed over.
 * @throws what opening or reading the file throws
 */
export function findRecord(
  path: string,
  isWanted: (record: AuditRecord) => boolean,
  /** What a line has to have, so that most need no parsing. */
  words = '',
): AuditRecord | undefined {
  for (const line of linesFromEnd(path)) {
    const record = line.includes(words) ? recordIn(line) : undefined
    if (record && isWanted(record)) return record
  }
  return undefined
}

function recordIn(line: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(line) as AuditRecord
    return typeof record?.requestId === 'string' ? record : undefined
  } catch {
    return undefined
  }
}

function* linesFromEnd(path: string): Generator<string> {
  const file = openSync(path, 'r')
  try {
    // Chunks of a line whose beginning has not been read yet, the last first: joined once, however long it is.
    let rest: Buffer[] = []
    for (let end = fstatSync(file).size; end > 0; ) {
      const start = Math.max(0, end - chunkBytes)
      const chunk = Buffer.alloc(end - start)
      readSync(file, chunk, 0, chunk.length, start)
      end = start
      let to = chunk.length
      for (
        let at = chunk.lastIndexOf(newline);
        at >= 0;
        at = at === 0 ? -1 : chunk.lastIndexOf(newline, at - 1)
      ) {
        yield joined(chunk.subarray(at + 1, to), rest)
        rest = []
        to = at
      }
      rest.push(chunk.subarray(0, to))
    }
    yield joined(Buffer.alloc(0), rest)
  } finally {
    closeSync(file)
  }
}

function joined(head: Buffer, rest: readonly Buffer[]): string {
  return Buffer.concat([head, ...rest.toReversed()]).toString('utf8')
}
