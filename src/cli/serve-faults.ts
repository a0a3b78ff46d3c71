import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createPrivate } from '../keys/private-file.ts'
import { Secret } from '../secret.ts'
import { faultCall, faultPath } from '../sts/operator/fault-call.ts'
import type { ChangeableFaults } from '../sts/operator/faults.ts'
import { serveLoopback } from '../wire/loopback.ts'

export interface FaultsServer {
  /** What `curl -K` reads: the address and the bearer. */
  readonly file: string
  close(): Promise<void>
}

export interface FaultsServerSetting {
  readonly faults: ChangeableFaults
  /** The file is made beside it. */
  readonly keyFile: string
  /** The clock that goes right. */
  readonly now: () => number
  readonly log: (line: string) => void
}

/**
 * The admin call for faults, on loopback alone, for whoever may read a file of mode 0600 that ends with this process.
 * @throws KEY_FILE
 */
export async function serveFaults({ keyFile, ...call }: FaultsServerSetting): Promise<FaultsServer> {
  const bearer = new Secret(randomBytes(32).toString('base64url'))
  const { origin, close } = await serveLoopback(faultCall({ ...call, bearer }))
  const file = join(dirname(keyFile), 'faults.curl')
  // Of a process that was killed.
  rmSync(file, { force: true })
  createPrivate(file, curlConfig(`${origin}${faultPath}`, bearer))
  return {
    file,
    close() {
      rmSync(file, { force: true })
      return close()
    },
  }
}

/** https://curl.se/docs/manpage.html#-K */
function curlConfig(url: string, bearer: Secret): string {
  return [
    `url = "${url}"`,
    `header = "Authorization: Bearer ${bearer.reveal()}"`,
    'header = "Content-Type: application/json"',
    'silent',
    'show-error',
    '',
  ].join('\n')
}
