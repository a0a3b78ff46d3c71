import type { PlatformName } from '../../src/lab/platform.ts'
import type { DeliveryName } from '../../src/plan.ts'
import { type Client, type SceneName, sceneNames } from './client.ts'
import { workloadOf } from './workloads.ts'

/** One client on one platform by one delivery: a box of its own, and so a row of the page. */
export interface Cell {
  readonly client: Client
  readonly platform: PlatformName
  /** Absent: there is none that the client can take. */
  readonly delivery?: DeliveryName
  readonly scenes: readonly SceneName[]
}

/** What a scene came to, in words that the same versions always give. */
export interface Seen {
  readonly scene: SceneName
  /** `missed`: it does not hold, as is known of this client. */
  readonly outcome: 'ok' | 'missed' | 'failed'
  readonly text: string
}

export const nameOf = ({ client, platform, delivery }: Cell) =>
  `${client.name} ${client.version} (${client.language}) on ${platform} by ${delivery ?? 'nothing'}`

/** The platforms whose proof leads to a cloud by the trust of the matrix; the first is where a client goes through every scene. */
const platforms = {
  aws: ['eks', 'gitlab', 'github', 'ecs', 'ecs-ec2'],
  google: ['ecs', 'ecs-ec2', 'eks', 'gitlab', 'github'],
} as const satisfies Record<Client['cloud'], readonly PlatformName[]>

/** Every scene at home by the usual delivery; the first call elsewhere; renewal by every other delivery that can renew. */
export function cellsOf(client: Client): readonly Cell[] {
  const [home, ...others] = platforms[client.cloud]
  const [usual, ...rest] = client.deliveries
  if (usual === undefined) return diseases(client, [home, ...others])
  return [
    { client, platform: home, delivery: usual, scenes: scenesAt(client, home, sceneNames) },
    ...others.map((platform) => ({
      ...{ client, platform, delivery: usual },
      scenes: scenesAt(client, platform, ['without', 'first']),
    })),
    ...rest.map((delivery) => ({
      ...{ client, platform: home, delivery },
      scenes: scenesAt(client, home, delivery === 'env' ? ['first'] : ['first', 'renewal']),
    })),
  ]
}

/** Of a client that nothing can help. */
function diseases(client: Client, on: readonly PlatformName[]): readonly Cell[] {
  return on
    .filter((platform) => client.without[platform] !== undefined)
    .map((platform) => ({ client, platform, scenes: ['without'] }))
}

function scenesAt(
  client: Client,
  platform: PlatformName,
  wanted: readonly SceneName[],
): readonly SceneName[] {
  return wanted.filter((scene) => {
    if (scene === 'without') return hasBefore(client, platform)
    return scene !== 'renewal' || typeof client.clock === 'string'
  })
}

/** Whether something is known of what its user had there without Mayfly: an error, or another identity. */
function hasBefore(client: Client, platform: PlatformName): boolean {
  return client.without[platform] !== undefined || workloadOf(client, platform).seenWithout !== undefined
}

/** Whether this is the platform on which a client goes through every scene, and whose wire traces are kept. */
export const isAtHome = ({ client, platform }: Cell) => platform === platforms[client.cloud][0]
