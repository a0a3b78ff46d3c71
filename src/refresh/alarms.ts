import type { Clock } from '../world.ts'

/** Things to do at a time of the wall clock. */
export interface Alarms {
  /** Rings once, at `dueMs` (epoch milliseconds) or later. Returns what cancels it. */
  at(dueMs: number, ring: () => void): () => void
}

interface Alarm {
  readonly dueMs: number
  ring: (() => void) | undefined
}

// A timer stands still while a laptop sleeps or a container is frozen, so none is trusted for longer than this.
const longestTimerMs = 60_000

const shared = new WeakMap<Clock, Alarms>()

/** One set of alarms, and so one timer, for all leases on a clock. */
export function alarmsOn(clock: Clock): Alarms {
  const alarms = shared.get(clock) ?? makeAlarms(clock)
  shared.set(clock, alarms)
  return alarms
}

function makeAlarms(clock: Clock): Alarms {
  const heap: Alarm[] = []
  let timer: { dueMs: number; cancel: () => void } | undefined

  function check() {
    timer = undefined
    const nowMs = clock.now()
    while (heap[0] && (!heap[0].ring || heap[0].dueMs <= nowMs)) pop(heap)?.ring?.()
    arm()
  }

  function arm() {
    const nowMs = clock.now()
    const dueMs = Math.min(heap[0]?.dueMs ?? Infinity, nowMs + longestTimerMs)
    const inTime = timer && timer.dueMs >= nowMs && timer.dueMs <= dueMs
    if (inTime || !heap[0]) return
    timer?.cancel()
    timer = { dueMs, cancel: clock.after(dueMs - nowMs, check) }
  }

  return {
    at(dueMs, ring) {
      const alarm: Alarm = { dueMs, ring }
      push(heap, alarm)
      arm()
      return () => {
        alarm.ring = undefined
      }
    },
  }
}

/** A binary heap, the soonest first: a million alarms cost twenty steps each. */
function push(heap: Alarm[], alarm: Alarm): void {
  let i = heap.push(alarm) - 1
  for (let parent = (i - 1) >> 1; i > 0 && heap[parent]!.dueMs > alarm.dueMs; parent = (i - 1) >> 1) {
    heap[i] = heap[parent]!
    i = parent
  }
  heap[i] = alarm
}

function pop(heap: Alarm[]): Alarm | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (!last || heap.length === 0) return first
  let i = 0
  for (let child = soonerChild(heap, i); child && child.alarm.dueMs < last.dueMs; ) {
    heap[i] = child.alarm
    i = child.index
    child = soonerChild(heap, i)
  }
  heap[i] = last
  return first
}

function soonerChild(heap: readonly Alarm[], parent: number): { index: number; alarm: Alarm } | undefined {
  const index = 2 * parent + 1
  const left = heap[index]
  const right = heap[index + 1]
  if (left && right && right.dueMs < left.dueMs) return { index: index + 1, alarm: right }
  return left && { index, alarm: left }
}
