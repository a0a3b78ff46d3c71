import type { MayflyError } from '../errors.ts'
import type { AuditRecord, AuditSink } from '../sts/audit.ts'
import { jsonLine } from '../wire/printable.ts'
import type { Io } from './command.ts'
import { errorText } from './output.ts'
import { refusalText } from './refusal-text.ts'

/** What `mayfly sts` says on standard error while it runs. */
export interface StsLog {
  /** Every decision; people are told of refusals alone. */
  readonly decided: AuditSink
  /** What it is and where, once: as people read it, and as fields. */
  started(text: string, fields: Readonly<Record<string, unknown>>): void
  say(line: string): void
  /** Something failed, and what that means. */
  failed(error: MayflyError, consequence: string): void
}

export const logForms = ['text', 'json'] as const

/** For people: refusals with their whole explanation. */
export function textLog(io: Io): StsLog {
  return {
    decided(record) {
      if (record.decision === 'deny') io.err(refusalText(io, record))
    },
    started: (text) => io.err(text),
    say: (line) => io.err(`${line}\n`),
    failed: (error, consequence) => io.err(`${errorText(io, error)}${consequence}\n`),
  }
}

/** For programs: one line of JSON for every decision and for whatever else happens. */
export function jsonLog(io: Io, now: () => number): StsLog {
  const write = batched((text) => io.err(text))
  const line = (level: string, msg: string, fields: Readonly<Record<string, unknown>> = {}) =>
    write(`${jsonLine({ time: new Date(now()).toISOString(), level, msg, ...fields })}\n`)
  return {
    decided: (record) => write(`${jsonLine(decisionLine(record))}\n`),
    started: (_text, fields) => line('info', 'started', fields),
    say: (text) => line('info', text),
    failed: ({ code, message, hint }, consequence) => line('error', message, { code, hint, consequence }),
  }
}

/** The audit's fields without the trace, which `mayfly explain` and the audit file have. */
function decisionLine({ time, checks: _, hint: __, ...record }: AuditRecord) {
  const { decision, action = 'request' } = record
  const allowed = decision === 'allow'
  return {
    time,
    level: allowed ? 'info' : 'warn',
    msg: `${action} ${allowed ? 'allowed' : 'refused'}`,
    ...record,
  }
}

/** What is said in one turn of the event loop, at once: a write costs about as much as a decision. */
function batched(write: (text: string) => void): (text: string) => void {
  let batch = ''
  const flush = () => {
    write(batch)
    batch = ''
  }
  return (text) => {
    if (batch === '') setImmediate(flush)
    batch += text
  }
}
