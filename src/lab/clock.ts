import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { MayflyError } from '../errors.ts'
import { type Clock, timeout } from '../world.ts'

/** Where a time that can be moved began, and how fast it goes. */
export interface LabTime {
  /** Epoch milliseconds by the machine's clock, at which `originMs` was now. */
  readonly realMs: number
  /** Epoch milliseconds. */
  readonly originMs: number
  /** 1: as fast as the machine's; 60: a minute a second. */
  readonly speed: number
}

// Whoever moves the file moves every clock that follows it, at the latest after so much of the machine's time.
const recheckMs = 200

/** Says what time it is to every `labClock` of this file. */
export function writeLabTime(path: string, { realMs, originMs, speed }: LabTime): void {
  writeFileSync(`${path}.new`, `${realMs} ${originMs} ${speed}\n`)
  renameSync(`${path}.new`, path)
}

/**
 * A clock that goes by a file, read whenever it is asked; by what it said last, while it is gone or says no time: whoever
 * moves the time may get it wrong. Its timers do not keep the process alive, but for those that somebody awaits.
 * @throws CONFIG_FILE when the file is not there, or says no time, at the start
 */
export function labClock(path: string, realNow: () => number = Date.now): Clock {
  let last = readLabTime(path)
  const read = () => {
    try {
      last = readLabTime(path)
    } catch {
      // The last one holds.
    }
    return last
  }
  const now = () => timeIn(read(), realNow())
  return {
    now,
    after(delayMs, wake, awaited) {
      const dueMs = now() + Math.max(0, delayMs)
      let timer: NodeJS.Timeout
      const wait = () => {
        const { speed } = read()
        const leftMs = Math.max(0, dueMs - now())
        timer = setTimeout(
          () => (now() >= dueMs ? wake() : wait()),
          Math.min(Math.ceil(leftMs / speed), recheckMs),
        )
        if (!awaited) timer.unref()
      }
      wait()
      return () => clearTimeout(timer)
    },
    // What a network takes, it takes at the machine's pace.
    timeout,
  }
}

function timeIn({ realMs, originMs, speed }: LabTime, nowMs: number): number {
  return Math.floor(originMs + (nowMs - realMs) * speed)
}

function readLabTime(path: string): LabTime {
  const text = textIn(path)
  const [realMs = Number.NaN, originMs = Number.NaN, speed = Number.NaN] = text.trim().split(' ').map(Number)
  if (Number.isFinite(realMs) && Number.isFinite(originMs) && speed > 0) return { realMs, originMs, speed }
  throw new MayflyError('CONFIG_FILE', {
    message: `${path} says no time: expected "REAL_MS LAB_MS SPEED"`,
    hint: 'The variable MAYFLY_LAB_CLOCK is for `mayfly lab` to set: unset it elsewhere.',
  })
}

function textIn(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new MayflyError('CONFIG_FILE', {
      message: `there is no lab's clock at ${path}`,
      hint: 'The variable MAYFLY_LAB_CLOCK is for `mayfly lab` to set: unset it elsewhere.',
      cause,
    })
  }
}
