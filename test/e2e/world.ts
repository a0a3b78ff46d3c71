import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPlans } from '../../src/config/index.ts'
import { childEnvironment } from '../../src/deliveries/child.ts'
import { federate } from '../../src/federate.ts'
import { type Http, outboundHttp } from '../../src/wire/http.ts'
import type { Environment } from '../../src/world.ts'
import type { TestClock } from '../clock.ts'
import type { Cloud } from '../fakes/cloud.ts'

export interface Federated {
  /** What `mayfly run` would give the program. */
  readonly env: Record<string, string>
  readonly log: readonly string[]
  /** No exchange is under way. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface FederatedOptions {
  readonly env: Environment
  readonly cloud: Cloud
  readonly clock: TestClock
  /** Whether the token service is away for Mayfly. */
  readonly away?: () => boolean
}

/** The workload side in this process, by the environment's own configuration and in the test's time. */
export async function federated({
  env,
  cloud,
  clock,
  away = () => false,
}: FederatedOptions): Promise<Federated> {
  const log: string[] = []
  const world = { env, clock, http: clouds(cloud, away), log: (line: string) => log.push(line) }
  const directory = mkdtempSync(join(tmpdir(), 'mayfly-e2e-'))
  const plans = await readPlans({ world, cwd: cloud.home })
  const federation = await federate(plans, { directory, command: ['mayfly'] }, world)
  return {
    env: childEnvironment(env, federation.changes),
    log,
    settled: () => Promise.all(federation.leases.map((each) => each.settled())).then(() => {}),
    async close() {
      await federation.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const hosts = /^https:\/\/(sts|iamcredentials)\.googleapis\.com(?=\/)/
// Nothing listens on the discard port of loopback: a connection to it is refused.
const nowhere = 'http://127.0.0.1:9'

/** The clouds' own addresses lead to the token service; while it is away, nothing answers there. */
function clouds(cloud: Cloud, away: () => boolean): Http {
  const send = outboundHttp()
  return (request) => {
    const inside = request.url.replace(hosts, cloud.server.url)
    const url = away() ? inside.replace(cloud.server.url, nowhere) : inside
    return send({ ...request, url })
  }
}
