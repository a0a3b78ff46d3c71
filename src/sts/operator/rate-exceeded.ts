import { MayflyError } from '../../errors.ts'

/** Somebody asked more often than the service lets them. */
export class RateExceeded extends MayflyError {
  /** Until it is worth asking again. */
  readonly waitMs: number
  /** Whether it goes into the audit: of those that are alike, one in a minute does. */
  readonly recorded: boolean

  constructor(
    message: string,
    { waitMs, recorded }: { readonly waitMs: number; readonly recorded: boolean },
  ) {
    super('REQUEST_RATE', {
      message,
      values: { waitSeconds: Math.max(1, Math.ceil(waitMs / 1000)) },
      transient: true,
    })
    this.waitMs = waitMs
    this.recorded = recorded
  }
}

/** RFC 9110 §10.2.3, for the clouds that send it. */
export function retryAfter(error: unknown): Readonly<Record<string, string>> {
  return error instanceof RateExceeded ? { 'Retry-After': String(error.values.waitSeconds) } : {}
}
