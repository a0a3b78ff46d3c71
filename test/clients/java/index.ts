import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../fakes/run.ts'
import type { Toolchain } from '../client.ts'
import { clients } from './clients.ts'
import { checkJars } from './jars.ts'

const sources = fileURLToPath(new URL('.', import.meta.url))
const jarList = join(sources, 'jars.sha256')
const buildMs = 10 * 60_000

/** A JDK, from 17 on, and Maven. One module for each library and version, with its jars beside its classes. */
export const java: Toolchain = {
  language: 'java',
  async found() {
    const [jdk, maven] = await Promise.all([said(['java', '--version']), said(['mvn', '--version'])])
    const versions = [/^\w+ ([\d.]+)/.exec(jdk)?.[1], /Apache Maven ([\d.]+)/.exec(maven)?.[1]]
    return versions.includes(undefined) ? undefined : `Java ${versions[0]}, Maven ${versions[1]}`
  },
  async prepare(folder) {
    const stamp = join(folder, 'prepared')
    const wanted = await fingerprint()
    if ((await readFile(stamp, 'utf8').catch(() => undefined)) === wanted) return
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    await build(folder)
    await checkJars(folder, jarList)
    await writeFile(stamp, wanted)
  },
  clients,
}

/** What a command prints; nothing when it is not here. */
async function said(command: readonly string[]): Promise<string> {
  const ran = await run(command, process.env).catch(() => undefined)
  return ran?.code === 0 ? ran.out : ''
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256')
  const files = globSync('**/*.{xml,java,sha256}', { cwd: sources })
  for (const file of files.sort()) hash.update(`${file}\0`).update(await readFile(join(sources, file)))
  return hash.digest('hex')
}

async function build(folder: string): Promise<void> {
  const flags = ['--batch-mode', '--quiet', '--strict-checksums', `-Dfolder=${folder}`]
  const ran = await run(['nice', 'mvn', ...flags, 'compile'], process.env, {
    cwd: sources,
    timeoutMs: buildMs,
  })
  if (ran.code !== 0) throw new Error(`Maven could not build the Java clients: ${ran.out || ran.err}`)
}
