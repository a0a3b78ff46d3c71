import { randomFillSync } from 'node:crypto'

// One call for many: a call to the system costs far more than its bytes.
const poolBytes = 4096
let pool = Buffer.alloc(0)
let used = 0

/** So many bytes that nobody can guess and nobody else gets. At most 64. */
export function freshBytes(count: number): Buffer {
  if (used + count > pool.length) {
    // A new one each time: what was given out of the old one stays as it is.
    pool = randomFillSync(Buffer.allocUnsafeSlow(poolBytes))
    used = 0
  }
  used += count
  return pool.subarray(used - count, used)
}
