import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { MayflyError } from '../errors.ts'
import { jsonLine } from '../wire/printable.ts'
import type { AuditRecord, AuditSink } from './audit.ts'

export interface AuditFile {
  readonly sink: AuditSink
  /** @throws AUDIT_WRITE when records could not be written a moment ago */
  check(): void
  /** How many records are decided and not yet written. */
  pending(): number
  /** After what is still to be written. */
  close(): Promise<void>
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants

/** Ten seconds. Then requests may come again and try it: nobody knows better whether there is room on the disk. */
const failedForMs = 10_000

/** Lines that go to the file together. */
interface Batch {
  lines: string
  records: number
  readonly written: Promise<void>
}

/**
 * Appends one line of JSON per record to a file of mode 0600. A record is with the operating system when `sink`
 * resolves: it survives the end of this process, not that of the machine. What is decided in one turn of the event loop
 * is written at once, since a write costs about as much as a decision.
 * @throws AUDIT_WRITE when the file cannot be opened, or is a symbolic link
 */
export function auditFile(path: string, now: () => number = Date.now): AuditFile {
  const descriptor = open(path)
  let failure: { readonly cause: unknown; readonly atMs: number } | undefined
  let batch: Batch | undefined
  const flush = (resolve: () => void, reject: (reason: unknown) => void) => {
    const { lines } = batch!
    batch = undefined
    try {
      writeWhole(descriptor, lines)
      failure = undefined
      resolve()
    } catch (error) {
      failure = { cause: error, atMs: now() }
      reject(error)
    }
  }
  return {
    sink(record: AuditRecord) {
      batch ??= { lines: '', records: 0, written: new Promise((...settle) => setImmediate(flush, ...settle)) }
      batch.lines += `${jsonLine(record)}\n`
      batch.records += 1
      return batch.written
    },
    pending: () => batch?.records ?? 0,
    check() {
      if (failure && Math.abs(now() - failure.atMs) < failedForMs) throw unwritable(path, failure.cause)
    },
    async close() {
      await batch?.written.catch(() => {})
      closeSync(descriptor)
    },
  }
}

function writeWhole(descriptor: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
}

function open(path: string): number {
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  } catch (cause) {
    throw new MayflyError('AUDIT_WRITE', {
      message: `the audit file ${path} cannot be opened (${(cause as NodeJS.ErrnoException).code})`,
      hint: 'Name a file, in a folder that is there, that this user may write to; a symbolic link is refused.',
      cause,
    })
  }
}

function unwritable(path: string, cause: unknown): MayflyError {
  const message = `the audit file ${path} could not be written: ${(cause as Error).message}`
  return new MayflyError('AUDIT_WRITE', { message, cause })
}
