import { MayflyError } from '../../errors.ts'
import type { Http, HttpResponse } from '../../wire/http.ts'
import { timeout } from '../../world.ts'
import type { KeySource } from '../key-source.ts'
import { unavailable } from '../remote-keys.ts'
import type { Limits } from './limits.ts'
import { RateExceeded } from './rate-exceeded.ts'

/** How the keys of an issuer fail to come: the connection is refused, nothing answers in time, or it answers 500. */
export const outages = ['refuse', 'timeout', '500'] as const
export type Outage = (typeof outages)[number]

/** Faults that somebody wants, to see what programs make of them. None of them is left to chance. */
export interface FaultSetting {
  /** How far the service's clock is ahead of the machine's. */
  readonly clockOffsetMs: number
  /** Whose keys cannot be had; without an issuer those of all. Of two that fit, the first counts. */
  readonly keys: readonly { readonly issuer?: string; readonly how: Outage }[]
  /** What is answered as throttling: the next so many, or every so-manieth, of an operation or of all. */
  readonly throttle: readonly ThrottleFault[]
  /** How long, by the service's clock, until what was registered counts. */
  readonly propagationMs: number
}

export interface ThrottleFault {
  /** As the audit names it: `AssumeRole`, `TokenExchange`. */
  readonly operation?: string
  readonly next?: number
  readonly every?: number
}

/** What a token service asks before it does something that can be made to fail. */
export interface Faults {
  /** The service's clock. */
  now(): number
  propagationMs(): number
  /** The same requests, of which those for keys that cannot be had fail. */
  http(http: Http): Http
  /** The same keys; our own issuers', which are in memory, fail as if they had to be fetched every time. */
  keys(source: KeySource, isOwn: (issuer: string) => boolean): KeySource
  /** The same limits, and besides what is to be throttled. */
  limits(limits: Limits): Limits
}

/** Faults that can be changed while the service runs. */
export interface ChangeableFaults extends Faults {
  setting(): FaultSetting
  /** Changes what is named, and begins to count anew there. */
  set(change: Partial<FaultSetting>): void
}

export const noFault: FaultSetting = { clockOffsetMs: 0, keys: [], throttle: [], propagationMs: 0 }

export interface FaultsWorld {
  /** The clock that goes right, in epoch milliseconds. */
  readonly now: () => number
  /** Calls back when a span of time has passed. Default: the machine's timers. */
  readonly after?: typeof timeout
}

export function createFaults({ now, after = timeout }: FaultsWorld): ChangeableFaults {
  let setting = noFault
  let counted: readonly CountedFault[] = []
  const outageOf = (fits: (issuer: string) => boolean) =>
    setting.keys.find(({ issuer }) => issuer === undefined || fits(issuer))?.how
  return {
    now: () => now() + setting.clockOffsetMs,
    propagationMs: () => setting.propagationMs,
    setting: () => ({ ...setting, throttle: counted.map((each) => each.left()) }),
    set(change) {
      setting = { ...setting, ...change }
      if (change.throttle) counted = change.throttle.map(countedFault)
    },
    http: (http) => (request) => {
      const how = outageOf((issuer) => request.url.startsWith(`${issuer.replace(/\/$/, '')}/`))
      return how ? failed(how, request.url, { timeoutMs: request.timeoutMs ?? 5000, after }) : http(request)
    },
    keys: (source, isOwn) => ({
      ...source,
      key(trusted, header) {
        const how = trusted.keys ? undefined : outageOf((issuer) => issuer === trusted.issuer)
        return how && isOwn(trusted.issuer) ? noKeys(how, trusted.issuer, after) : source.key(trusted, header)
      },
    }),
    limits: (limits) => ({
      ...limits,
      asked(operation) {
        // Each of them counts, whichever it is that throttles.
        const hits = counted.filter((each) => each.counts(operation)).length
        if (hits > 0) throw wanted(operation)
        limits.asked(operation)
      },
    }),
  }
}

interface CountedFault {
  /** Counts one request; whether that is one to throttle. */
  counts(operation: string): boolean
  left(): ThrottleFault
}

function countedFault(fault: ThrottleFault): CountedFault {
  let next = fault.next ?? 0
  let seen = 0
  return {
    counts(operation) {
      if (fault.operation !== undefined && fault.operation !== operation) return false
      seen += 1
      if (fault.every !== undefined) return seen % fault.every === 0
      next -= 1
      return next >= 0
    },
    left: () => (fault.next === undefined ? fault : { ...fault, next: Math.max(0, next) }),
  }
}

function wanted(operation: string): RateExceeded {
  return new RateExceeded(`${operation} is throttled by a fault that was asked for`, {
    waitMs: 1000,
    recorded: true,
  })
}

interface Patience {
  readonly timeoutMs: number
  readonly after: typeof timeout
}

async function failed(how: Outage, url: string, { timeoutMs, after }: Patience): Promise<HttpResponse> {
  if (how === '500') return { status: 500, headers: {}, body: '' }
  if (how === 'timeout') await new Promise<void>((resolve) => after(timeoutMs, resolve))
  const what = how === 'timeout' ? `did not answer within ${timeoutMs} ms` : 'refused the connection'
  throw new MayflyError('EXCHANGE_UNREACHABLE', {
    message: `${new URL(url).host} ${what}, by a fault that was asked for`,
    transient: true,
  })
}

/** AWS gives an issuer five seconds; see `remoteKeys`. */
const timeoutMs = 5000

async function noKeys(how: Outage, issuer: string, after: typeof timeout): Promise<never> {
  try {
    const { status } = await failed(how, issuer, { timeoutMs, after })
    throw new Error(`it answers ${status}, by a fault that was asked for`)
  } catch (error) {
    throw unavailable(issuer, error)
  }
}
