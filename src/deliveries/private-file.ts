import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Secret } from '../secret.ts'

/** Writes a new file that only this user can read (0600), never through a link. Returns its path. */
export async function writePrivate(directory: string, name: string, text: string): Promise<string> {
  const path = join(directory, `${name}-${randomBytes(6).toString('hex')}`)
  await writeFile(path, text, { mode: 0o600, flag: 'wx' })
  return path
}

/** 256 bits that a URL and a header can carry: nobody guesses an address or a bearer made of it. */
export function randomWord(): string {
  return randomBytes(32).toString('base64url')
}

/** A bearer for a loopback server of this run. */
export function randomBearer(): Secret {
  return new Secret(randomWord())
}
