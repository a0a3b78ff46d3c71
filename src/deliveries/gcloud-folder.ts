import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../world.ts'

// A login for libraries, the logins of gcloud itself, and its memory of whether this is Google Cloud.
const marks = ['application_default_credentials.json', 'credentials.db', 'gce']

export interface GcloudSetting {
  readonly env: Environment
  readonly directory: string
  readonly log: (line: string) => void
}

/** An empty folder in place of the user's gcloud folder; undefined when nothing in that one is in the way. */
export async function hideGcloudFolder({ env, directory, log }: GcloudSetting): Promise<string | undefined> {
  const home = join(env.HOME ?? '', '.config', 'gcloud')
  const folder = env.CLOUDSDK_CONFIG ?? home
  warnOfHomeLogin(home, log)
  if (!marks.some((mark) => existsSync(join(folder, mark)))) return undefined
  return mkdtemp(join(directory, 'gcloud-'))
}

// CLOUDSDK_CONFIG does not move it for Go and for google-auth-library before 11, and HOME is not ours to change.
function warnOfHomeLogin(home: string, log: (line: string) => void): void {
  const file = join(home, marks[0]!)
  if (existsSync(file))
    log(
      `${file} exists: programs in Go, and older ones in Node.js, take that identity before the one delivered here`,
    )
}
