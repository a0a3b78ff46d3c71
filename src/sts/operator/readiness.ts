import { MayflyError } from '../../errors.ts'
import { timeout } from '../../world.ts'

/** Something without which requests had better go to another node. Throws or rejects when it is not there. */
export type ReadinessCheck = () => unknown

export interface Readiness {
  /** What each check says; all but those that are left out. */
  look(leftOut?: readonly string[]): Promise<ReadinessReport>
  /** From now on requests should go elsewhere: this service is about to end. */
  stop(): void
}

export interface ReadinessReport {
  readonly ready: boolean
  /** `ok`, or why not: a code, and no more than anybody may know. */
  readonly checks: Readonly<Record<string, string>>
}

export interface ReadinessSetting {
  readonly checks: Readonly<Record<string, ReadinessCheck>>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How long a check may take. Default: two seconds, well below what a kubelet is told to wait. */
  readonly deadlineMs?: number
  /** Calls back when a span of time has passed. Default: the machine's timers. */
  readonly after?: typeof timeout
  /** When it is no longer ready, and when it is again: one line. */
  readonly log?: (line: string) => void
}

/** Anybody can ask, and every look costs the database one. */
const goodForMs = 1000

export function createReadiness(setting: ReadinessSetting): Readiness {
  const { checks, now, log } = setting
  const asked = Object.entries(checks).map(([name, check]) => [name, once(check, setting)] as const)
  let stopping = false
  let wasReady = true
  let last: { readonly atMs: number; readonly results: Promise<readonly Result[]> } | undefined

  const tell = (results: readonly Result[]) => {
    const failed = results.filter(({ told }) => told !== undefined)
    if (wasReady !== (failed.length === 0))
      log?.(failed.length === 0 ? 'ready again' : `not ready: ${failed.map(({ told }) => told).join('; ')}`)
    wasReady = failed.length === 0
    return results
  }
  const results = () => {
    if (last && Math.abs(now() - last.atMs) < goodForMs) return last.results
    const found = Promise.all(asked.map(async ([name, check]) => resultOf(name, await check())))
    last = { atMs: now(), results: found.then(tell) }
    return last.results
  }
  return {
    async look(leftOut = []) {
      if (stopping) return { ready: false, checks: { stopping: 'this service is about to end' } }
      const seen = (await results()).filter(({ name }) => !leftOut.includes(name))
      return {
        ready: seen.every(({ told }) => told === undefined),
        checks: Object.fromEntries(seen.map(({ name, says }) => [name, says])),
      }
    },
    stop() {
      stopping = true
    },
  }
}

interface Result {
  readonly name: string
  readonly says: string
  /** Why not, for the operator. */
  readonly told?: string
}

function resultOf(name: string, failure: { readonly error: unknown } | undefined): Result {
  if (!failure) return { name, says: 'ok' }
  const { error } = failure
  const says = error instanceof MayflyError ? error.code : 'INTERNAL'
  return { name, says, told: `${name}: ${error instanceof Error ? error.message : String(error)}` }
}

/** A check that is under way once, however many ask, and late after the deadline. */
function once(check: ReadinessCheck, { deadlineMs = 2000, after = timeout }: ReadinessSetting) {
  let inFlight: Promise<{ error: unknown } | undefined> | undefined
  const run = async () => {
    try {
      await check()
      return undefined
    } catch (error) {
      return { error }
    }
  }
  return () => {
    inFlight ??= run().finally(() => {
      inFlight = undefined
    })
    return Promise.race([inFlight, late(deadlineMs, after)])
  }
}

function late(deadlineMs: number, after: typeof timeout): Promise<{ error: unknown }> {
  const error = new MayflyError('SERVER_READY', { message: `no answer within ${deadlineMs} ms` })
  return new Promise((resolve) => after(deadlineMs, () => resolve({ error })))
}
