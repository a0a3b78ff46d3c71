import { Hono } from 'hono'
import { MayflyError } from '../../errors.ts'
import type { Secret } from '../../secret.ts'
import { type ChangeableFaults, type FaultSetting, noFault } from './faults.ts'
import { readFaults } from './read-faults.ts'

export const faultPath = '/faults'

export interface FaultCallSetting {
  readonly faults: ChangeableFaults
  readonly bearer: Secret
  /** The clock that goes right. */
  readonly now: () => number
  /** One line when faults were changed. */
  readonly log: (line: string) => void
}

/** The admin call for faults: GET tells them, POST changes what it names, DELETE ends all. For loopback alone. */
export function faultCall({ faults, bearer, now, log }: FaultCallSetting): Hono {
  const app = new Hono()
  const told = () => ({ now: new Date(faults.now()).toISOString(), ...written(faults.setting()) })
  app.use(async (c, next) => {
    const [scheme = '', token = ''] = (c.req.header('authorization') ?? '').split(' ')
    if (scheme.toLowerCase() === 'bearer' && bearer.equals(token)) return next()
    return c.json({ code: 'REQUEST_CREDENTIAL', message: 'this call needs the bearer of its file' }, 401)
  })
  app.get(faultPath, (c) => c.json(told()))
  app.post(faultPath, async (c) => {
    try {
      faults.set(readFaults(Buffer.from(await c.req.arrayBuffer()), now()))
    } catch (error) {
      if (!(error instanceof MayflyError)) throw error
      const { code, message, hint } = error
      return c.json({ code, message, hint }, 400)
    }
    log(`faults: ${JSON.stringify(told())}`)
    return c.json(told())
  })
  app.delete(faultPath, (c) => {
    faults.set(noFault)
    log('faults: none')
    return c.json(told())
  })
  return app
}

/** In the form in which they are asked for. */
function written({ clockOffsetMs, keys, throttle, propagationMs }: FaultSetting) {
  const seconds = Math.round(Math.abs(clockOffsetMs) / 1000)
  return {
    clock: seconds === 0 ? null : `${clockOffsetMs < 0 ? '-' : '+'}${seconds}s`,
    keys,
    throttle,
    propagation: propagationMs === 0 ? null : `${propagationMs / 1000}s`,
  }
}
