import { MayflyError } from '../errors.ts'
import type { Environment, World } from '../world.ts'
import { askPlatform, platformUrl } from './platform.ts'

/** The region that the surroundings name, in the order of the AWS SDKs. Empty variables count as unset. */
export function regionOf(env: Environment): string | undefined {
  return env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined
}

// Link-local: an answer takes milliseconds.
const timeoutMs = 2000

/**
 * The region by the variables, else by the ECS task metadata: Fargate has no EC2 metadata to ask. Never throws, since most programs
 * are told their region otherwise; the log has the reason.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html
 */
export async function findRegion(
  { env, http, log }: World,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = regionOf(env)
  const metadata = env.ECS_CONTAINER_METADATA_URI_V4
  if (known || !metadata) return known
  try {
    const url = platformUrl('ECS_CONTAINER_METADATA_URI_V4', `${metadata}/task`)
    const who = 'the ECS task metadata endpoint'
    return regionOfTask(await askPlatform(http, { who, url, signal, timeoutMs }))
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error
    log(`no region from the ECS task metadata: ${error.message}`)
    return undefined
  }
}

/** From `arn:aws:ecs:<region>:…`, else from the zone: `eu-west-1a` is in eu-west-1, and the local zone `us-west-2-lax-1a` in us-west-2. */
function regionOfTask({ TaskARN: arn, AvailabilityZone: zone }: Record<string, unknown>): string | undefined {
  const candidates = [
    typeof arn === 'string' ? arn.split(':')[3] : undefined,
    typeof zone === 'string' ? zone.match(/^[a-z]{2,8}(?:-[a-z]{1,16}){1,3}-\d{1,2}/)?.[0] : undefined,
  ]
  return candidates.find((each) => each && /^[a-z0-9-]{4,40}$/.test(each))
}
