import { join } from 'node:path'
import { labClock, writeLabTime } from '../../src/lab/clock.ts'
import type { Clock, Environment } from '../../src/world.ts'
import type { Client } from './client.ts'
import { fakeTime } from './faketime.ts'
import { preparedFor } from './prepared.ts'

/** Time that a scene moves: that of the token service, of Mayfly, and of clients whose clock can be moved. */
export interface MovedTime {
  readonly clock: Clock
  /** What makes Mayfly go by it. */
  readonly env: Environment
  /** What makes a client go by it. Mayfly itself must not have it: its time would move twice. */
  envOf(client: Client): Environment
  advance(ms: number): void
}

/** @param folder for the files that hold the time */
export function movedTime(folder: string): MovedTime {
  const forMayfly = join(folder, 'lab-time')
  const forClients = fakeTime(preparedFor('python'), join(folder, 'client-time'))
  let offsetMs = 0
  const publish = () => {
    const realMs = Date.now()
    writeLabTime(forMayfly, { realMs, originMs: realMs + offsetMs, speed: 1 })
    forClients.set(offsetMs / 1000)
  }
  publish()
  return {
    clock: labClock(forMayfly),
    env: { MAYFLY_LAB_CLOCK: forMayfly },
    envOf({ clock }) {
      const { LD_PRELOAD: _, ...withoutLibrary } = forClients.env
      return clock === 'libfaketime' ? forClients.env : clock === 'overlay' ? withoutLibrary : {}
    },
    advance(ms) {
      offsetMs += ms
      publish()
    },
  }
}
