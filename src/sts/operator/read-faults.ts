import * as v from 'valibot'
import { MayflyError } from '../../errors.ts'
import { parseDuration } from '../../wire/duration.ts'
import { readJsonObject } from '../../wire/json.ts'
import { readRfc3339 } from '../../wire/rfc3339.ts'
import { exactly, schemaProblems } from '../../wire/schema-problems.ts'
import { type FaultSetting, noFault, outages } from './faults.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000))
const name = v.pipe(v.string(), v.maxLength(2048))

const form = exactly({
  clock: v.optional(v.nullable(v.string())),
  keys: v.optional(
    v.nullable(
      v.pipe(v.array(exactly({ issuer: v.optional(name), how: v.picklist(outages) })), v.maxLength(100)),
    ),
  ),
  throttle: v.optional(
    v.nullable(
      v.pipe(
        v.array(
          v.union(
            [
              exactly({ operation: v.optional(name), next: count }),
              exactly({ operation: v.optional(name), every: count }),
            ],
            'operation, and next or every',
          ),
        ),
        v.maxLength(100),
      ),
    ),
  ),
  propagation: v.optional(v.nullable(v.string())),
})

/**
 * What an admin call wants changed: a member that it leaves out stays, and `null` ends that fault.
 *
 *     { "clock": "+1h" | "-5m" | "2030-01-01T00:00:00Z",
 *       "keys": [{ "issuer": "https://gitlab.com", "how": "refuse" | "timeout" | "500" }],
 *       "throttle": [{ "operation": "AssumeRole", "next": 3 }, { "every": 10 }],
 *       "propagation": "5m" }
 *
 * @param nowMs by the clock that goes right
 * @throws CONFIG_FIELD
 */
export function readFaults(body: Buffer, nowMs: number): Partial<FaultSetting> {
  const parsed = v.safeParse(form, readJsonObject(body))
  if (!parsed.success)
    throw wrong(schemaProblems(parsed.issues).map(({ path, why }) => `${path.join('.')} ${why}`.trim()))
  const { clock, keys, throttle, propagation } = parsed.output
  return {
    ...(clock !== undefined && { clockOffsetMs: clock === null ? 0 : offsetMs(clock, nowMs) }),
    ...(keys !== undefined && { keys: (keys ?? noFault.keys) as FaultSetting['keys'] }),
    ...(throttle !== undefined && { throttle: (throttle ?? noFault.throttle) as FaultSetting['throttle'] }),
    ...(propagation !== undefined && { propagationMs: propagation === null ? 0 : spanMs(propagation) }),
  }
}

function offsetMs(text: string, nowMs: number): number {
  const [, sign, span] = /^([+-])(\w+)$/.exec(text) ?? []
  if (span !== undefined) return spanMs(span) * (sign === '-' ? -1 : 1)
  const atMs = readRfc3339(text)
  if (atMs !== undefined) return atMs - nowMs
  throw wrong([`clock ${JSON.stringify(text.slice(0, 32))}: expected +1h, -5m or 2030-01-01T00:00:00Z`])
}

function spanMs(text: string): number {
  return parseDuration(text) * 1000
}

function wrong(problems: readonly string[]): MayflyError {
  return new MayflyError('CONFIG_FIELD', {
    message: `these are no faults: ${problems.join('; ')}`,
    hint: 'docs/operating.md has every fault with an example.',
  })
}
