import type { Credential } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import type { Lease, Variant } from '../lease.ts'
import type { Clock } from '../world.ts'
import { alarmsOn } from './alarms.ts'
import { type Upkeep, upkeep } from './upkeep.ts'

/** Of one lease, besides its own configured credential. A program asks for a handful of scopes and audiences. */
const mostVariants = 63
/** A variant that was asked for this recently is not given up for another. */
const busyMs = 60_000

export interface RefreshSetting {
  readonly name: string
  /** One exchange, from a fresh proof to a credential. */
  readonly obtain: (variant: Variant, signal: AbortSignal) => Promise<Credential>
  readonly clock: Clock
  readonly log: (line: string) => void
  /** Uniform in [0, 1), for jitter. Default: Math.random. */
  readonly random?: () => number
}

/**
 * Keeps a credential fresh: one exchange in flight per variant, renewal ahead of expiry, back-off with jitter
 * while the token service is away, the last good credential served until its true expiry and never after.
 * A variant that nobody asks for any more is not renewed.
 */
export function keepFresh({ name, obtain, clock, log, random = Math.random }: RefreshSetting): Lease {
  const alarms = alarmsOn(clock)
  const keep = (variant: Variant, always: boolean) =>
    upkeep({
      label: label(name, variant),
      obtain: (signal) => obtain(variant, signal),
      always,
      clock,
      alarms,
      log,
      random,
    })
  const configured = keep({}, true)
  // In the order of their last use: the first is the longest idle.
  const variants = new Map<string, Upkeep>()

  function kept(variant: Variant): Upkeep {
    const key = keyOf(variant)
    if (!key) return configured
    let wanted = variants.get(key)
    if (!wanted) makeRoom()
    wanted ??= keep(variant, false)
    variants.delete(key)
    variants.set(key, wanted)
    return wanted
  }

  function makeRoom(): void {
    const idlest = variants.entries().next().value
    if (!idlest || variants.size < mostVariants) return
    const [key, idle] = idlest
    if (clock.now() - idle.askedMs() < busyMs) throw tooMany(name)
    idle.stop()
    variants.delete(key)
  }

  const all = () => [configured, ...variants.values()]
  let stopped = false

  return {
    name,
    get: async (variant = {}) => (stopped ? configured : kept(variant)).get(),
    status: () => ({ name, ...configured.status() }),
    async settled() {
      for (let under = busy(all()); under.length > 0; under = busy(all())) await Promise.all(under)
    },
    stop() {
      stopped = true
      for (const each of all()) each.stop()
      variants.clear()
    },
  }
}

const busy = (all: readonly Upkeep[]) =>
  all.map((each) => each.underWay()).filter((each) => each !== undefined)

/** Empty for the configured credential. Scopes are a set; an audience makes an ID token, which has none. */
function keyOf({ scopes = [], audience }: Variant): string {
  if (audience !== undefined) return `audience ${audience}`
  return scopes.length > 0 ? `scopes ${[...new Set(scopes)].sort().join(' ')}` : ''
}

function label(name: string, variant: Variant): string {
  const key = keyOf(variant)
  return key ? `${name} (${key})` : name
}

function tooMany(name: string): MayflyError {
  return new MayflyError('LEASE_VARIANTS', {
    message: `${name}: more than ${mostVariants} different scopes or audiences were asked for within ${busyMs / 1000} s`,
    values: { name, most: mostVariants },
    transient: true,
  })
}
