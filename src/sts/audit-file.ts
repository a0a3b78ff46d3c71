import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { MayflyError } from '../errors.ts'
import type { AuditRecord, AuditSink } from './audit.ts'

export interface AuditFile {
  readonly sink: AuditSink
  close(): void
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants

/**
 * Appends one line of JSON per record to a file of mode 0600. A record is with the operating system when `sink`
 * returns: it survives the end of this process, not that of the machine.
 * @throws AUDIT_WRITE when the file cannot be opened, or is a symbolic link
 */
export function auditFile(path: string): AuditFile {
  const descriptor = open(path)
  return {
    sink: (record: AuditRecord) => {
      const line = `${JSON.stringify(record)}\n`
      const written = writeSync(descriptor, line)
      if (written < Buffer.byteLength(line)) writeRest(descriptor, Buffer.from(line), written)
    },
    close: () => closeSync(descriptor),
  }
}

function writeRest(descriptor: number, line: Buffer, from: number): void {
  for (let written = from; written < line.length; ) written += writeSync(descriptor, line, written)
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
