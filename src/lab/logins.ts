import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cover, placeFiles } from './furnish.ts'
import { labFolder } from './furniture.ts'

// What clients take before anything of a platform, and what they keep from one call to the next: credentials of a lab
// would outlive it there, and be presented in the next one. Of ~/.aws the rest is configuration, and stays.
const folders: Readonly<Record<string, readonly string[]>> = {
  '.aws': ['credentials', 'cli', 'boto', 'sso', 'login'],
  '.config/gcloud': ['*'],
  '.azure': ['*'],
  '.IdentityService': ['*'], // azure-identity
  '.gsutil': ['*'],
}
const files = ['.boto']

/** What has to be below a home for that, so that something can be laid over it. Parents come first. */
export const loginFolders = Object.keys(folders).flatMap((each) =>
  each.split('/').map((_, i, names) => names.slice(0, i + 1).join('/')),
)

/** Hides a user's own logins from the workload, and lets what it keeps beside them end with the box. @throws LAB_SETUP */
export function hideLogins(homes: readonly string[]): void {
  const found = homes.flatMap((home) =>
    Object.entries(folders).map(([folder, logins]) => [join(home, folder), logins] as const),
  )
  cover(found.filter(([path]) => existsSync(path) && statSync(path).isDirectory()))
  placeFiles([
    {
      path: `${labFolder}/empty`,
      content: '',
      over: homes.flatMap((home) => files.map((each) => join(home, each))),
    },
  ])
}
