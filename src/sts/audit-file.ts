import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { MayflyError } from '../errors.ts'
import type { AuditRecord, AuditSink } from './audit.ts'

export interface AuditFile {
  readonly sink: AuditSink
  /** After what is still to be written. */
  close(): Promise<void>
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants

// Callers have a say in what is recorded, and people read the file on terminals: JSON escapes C0 controls alone.
const unseen = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Lines that go to the file together. */
interface Batch {
  lines: string
  readonly written: Promise<void>
}

/**
 * Appends one line of JSON per record to a file of mode 0600. A record is with the operating system when `sink`
 * resolves: it survives the end of this process, not that of the machine. What is decided in one turn of the event loop
 * is written at once, since a write costs about as much as a decision.
 * @throws AUDIT_WRITE when the file cannot be opened, or is a symbolic link
 */
export function auditFile(path: string): AuditFile {
  const descriptor = open(path)
  let batch: Batch | undefined
  const flush = (resolve: () => void, reject: (reason: unknown) => void) => {
    const { lines } = batch!
    batch = undefined
    try {
      writeWhole(descriptor, lines)
      resolve()
    } catch (error) {
      reject(error)
    }
  }
  return {
    sink(record: AuditRecord) {
      batch ??= { lines: '', written: new Promise((...settle) => setImmediate(flush, ...settle)) }
      batch.lines += `${JSON.stringify(record).replace(unseen, escaped)}\n`
      return batch.written
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
      message: `the audit file ${path} cannot be opened: ${(cause as Error).message}`,
      cause,
    })
  }
}
