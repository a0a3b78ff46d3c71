import type { Credential } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import type { LeaseStatus } from '../lease.ts'
import { inWords } from '../wire/duration.ts'
import type { Clock } from '../world.ts'
import type { Alarms } from './alarms.ts'
import { backoffMs } from './backoff.ts'
import { asMayflyError, expired, instant, lifeless, retold, tooLong } from './refusals.ts'
import { renewalMs } from './window.ts'

/** How long somebody who asks is kept waiting while a token service that is away is tried again. */
const patienceMs = 5000
/** A backstop: every source and exchange has a shorter limit of its own. */
const longestAttemptMs = 30_000
/** A credential with less life than this is no use to anybody. */
const shortestLifeMs = 60_000

export interface UpkeepSetting {
  /** What people know the credential by. */
  readonly label: string
  readonly obtain: (signal: AbortSignal) => Promise<Credential>
  /** Renew it even when nobody asks for it. */
  readonly always: boolean
  readonly clock: Clock
  readonly alarms: Alarms
  readonly log: (line: string) => void
  readonly random: () => number
}

/** One credential, kept fresh. */
export interface Upkeep {
  /** As `Lease.get`. */
  get(): Promise<Credential>
  status(): Omit<LeaseStatus, 'name'>
  /** The exchange under way; it never rejects. */
  underWay(): Promise<void> | undefined
  /** When it was last asked for, in epoch milliseconds. */
  askedMs(): number
  stop(): void
}

interface Held {
  /** Absent once it was seen expired: a clock that is set back afterwards does not bring it back. */
  readonly credential: Credential | undefined
  readonly expiresAtMs: number
  /** When the exchange began that it is from. */
  readonly begunAtMs: number
  readonly obtainedAtMs: number
  readonly renewsAtMs: number
}

interface Trouble {
  readonly error: MayflyError
  readonly failures: number
  readonly sinceMs: number
  readonly triedAtMs: number
  readonly retryAtMs: number
}

/** Keeps one credential fresh: at most one exchange at a time, and none while the last failure is recent. */
export function upkeep(setting: UpkeepSetting): Upkeep {
  const { label, obtain, always, clock, alarms, log, random } = setting
  let held: Held | undefined
  let trouble: Trouble | undefined
  let attempt: Promise<void> | undefined
  let waiting: Promise<Credential> | undefined
  let askedMs = clock.now()
  let stopped: MayflyError | undefined
  let cancelAlarm = () => {}
  let cancelExpiry = () => {}
  let endPause = () => {}
  let abort = (_: MayflyError) => {}

  function live(): Credential | undefined {
    if (held && clock.now() >= held.expiresAtMs) held = { ...held, credential: undefined }
    return held?.credential
  }

  async function get(): Promise<Credential> {
    if (stopped) throw stopped
    askedMs = clock.now()
    const credential = live()
    if (credential && isDue()) renew()
    if (credential) return credential
    waiting ??= wait().finally(() => {
      waiting = undefined
    })
    return waiting
  }

  /** By the wall clock, at every get: the alarm may have slept. A clock that was set back spoils what it measured. */
  function isDue(): boolean {
    const nowMs = clock.now()
    const setBack = held !== undefined && nowMs < held.obtainedAtMs - shortestLifeMs
    return trouble ? mayTry(trouble, nowMs) : nowMs >= dueMs() || setBack
  }

  const dueMs = () => trouble?.retryAtMs ?? held?.renewsAtMs ?? 0

  /** For somebody who has nothing valid in hand. */
  async function wait(): Promise<Credential> {
    const startMs = clock.now()
    for (;;) {
      if (stopped) throw stopped
      const credential = live()
      if (credential) return credential
      askedMs = clock.now()
      if (!trouble || mayTry(trouble, askedMs)) await renew()
      else if (worthWaiting(trouble, startMs)) await pause(trouble.retryAtMs)
      else throw refusal(trouble)
    }
  }

  /** An outage that this very wait ran into, whose next attempt comes within its patience. */
  function worthWaiting({ error, triedAtMs, retryAtMs }: Trouble, startMs: number): boolean {
    return error.transient && triedAtMs >= startMs && retryAtMs <= startMs + patienceMs
  }

  function pause(untilMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(untilMs - clock.now(), resolve, 'awaited')
      endPause = () => {
        cancel()
        resolve()
      }
    })
  }

  function renew(): Promise<void> {
    attempt ??= once().finally(() => {
      attempt = undefined
    })
    return attempt
  }

  async function once(): Promise<void> {
    const begunAtMs = clock.now()
    try {
      succeed(await bounded(), begunAtMs)
    } catch (error) {
      fail(asMayflyError(error))
    }
    schedule()
  }

  /** One exchange, given up at the limit or when this stops, whether or not it heeds its signal. */
  async function bounded(): Promise<Credential> {
    const controller = new AbortController()
    const obtained = obtain(controller.signal)
    const aborted = new Promise<never>((_, reject) => {
      abort = (reason) => {
        controller.abort(reason)
        reject(reason)
      }
    })
    const cancel = clock.timeout(longestAttemptMs, () => abort(tooLong(longestAttemptMs)))
    return Promise.race([obtained, aborted]).finally(cancel)
  }

  function succeed(credential: Credential, begunAtMs: number): void {
    if (stopped) return
    const nowMs = clock.now()
    if (!(credential.expiresAtMs - nowMs >= shortestLifeMs)) throw lifeless(credential, nowMs)
    if (trouble && held) log(`${label}: renewed, after failing since ${instant(trouble.sinceMs)}`)
    const renewsAtMs = renewalMs(credential, nowMs, { random, dueMs: held?.renewsAtMs })
    const { expiresAtMs } = credential
    held = { credential, expiresAtMs, begunAtMs, obtainedAtMs: nowMs, renewsAtMs }
    trouble = undefined
    cancelExpiry()
    cancelExpiry = alarms.at(expiresAtMs, live)
  }

  function fail(error: MayflyError): void {
    if (stopped) return
    const nowMs = clock.now()
    const { failures, sinceMs } = trouble ?? { failures: 0, sinceMs: nowMs }
    if (!trouble && held)
      log(
        `${label}: renewing fails since ${instant(nowMs)}: ${error.message} (${error.code}); ${remaining(held.expiresAtMs, live())}`,
      )
    const retryAtMs = nowMs + backoffMs(failures + 1, random)
    trouble = { error, failures: failures + 1, sinceMs, triedAtMs: nowMs, retryAtMs }
  }

  /** Before there was a first credential nobody is served, so the next one who asks tries again. */
  function schedule(): void {
    cancelAlarm()
    if (stopped || !held) return
    const { begunAtMs } = held
    // Whoever asked for this one may come again only minutes before its end: Google's libraries keep a token for so long.
    cancelAlarm = alarms.at(dueMs(), () => {
      if (always || askedMs >= begunAtMs) renew()
    })
  }

  function refusal({ error, failures, sinceMs }: Trouble): MayflyError {
    if (held) return expired(label, held.expiresAtMs, error, sinceMs)
    if (failures === 1) return error
    return retold(
      error,
      `${error.message} (${failures} attempts since ${instant(sinceMs)}, ${inWords(clock.now() - sinceMs)} in all)`,
    )
  }

  function status(): Omit<LeaseStatus, 'name'> {
    if (stopped) return { state: 'stopped' }
    const state = held
      ? live()
        ? trouble
          ? 'failing'
          : 'live'
        : 'expired'
      : trouble
        ? 'failing'
        : 'waiting'
    return {
      state,
      ...(held && { expiresAtMs: held.expiresAtMs, renewsAtMs: dueMs() }),
      ...(trouble && { failure: told(trouble) }),
    }
  }

  function stop(): void {
    stopped ??= new MayflyError('LEASE_STOPPED', { message: `${label}: no longer kept, Mayfly is stopping` })
    cancelAlarm()
    cancelExpiry()
    held = undefined
    trouble = undefined
    abort(stopped)
    endPause()
  }

  return { get, status, underWay: () => attempt, askedMs: () => askedMs, stop }
}

const told = ({ error: { code, message, hint }, sinceMs }: Trouble) => ({ code, message, hint, sinceMs })

/** Whether the back-off is over. One that began at a time that is yet to come was measured by a clock that was set back. */
const mayTry = ({ triedAtMs, retryAtMs }: Trouble, nowMs: number) => nowMs >= retryAtMs || nowMs < triedAtMs

function remaining(expiresAtMs: number, credential: Credential | undefined): string {
  return credential
    ? `the credential in hand is good until ${instant(expiresAtMs)}`
    : `the last credential expired at ${instant(expiresAtMs)}`
}
