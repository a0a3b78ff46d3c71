import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { jsonLine } from '../wire/printable.ts'
import type { AuditRecord, AuditSink } from './audit.ts'
import { reasonOf } from './audit-record.ts'

/** Then another file is begun, and the one before it goes: some thousand refusals are there at any time. */
const largestBytes = 4 * 1024 * 1024

const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

/** Where a token service keeps its last refusals: `refusals.jsonl` beside its keys, and `refusals.1.jsonl`, which is older. */
export function refusalFiles(keyFile: string): readonly [newest: string, older: string] {
  const folder = dirname(keyFile)
  return [join(folder, 'refusals.jsonl'), join(folder, 'refusals.1.jsonl')]
}

export interface RefusalFileSetting {
  readonly keyFile: string
  /** One line when a refusal could not be kept: nothing else depends on it. */
  readonly complain: (line: string) => void
  readonly mostBytes?: number
}

/**
 * Keeps the last refusals on the disk, so that the operator of this machine can have them explained: one line of JSON
 * each, in files of mode 0600. Opened for every line, as several processes may share the keys, and with them the files.
 */
export function refusalFile(setting: RefusalFileSetting): AuditSink {
  const { keyFile, complain, mostBytes = largestBytes } = setting
  const [path, older] = refusalFiles(keyFile)
  return (record: AuditRecord) => {
    if (record.decision !== 'deny') return
    try {
      const size = appended(path, `${jsonLine(record)}\n`)
      if (size > mostBytes && statSync(path).size > mostBytes) renameSync(path, older)
    } catch (error) {
      complain(
        `the refusal of ${record.requestId} could not be kept for mayfly explain --request: ${reasonOf(error)}`,
      )
    }
  }
}

/** @returns how large the file is then, in bytes */
function appended(path: string, line: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = openSync(path, flags, 0o600)
  try {
    // Made by somebody with another mask, or for others to read: what is in it is for the operator alone.
    if (fstatSync(file).mode & 0o077) throw new Error(`${path} can be read by others: chmod 0600 ${path}`)
    const bytes = Buffer.from(line)
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
    return fstatSync(file).size
  } finally {
    closeSync(file)
  }
}
