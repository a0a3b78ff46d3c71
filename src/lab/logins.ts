import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { emptied, placeFiles } from './furnish.ts'
import { labFolder } from './furniture.ts'

// What clients take before anything of a platform, and what they keep from one call to the next: credentials of a lab
// would outlive it there, and be presented in the next one.
const folders = ['.aws/cli', '.aws/boto', '.aws/sso', '.aws/login', '.config/gcloud', '.azure']
const files = ['.aws/credentials']

/** Hides a user's own logins from the workload. What else is in those folders' parents, as ~/.aws/config, stays. @throws LAB_SETUP */
export function hideLogins(home: string | undefined): void {
  if (!home) return
  const there = (each: string) => existsSync(join(home, each))
  emptied(
    folders
      .filter(there)
      .map((each) => join(home, each))
      .filter((each) => statSync(each).isDirectory()),
  )
  const over = files.filter(there).map((each) => join(home, each))
  placeFiles([{ path: `${labFolder}/empty`, content: '', over }])
}
