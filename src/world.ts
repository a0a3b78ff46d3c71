import type { Http } from './wire/http.ts'

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Time, injected: the wall clock in earnest, a clock that a test moves in a test. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls `wake` once, `delayMs` from now or later. Returns what cancels it. `awaited`: the process has to live until then. */
  after(delayMs: number, wake: () => void, awaited?: 'awaited'): () => void
  /**
   * Calls `wake` once when work has taken so long: a span of time that passes, whatever the clock is set to meanwhile.
   * Returns what cancels it.
   */
  timeout(delayMs: number, wake: () => void): () => void
}

/** What a workload-side stage may touch: everything outside the process comes in through here. */
export interface World {
  readonly env: Environment
  readonly clock: Clock
  readonly http: Http
  /** One line for the person who runs this; never a secret. */
  readonly log: (line: string) => void
}

// setTimeout takes at most 2^31 - 1 ms (24.8 days) and fires at once beyond it.
const longestTimerMs = 2 ** 31 - 1

/** The machine's own clock. Its timers do not keep the process alive, but for those that somebody awaits. */
export const wallClock: Clock = {
  now: () => Date.now(),
  after(delayMs, wake, awaited) {
    const timer = setTimeout(wake, Math.min(Math.max(0, delayMs), longestTimerMs))
    if (!awaited) timer.unref()
    return () => clearTimeout(timer)
  },
  timeout,
}

/** By the machine's timers, which know nothing of its clock; for every clock that goes by something else too. */
export function timeout(delayMs: number, wake: () => void): () => void {
  const timer = setTimeout(wake, delayMs).unref()
  return () => clearTimeout(timer)
}
