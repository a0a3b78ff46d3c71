import { ec2 } from './ec2.ts'
import { ecs } from './ecs.ts'
import { ecsEc2 } from './ecs-ec2.ts'
import { eks } from './eks.ts'
import { gce } from './gce.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { none } from './none.ts'
import type { Platform, PlatformName } from './platform.ts'

/** Every platform that can be played. A new one is a file, a line here, and its name in platform.ts. */
export const platforms: readonly Platform[] = [ecs, ecsEc2, ec2, eks, gce, github, gitlab, none]

export function platformNamed(name: PlatformName): Platform {
  return platforms.find((each) => each.name === name)!
}
