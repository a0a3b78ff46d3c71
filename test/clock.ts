import type { Clock } from '../src/world.ts'

export interface TestClock extends Clock {
  /** Moves time on, firing due timers in order. After each one `settle` runs, so that what it started can end. */
  advance(ms: number, settle?: () => Promise<void>): Promise<void>
  /** Sets the time without firing anything: a machine that slept. */
  jump(ms: number): void
}

/** A clock that stands still until a test moves it. */
export function testClock(startMs = Date.parse('2026-11-22T00:00:00Z')): TestClock {
  let nowMs = startMs
  // By how much the clock was set: timeouts take no notice.
  let setMs = 0
  let timers: { dueMs: number; wake: () => void }[] = []
  const next = (limitMs: number) =>
    timers.filter((each) => each.dueMs <= limitMs).sort((a, b) => a.dueMs - b.dueMs)[0]
  const add = (timer: { dueMs: number; wake: () => void }) => {
    timers.push(timer)
    return () => {
      timers = timers.filter((each) => each !== timer)
    }
  }
  return {
    now: () => nowMs,
    after: (delayMs, wake) => add({ dueMs: nowMs + Math.max(0, delayMs), wake }),
    timeout(delayMs, wake) {
      const passedMs = nowMs - setMs
      return add({
        get dueMs() {
          return passedMs + delayMs + setMs
        },
        wake,
      })
    },
    async advance(ms, settle = async () => {}) {
      const endMs = nowMs + ms
      for (let due = next(endMs); due; due = next(endMs)) {
        nowMs = Math.max(nowMs, due.dueMs)
        timers = timers.filter((each) => each !== due)
        due.wake()
        await settle()
      }
      nowMs = endMs
    },
    jump(ms) {
      nowMs += ms
      setMs += ms
    },
  }
}
