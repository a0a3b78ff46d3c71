import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Sealing } from '../../keys/keys.ts'

// Virtual MFA devices: RFC 6238 with SHA-1, six digits and 30 seconds, which every authenticator app does. A device's seed is
// kept nowhere: it follows from the key file and the serial number, as a user's secret access key does from its ID.

const purpose = 'aws-mfa-device'
const stepMs = 30_000

/** The seeds of a device, by each master of the key file: the first is the one to hand out. */
export function mfaSeeds(serialNumber: string, sealing: Sealing): readonly Buffer[] {
  return sealing.deriveSecrets(purpose, serialNumber).map((each) => Buffer.from(each, 'base64'))
}

/** The code that a device shows at a time. */
export function mfaCode(seed: Uint8Array, nowMs: number): string {
  return codeOf(seed, stepOf(nowMs))
}

export interface MfaCodes {
  /**
   * Whether a device shows this code about now. Each is good once, and after five that were wrong each further one makes
   * the device wait twice as long, up to an hour (RFC 4226 §7.3); both in this process.
   */
  takes(serialNumber: string, code: string): boolean
}

/** Of one device. */
interface Use {
  /** The last step whose code was taken. */
  readonly taken: number
  /** Wrong codes since. */
  readonly wrong: number
  /** Until then none is looked at. */
  readonly waitsUntilMs: number
}

const unused: Use = { taken: -1, wrong: 0, waitsUntilMs: 0 }

export function mfaCodes(sealing: Sealing, now: () => number): MfaCodes {
  // Serial numbers are those of registered devices: callers name no others.
  const uses = new Map<string, Use>()
  return {
    takes(serialNumber, code) {
      const use = uses.get(serialNumber) ?? unused
      const nowMs = now()
      if (nowMs < use.waitsUntilMs) return false
      const step = stepShowing(code, mfaSeeds(serialNumber, sealing), stepOf(nowMs))
      const good = step !== undefined && step > use.taken
      uses.set(serialNumber, good ? { ...unused, taken: step } : afterWrong(use, nowMs))
      return good
    },
  }
}

const freely = 5
const longestWaitMs = 3_600_000

function afterWrong({ taken, wrong }: Use, nowMs: number): Use {
  const waitMs = wrong < freely ? 0 : Math.min(longestWaitMs, stepMs * 2 ** (wrong - freely))
  return { taken, wrong: wrong + 1, waitsUntilMs: nowMs + waitMs }
}

/** A device's clock may be a step off (RFC 6238 §5.2). */
function stepShowing(code: string, seeds: readonly Buffer[], about: number): number | undefined {
  const steps = [about - 1, about, about + 1]
  return steps.find((step) => seeds.some((seed) => isSame(codeOf(seed, step), code)))
}

function isSame(code: string, presented: string): boolean {
  const [a, b] = [Buffer.from(code), Buffer.from(presented)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function stepOf(ms: number): number {
  return Math.floor(ms / stepMs)
}

/** RFC 4226 §5.3. */
function codeOf(seed: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', seed).update(counter).digest()
  const offset = digest[19]! & 0xf
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 1_000_000).padStart(6, '0')
}
