import { closeSync, openSync, writeSync } from 'node:fs'
import { type TestClock, testClock } from '../clock.ts'

export interface SharedClock extends TestClock {
  /** What a child needs in order to live in this clock's time: see clock-preload.mjs. */
  readonly env: Readonly<Record<string, string>>
  close(): void
}

/** A clock that child processes follow through a file. */
export function sharedClock(path: string, startMs?: number): SharedClock {
  const clock = testClock(startMs)
  const file = openSync(path, 'w')
  const publish = () => writeSync(file, String(clock.now()).padStart(13, '0'), 0)
  publish()
  return {
    ...clock,
    async advance(ms, settle) {
      await clock.advance(ms, async () => {
        publish()
        await settle?.()
      })
      publish()
    },
    jump(ms) {
      clock.jump(ms)
      publish()
    },
    env: {
      MAYFLY_TEST_CLOCK: path,
      NODE_OPTIONS: `--import=${new URL('./clock-preload.mjs', import.meta.url)}`,
    },
    close: () => closeSync(file),
  }
}
