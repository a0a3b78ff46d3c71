// Loaded into a client's process with `node --import`: Date follows the time in the file MAYFLY_TEST_CLOCK, so that
// an unmodified SDK believes in the simulated time. Timers stay real.
import { openSync, readSync } from 'node:fs'

const file = openSync(process.env.MAYFLY_TEST_CLOCK, 'r')
// Epoch milliseconds in 13 digits, until the year 2286.
const digits = Buffer.alloc(13)

function now() {
  readSync(file, digits, 0, digits.length, 0)
  return Number(digits.latin1Slice())
}

globalThis.Date = new Proxy(Date, {
  construct: (target, args, self) => Reflect.construct(target, args.length ? args : [now()], self),
  apply: (target) => new target(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})
