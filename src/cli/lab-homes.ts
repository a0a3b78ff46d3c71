import { userInfo } from 'node:os'
import { isAbsolute } from 'node:path'
import type { Environment } from '../world.ts'

/** Where clients look for a user's logins, and keep some: by the environment first, and by who the user is. */
export function labHomes({ HOME }: Environment): readonly string[] {
  const homes = [HOME, homeOfUser()].filter((each) => each !== undefined && isAbsolute(each))
  return [...new Set(homes as string[])]
}

/** undefined for a user whom this machine does not know. */
function homeOfUser(): string | undefined {
  try {
    return userInfo().homedir
  } catch {
    return undefined
  }
}
