import { MayflyError } from '../errors.ts'
import { isoMillisecond } from '../wire/iso-time.ts'
import type { Ask, IamAsk, Minted, StsRequest, Verified, VerifiedAdmin } from './ask.ts'
import { type Asked, type AuditRecord, askedOf, givenOf, reasonOf, refusalOf } from './audit-record.ts'
import { boundedRecord } from './bounded-record.ts'
import { RateExceeded } from './operator/rate-exceeded.ts'

export type { AuditRecord } from './audit-record.ts'

/** Takes one record. What it returns is waited for; it throws or rejects when it cannot keep the record. */
export type AuditSink = (record: AuditRecord) => unknown

/** The record of one request, filled in as its stages are passed. */
export interface AuditEntry {
  asked<A extends Ask | IamAsk>(ask: A): A
  verified<V extends Verified | VerifiedAdmin>(verified: V): V
  /** For what no front end parsed: who asked for what. */
  noted(asked: Asked): void
  /** Resolves when the record is kept. An admin call mints nothing. @throws AUDIT_WRITE when auditing is required and it could not be */
  allowed(minted?: Minted): Promise<void>
  /** What to answer, when the record is kept: the error itself, or AUDIT_WRITE. Of a flood one is kept a minute. Never rejects. */
  refused(error: unknown): Promise<unknown>
}

export interface Audit {
  open(request: Pick<StsRequest, 'id' | 'from'>, frontEnd: string): AuditEntry
  /** A recent refusal, by its request ID. */
  refusal(requestId: string): AuditRecord | undefined
}

export interface AuditSetting {
  readonly sinks: readonly AuditSink[]
  /** No answer leaves without its record. Default: false. */
  readonly required?: boolean
  /** How many refusals are remembered, to be explained later. Default: 1000. */
  readonly remembered?: number
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds since some moment, whatever the clock is set to. Default: the machine's. */
  readonly elapsedMs?: () => number
  /** One line when a record could not be kept: where auditing is required, callers see a failure that nobody explains to them. */
  readonly complain?: (line: string) => void
}

/** One structured record for every decision, kept before the answer leaves. */
export function createAudit(setting: AuditSetting): Audit {
  const { remembered = 1000 } = setting
  const refusals = new Map<string, AuditRecord>()
  const remember = (record: AuditRecord) => {
    refusals.set(record.requestId, record)
    if (refusals.size > remembered) refusals.delete(refusals.keys().next().value!)
  }
  return {
    open: (request, frontEnd) => new Entry(request, frontEnd, setting, remember),
    refusal: (requestId) => refusals.get(requestId),
  }
}

const machineMs = () => performance.now()

class Entry implements AuditEntry {
  readonly #request: Pick<StsRequest, 'id' | 'from'>
  readonly #frontEnd: string
  readonly #setting: AuditSetting
  readonly #remember: (record: AuditRecord) => void
  #ask: Ask | IamAsk | undefined
  #verified: Verified | VerifiedAdmin | undefined
  #asked: Asked | undefined
  readonly #elapsedMs: () => number
  readonly #beganMs: number

  constructor(
    request: Pick<StsRequest, 'id' | 'from'>,
    frontEnd: string,
    setting: AuditSetting,
    remember: (record: AuditRecord) => void,
  ) {
    this.#request = request
    this.#frontEnd = frontEnd
    this.#setting = setting
    this.#remember = remember
    this.#elapsedMs = setting.elapsedMs ?? machineMs
    this.#beganMs = this.#elapsedMs()
  }

  asked<A extends Ask | IamAsk>(ask: A): A {
    this.#ask = ask
    return ask
  }

  verified<V extends Verified | VerifiedAdmin>(verified: V): V {
    this.#verified = verified
    return verified
  }

  noted(asked: Asked): void {
    this.#asked = asked
  }

  allowed(minted?: Minted): Promise<void> {
    return this.#keep(Object.assign(this.#base('allow'), minted && givenOf(minted)))
  }

  async refused(error: unknown): Promise<unknown> {
    if (error instanceof RateExceeded && !error.recorded) return error
    const record = boundedRecord({ ...this.#base('deny'), ...refusalOf(error, this.#frontEnd) })
    this.#remember(record)
    try {
      // An AUDIT_WRITE has just failed to be kept; once is enough.
      if (!(error instanceof MayflyError && error.code === 'AUDIT_WRITE')) await this.#keep(record)
      return error
    } catch (failure) {
      return failure
    }
  }

  #base(decision: AuditRecord['decision']) {
    return {
      time: isoMillisecond(this.#setting.now()),
      requestId: this.#request.id,
      from: this.#request.from,
      frontEnd: this.#frontEnd,
      decision,
      ...(this.#ask ? askedOf(this.#ask, this.#verified) : this.#asked),
      durationMs: Math.round((this.#elapsedMs() - this.#beganMs) * 1000) / 1000,
    }
  }

  async #keep(record: AuditRecord): Promise<void> {
    const { sinks, required = false, complain } = this.#setting
    for (const sink of sinks) {
      try {
        const kept = sink(record)
        if (kept !== undefined) await kept
      } catch (cause) {
        const message = `the audit record of ${record.requestId} could not be written: ${reasonOf(cause)}`
        complain?.(message)
        if (required) throw new MayflyError('AUDIT_WRITE', { message, cause })
      }
    }
  }
}
