import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../fakes/run.ts'
import type { Toolchain } from '../client.ts'
import { clients } from './clients.ts'

const packages = fileURLToPath(new URL('./packages', import.meta.url))
const installMs = 10 * 60_000

/** The Node.js of this process and npm. One lock file for all packages; each version has a workspace of its own. */
export const javascript: Toolchain = {
  language: 'javascript',
  async found() {
    const npm = await run(['npm', '--version'], process.env).catch(() => undefined)
    return npm?.code === 0 ? `Node.js ${process.versions.node}, npm ${npm.out.trim()}` : undefined
  },
  async prepare(folder) {
    const stamp = join(folder, 'installed')
    const wanted = await fingerprint()
    if ((await readFile(stamp, 'utf8').catch(() => undefined)) === wanted) return
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    await cp(packages, folder, { recursive: true, filter: isSource })
    await install(folder)
    await writeFile(stamp, wanted)
  },
  clients,
}

/** Of every source's name and content, the lock file among them. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(packages, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  for (const file of files.filter(isSource).sort()) {
    hash.update(`${relative(packages, file)}\0`)
    hash.update(await readFile(file))
  }
  return hash.digest('hex')
}

const isSource = (path: string) => !relative(packages, path).split('/').includes('node_modules')

/** Not `npm ci`, for the reason in scripts/setup.mjs. */
async function install(folder: string): Promise<void> {
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const ran = await run(['nice', 'npm', 'install', ...flags], process.env, {
    cwd: folder,
    timeoutMs: installMs,
  })
  if (ran.code !== 0) throw new Error(`npm could not install the JavaScript clients: ${ran.err || ran.out}`)
}
