import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type TestClock, testClock } from '../../test/clock.ts'
import type { Credential } from '../credential.ts'
import { type ErrorCode, MayflyError } from '../errors.ts'
import type { Lease, Variant } from '../lease.ts'
import { Secret } from '../secret.ts'
import type { Clock } from '../world.ts'
import { keepFresh } from './refresher.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** A token service of a test: how long its credentials live, and what it fails with now. */
interface Service {
  lifeMs: number
  kind: 'aws' | 'access-token'
  failure?: MayflyError | undefined
  calls: number
  /** The last one of each variant that was fit to be served. */
  readonly issued: Map<string, Credential>
}

interface Bench {
  readonly clock: TestClock
  readonly service: Service
  readonly lines: string[]
  readonly lease: Lease
}

function bench({
  random = Math.random,
  ...detail
}: Partial<Service> & { random?: () => number } = {}): Bench {
  const clock = testClock()
  const service: Service = { lifeMs: hour, kind: 'aws', calls: 0, issued: new Map(), ...detail }
  const lines: string[] = []
  const obtain = async (variant: Variant) => {
    service.calls += 1
    if (service.failure) throw service.failure
    const credential = issue(service, clock.now(), variant)
    if (service.lifeMs >= minute) service.issued.set(JSON.stringify(variant), credential)
    return credential
  }
  const lease = keepFresh({ name: 'warehouse', obtain, clock, log: (line) => lines.push(line), random })
  return { clock, service, lines, lease }
}

function issue({ kind, lifeMs, calls }: Service, nowMs: number, variant: Variant): Credential {
  const expiresAtMs = nowMs + lifeMs
  const token = new Secret(`token-${calls}`)
  if (variant.audience) return { kind: 'id-token', token, audience: variant.audience, expiresAtMs }
  if (kind === 'access-token') return { kind, token, scopes: variant.scopes ?? [], expiresAtMs }
  return { kind, accessKeyId: `ASIA${calls}`, secretAccessKey: token, sessionToken: token, expiresAtMs }
}

const outage = () =>
  new MayflyError('EXCHANGE_UNREACHABLE', { message: 'sts.example: connection refused', transient: true })
const refusal = () => new MayflyError('EXCHANGE_REFUSED', { message: 'AccessDenied: not authorized' })

/** Lets everything that is under way without waiting for the clock come to its end. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

async function rejection(promise: Promise<unknown>): Promise<MayflyError> {
  const error = await promise.then(
    () => assert.fail('nothing was thrown'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof MayflyError, String(error))
  return error
}

const code = async (promise: Promise<unknown>): Promise<ErrorCode> => (await rejection(promise)).code

test('over 72 hours, asked every 20 seconds, a one-hour AWS session always has 25 minutes left', async () => {
  const { clock, service, lease } = bench()
  for (let elapsed = 0; elapsed < 72 * hour; elapsed += 20 * second) {
    const { expiresAtMs } = await lease.get()
    assert.ok(expiresAtMs - clock.now() >= 25 * minute)
    await clock.advance(20 * second, turn)
  }
  assert.ok(service.calls >= 144 && service.calls <= 165, `${service.calls} exchanges`)
})

test('over 72 hours a one-hour Google token is another one long before the 6 minutes at which clients ask', async () => {
  const { clock, service, lease } = bench({ kind: 'access-token' })
  await lease.get()
  for (let elapsed = 0; elapsed < 72 * hour; elapsed += 7 * minute) {
    await clock.advance(7 * minute, turn)
    const { expiresAtMs } = await lease.get()
    assert.ok(expiresAtMs - clock.now() >= 25 * minute)
  }
  assert.ok(service.calls >= 144 && service.calls <= 168, `${service.calls} exchanges`)
})

test('a credential is served through an outage until its true expiry, and not one millisecond longer', async () => {
  const { clock, service, lease } = bench()
  const { expiresAtMs } = await lease.get()
  service.failure = outage()
  await clock.advance(expiresAtMs - clock.now() - 1, turn)
  assert.equal((await lease.get()).expiresAtMs, expiresAtMs)
  assert.equal(lease.status().state, 'failing')
  await clock.advance(1, turn)
  const error = await rejection(lease.get())
  assert.equal(error.code, 'LEASE_EXPIRED')
  assert.equal(error.cause, service.failure)
  assert.match(
    error.message,
    /warehouse.*2026-11-22T01:00:00Z.*since 2026-11-22T00.*connection refused.*EXCHANGE_UNREACHABLE/,
  )
  assert.equal(lease.status().state, 'expired')
})

test('an outage is one line when it begins and one when it ends, however many attempts it takes', async () => {
  const { clock, service, lines, lease } = bench()
  await lease.get()
  service.failure = outage()
  await clock.advance(90 * minute, turn)
  assert.equal(lines.length, 1)
  assert.match(lines[0]!, /warehouse.*since 2026-11-22T00.*connection refused.*until 2026-11-22T01:00:00Z/)
  const attempts = service.calls
  assert.ok(attempts >= 60 && attempts < 140, `${attempts} attempts in 60 to 87 minutes`)
  service.failure = undefined
  await clock.advance(minute, turn)
  assert.equal(lines.length, 2)
  assert.equal(lease.status().state, 'live')
  assert.ok((await lease.get()).expiresAtMs > clock.now())
})

test('after a sleep of 8 hours the expired credential is not served, and a new one is', async () => {
  const { clock, service, lease } = bench()
  await lease.get()
  clock.jump(8 * hour)
  assert.equal(lease.status().state, 'expired')
  assert.equal((await lease.get()).expiresAtMs, clock.now() + hour)
  assert.equal(service.calls, 2)
  clock.jump(8 * hour)
  await clock.advance(minute, turn)
  assert.equal(service.calls, 3, 'renewed within a minute of waking, though nobody asked')
})

test('a credential that is due when it is asked for is served and renewed behind', async () => {
  const { clock, service, lease } = bench()
  const first = await lease.get()
  clock.jump(40 * minute)
  assert.equal(await lease.get(), first)
  await lease.settled()
  assert.notEqual(await lease.get(), first)
  assert.equal(service.calls, 2)
})

test('a clock that is set back makes for a renewal, as what it measured means nothing', async () => {
  const { clock, service, lease } = bench()
  const first = await lease.get()
  clock.jump(-5 * hour)
  assert.equal(await lease.get(), first)
  await lease.settled()
  assert.equal((await lease.get()).expiresAtMs, clock.now() + hour)
  assert.equal(service.calls, 2)
})

test('a credential that was seen expired is not served after the clock was set back', async () => {
  const { clock, service, lease } = bench()
  const first = await lease.get()
  service.failure = refusal()
  clock.jump(2 * hour)
  assert.equal(await code(lease.get()), 'LEASE_EXPIRED')
  clock.jump(-100 * minute)
  const { calls } = service
  const error = await rejection(lease.get())
  assert.equal(error.code, 'LEASE_EXPIRED')
  assert.match(error.message, /2026-11-22T01:00:00Z/)
  assert.equal(lease.status().state, 'expired')
  assert.equal(service.calls, calls + 1, 'what was timed by the other clock holds nobody back')
  await clock.advance(10 * minute, turn)
  service.failure = undefined
  await clock.advance(2 * minute, turn)
  const second = await lease.get()
  assert.notEqual(second, first)
  assert.equal(lease.status().state, 'live')
})

test('a credential that expires while nobody asks for it is forgotten too', async () => {
  const { clock, service, lease } = bench({ kind: 'access-token' })
  const variant = { scopes: ['bigquery'] }
  const first = await lease.get(variant)
  // The renewal that follows every first use; then nobody asks any more.
  await clock.advance(50 * minute, turn)
  const second = service.issued.get(JSON.stringify(variant))!
  assert.notEqual(second, first)
  service.failure = refusal()
  clock.jump(70 * minute)
  await clock.advance(2 * minute, turn)
  clock.jump(-80 * minute)
  assert.equal(await code(lease.get(variant)), 'LEASE_EXPIRED')
})

test('a thousand who ask at once wait for one exchange', async () => {
  const { clock, service, lease } = bench()
  const storm = () => Promise.all(Array.from({ length: 1000 }, () => lease.get()))
  assert.equal(new Set(await storm()).size, 1)
  assert.equal(service.calls, 1)
  clock.jump(2 * hour)
  assert.equal(new Set(await storm()).size, 1)
  assert.equal(service.calls, 2)
  clock.jump(40 * minute)
  await storm()
  await lease.settled()
  assert.equal(service.calls, 3, 'one renewal behind those who are served')
})

test('a first refusal is thrown at once, as it is', async () => {
  const { service, lease } = bench({ failure: refusal() })
  assert.equal(await rejection(lease.get()), service.failure)
  assert.equal(service.calls, 1)
  assert.equal(lease.status().state, 'failing')
})

test('a storm of requests after a refusal does not reach the token service until the back-off is over', async () => {
  const { clock, service, lease } = bench({ failure: refusal(), random: () => 0 })
  for (let i = 0; i < 1000; i += 1) assert.equal(await code(lease.get()), 'EXCHANGE_REFUSED')
  assert.equal(service.calls, 1)
  await clock.advance(1000)
  service.failure = undefined
  assert.ok(await lease.get())
})

test('before there was a credential nothing is tried that nobody asked for', async () => {
  const { clock, service, lease } = bench({ failure: refusal() })
  await rejection(lease.get())
  await clock.advance(24 * hour, turn)
  assert.equal(service.calls, 1)
})

test('a token service that is away at first is tried again for 5 seconds at most', async () => {
  const { clock, service, lease } = bench({ failure: outage(), random: () => 0.5 })
  const startMs = clock.now()
  const error = rejection(lease.get())
  for (let i = 0; i < 10; i += 1) {
    await turn()
    await clock.advance(500, turn)
  }
  assert.equal((await error).code, 'EXCHANGE_UNREACHABLE')
  assert.match((await error).message, /connection refused.*3 attempts since 2026-11-22T00:00:00Z/)
  assert.equal(service.calls, 3)
  assert.ok(clock.now() - startMs <= 5 * second)
})

test('a token service that comes back within 5 seconds is not noticed', async () => {
  const { clock, service, lease, lines } = bench({ failure: outage() })
  const credential = lease.get()
  await turn()
  service.failure = undefined
  await clock.advance(second, turn)
  assert.equal((await credential).expiresAtMs - clock.now() <= hour, true)
  assert.equal(service.calls, 2)
  assert.deepEqual(lines, [])
})

for (const [name, lifeMs] of [
  ['expired already', -minute],
  ['with half a minute to live', 30 * second],
  ['whose expiry is not a number', Number.NaN],
] as const)
  test(`a credential ${name} is refused as an answer`, async () => {
    const { service, lease } = bench({ lifeMs })
    assert.equal(await code(lease.get()), 'EXCHANGE_ANSWER')
    assert.equal(service.calls, 1)
  })

test('a renewal that brings a dead credential leaves the good one in place', async () => {
  const { clock, service, lease } = bench()
  const first = await lease.get()
  service.lifeMs = -minute
  await clock.advance(35 * minute, turn)
  assert.equal(await lease.get(), first)
  assert.equal(lease.status().failure?.code, 'EXCHANGE_ANSWER')
})

test('an error that is not ours is told by its name alone', async () => {
  const obtain = async () => JSON.parse('s3cr3t')
  const lease = keepFresh({ name: 'x', obtain, clock: testClock(), log: () => {} })
  const error = await rejection(lease.get())
  assert.equal(error.code, 'EXCHANGE_ANSWER')
  assert.match(error.message, /SyntaxError/)
  assert.doesNotMatch(error.message, /s3cr3t/)
})

test('an exchange that never ends is given up after 30 seconds', async () => {
  const clock = testClock()
  const obtain = () => new Promise<Credential>(() => {})
  const lease = keepFresh({ name: 'x', obtain, clock, log: () => {} })
  const error = rejection(lease.get())
  await clock.advance(30 * second, turn)
  assert.equal((await error).code, 'EXCHANGE_UNREACHABLE')
})

test('a clock that is set forward in the midst of an exchange does not end it', async () => {
  const clock = testClock()
  const { promise, resolve } = Promise.withResolvers<Credential>()
  const lease = keepFresh({ name: 'x', obtain: () => promise, clock, log: () => {} })
  const got = lease.get()
  clock.jump(hour)
  await clock.advance(second, turn)
  const secretAccessKey = new Secret('secret')
  resolve({ kind: 'aws', accessKeyId: 'ASIA', secretAccessKey, expiresAtMs: clock.now() + hour })
  assert.equal((await got).kind, 'aws')
  lease.stop()
})

test('each set of scopes and each audience is a credential of its own, whatever the order', async () => {
  const { service, lease } = bench({ kind: 'access-token' })
  const ab = await lease.get({ scopes: ['a', 'b'] })
  assert.equal(await lease.get({ scopes: ['b', 'a', 'b'] }), ab)
  const token = await lease.get({ audience: 'https://run.example' })
  assert.equal(token.kind, 'id-token')
  const configured = await lease.get()
  assert.equal(await lease.get({ scopes: [] }), configured)
  assert.equal(new Set([ab, token, configured]).size, 3)
  assert.equal(service.calls, 3)
})

test('a variant is renewed while somebody asks for it, and not for ever after', async () => {
  const { clock, service, lease } = bench({ kind: 'access-token' })
  const variant = { audience: 'https://run.example' }
  for (let i = 0; i < 36; i += 1) {
    const { expiresAtMs } = await lease.get(variant)
    assert.ok(expiresAtMs - clock.now() >= 25 * minute)
    await clock.advance(5 * minute, turn)
  }
  const calls = service.calls
  await clock.advance(24 * hour, turn)
  assert.ok(service.calls <= calls + 1)
  assert.ok((await lease.get(variant)).expiresAtMs > clock.now())
})

test('a variant that is asked for again only 5 minutes before its end is another one by then', async () => {
  const { clock, lease } = bench({ kind: 'access-token' })
  const variant = { scopes: ['bigquery'] }
  for (let i = 0; i < 12; i += 1) {
    const { expiresAtMs } = await lease.get(variant)
    await clock.advance(expiresAtMs - clock.now() - 5 * minute, turn)
    assert.ok((await lease.get(variant)).expiresAtMs - clock.now() >= 6 * minute)
  }
})

test('a storm of different variants is refused, and idle ones make room', async () => {
  const { clock, service, lease } = bench({ kind: 'access-token' })
  const ask = (i: number) => lease.get({ scopes: [`scope-${i}`] })
  for (let i = 0; i < 63; i += 1) await ask(i)
  assert.equal(await code(ask(63)), 'LEASE_VARIANTS')
  assert.ok(await lease.get(), 'the configured one is always there')
  assert.ok(await ask(0), 'and so are those that are known')
  await clock.advance(2 * minute, turn)
  await ask(0)
  assert.ok(await ask(63))
  const { calls } = service
  await ask(0)
  assert.equal(service.calls, calls, 'the longest idle made room, not the first')
  await ask(1)
  assert.equal(service.calls, calls + 1)
})

test('status tells expiry, next renewal and the failure', async () => {
  const { clock, service, lease } = bench()
  assert.deepEqual(lease.status(), { name: 'warehouse', state: 'waiting' })
  const { expiresAtMs } = await lease.get()
  const { renewsAtMs, ...live } = lease.status()
  assert.deepEqual(live, { name: 'warehouse', state: 'live', expiresAtMs })
  service.failure = refusal()
  await clock.advance(renewsAtMs! - clock.now(), turn)
  const { code, message, hint } = service.failure
  assert.deepEqual(lease.status().failure, { code, message, hint, sinceMs: renewsAtMs })
})

test('stopping ends the exchange under way, those who wait for it, and every renewal', async () => {
  const clock = testClock()
  const signals: AbortSignal[] = []
  const obtain = (_: Variant, signal: AbortSignal) => {
    signals.push(signal)
    return new Promise<Credential>(() => {})
  }
  const lease = keepFresh({ name: 'x', obtain, clock, log: () => {} })
  const waiting = Promise.all([code(lease.get()), code(lease.get({ audience: 'a' }))])
  await turn()
  lease.stop()
  assert.deepEqual(await waiting, ['LEASE_STOPPED', 'LEASE_STOPPED'])
  assert.deepEqual(
    signals.map((each) => each.aborted),
    [true, true],
  )
  await lease.settled()
  assert.equal(await code(lease.get()), 'LEASE_STOPPED')
  assert.equal(await code(lease.get({ audience: 'b' })), 'LEASE_STOPPED')
  assert.equal(lease.status().state, 'stopped')
  await clock.advance(24 * hour, turn)
  assert.equal(signals.length, 2)
})

test('stopping while a token service is away ends the wait of all', async () => {
  const { lease } = bench({ failure: outage() })
  const waiting = Promise.all([code(lease.get()), code(lease.get())])
  await turn()
  lease.stop()
  assert.deepEqual(await waiting, ['LEASE_STOPPED', 'LEASE_STOPPED'])
})

test('whatever the lifetimes, outages and sleeps: nothing expired is served, and nothing live is withheld', async () => {
  const event = fc.record({
    advanceMs: fc.integer({ min: 0, max: 40 * minute }),
    sleepMs: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 10 * hour })),
    failure: fc.constantFrom(undefined, undefined, outage(), refusal()),
    lifeMs: fc.integer({ min: -minute, max: 14 * hour }),
    variant: fc.constantFrom<Variant>({}, {}, { audience: 'a' }, { scopes: ['s'] }),
  })
  const story = fc.record({
    kind: fc.constantFrom('aws' as const, 'access-token' as const),
    events: fc.array(event, { minLength: 1, maxLength: 25 }),
  })
  await fc.assert(
    fc.asyncProperty(story, async ({ kind, events }) => {
      const { clock, service, lease } = bench({ kind })
      for (const { advanceMs, sleepMs, failure, lifeMs, variant } of events) {
        Object.assign(service, { failure, lifeMs })
        await clock.advance(advanceMs, turn)
        clock.jump(sleepMs)
        const answer = lease.get(variant).then(
          (credential) => ({ credential }),
          (error: unknown) => ({ error }),
        )
        for (let i = 0; i < 12; i += 1) await clock.advance(500, turn)
        const outcome = await answer
        const liveUntilMs = service.issued.get(JSON.stringify(variant))?.expiresAtMs ?? 0
        if ('credential' in outcome) assert.ok(outcome.credential.expiresAtMs > clock.now() - 6 * second)
        else assert.ok(liveUntilMs <= clock.now(), 'a live credential was withheld')
      }
      lease.stop()
    }),
    { numRuns: 60 },
  )
})

test('thousands of leases that began together renew apart, and do so again after an outage of all', async () => {
  const clock = testClock(0)
  // Whole seconds, so that a simulated second is one step however many leases are due in it.
  const coarse: Clock = {
    ...clock,
    after: (delayMs, wake) =>
      clock.after(Math.ceil((clock.now() + delayMs) / 1000) * 1000 - clock.now(), wake),
  }
  const slotMs = 10 * minute
  const perSlot = new Map<number, number>()
  const failure = outage()
  let away = false
  const obtain = async (): Promise<Credential> => {
    if (away) throw failure
    const slot = Math.floor(clock.now() / slotMs)
    perSlot.set(slot, (perSlot.get(slot) ?? 0) + 1)
    const secret = new Secret('secret')
    return { kind: 'aws', accessKeyId: 'ASIA', secretAccessKey: secret, expiresAtMs: clock.now() + hour }
  }
  const leases = Array.from({ length: 2000 }, (_, i) =>
    keepFresh({ name: `lease-${i}`, obtain, clock: coarse, log: () => {} }),
  )
  const peakToMean = async (hours: number) => {
    perSlot.clear()
    await clock.advance(hours * hour, turn)
    const slots = [...perSlot.values()]
    return Math.max(...slots) / (slots.reduce((a, b) => a + b) / (hours * (hour / slotMs)))
  }
  await Promise.all(leases.map((each) => each.get()))
  await clock.advance(minute, turn)
  const ratios = [await peakToMean(2)]
  away = true
  await clock.advance(20 * minute, turn)
  away = false
  await clock.advance(minute, turn)
  ratios.push(await peakToMean(2))
  assert.ok(
    ratios.every((each) => each <= 1.3),
    `peak to mean ${ratios}`,
  )
  assert.ok(leases.every((each) => each.status().state === 'live'))
  for (const each of leases) each.stop()
})
