import { ecs } from './ecs.ts'
import { gitlab } from './gitlab.ts'
import { none } from './none.ts'
import type { Platform, PlatformName } from './platform.ts'

/** Every platform that can be played. A new one is a file, a line here, and its name in platform.ts. */
export const platforms: readonly Platform[] = [ecs, gitlab, none]

export function platformNamed(name: PlatformName): Platform {
  const found = platforms.find((each) => each.name === name)
  if (!found) throw new Error(`the platform ${name} is not built yet`)
  return found
}
