import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

// Servers and verifiers that are not ours. Each folder beside this file names what it takes in a lock file; it is built
// once per content of that folder and version of its toolchain, in the user's cache, where every checkout finds it.

/** A program and its arguments. */
type Command = readonly string[]

interface Toolchain {
  /** Fails where the toolchain is missing; what they print is part of the key. */
  readonly probes: readonly Command[]
  /** Run in a copy of the folder. */
  readonly steps: readonly Command[]
}

const python: Toolchain = {
  probes: [
    ['python3', '--version'],
    ['python3', '-m', 'pip', '--version'],
  ],
  steps: [
    [
      ...['python3', '-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes'],
      ...['--disable-pip-version-check', '--root-user-action=ignore'],
      ...['--target', 'packages', '--requirement', 'requirements.txt'],
    ],
  ],
}

const go = (what: string): Toolchain => ({
  probes: [['go', 'version']],
  steps: [['go', 'build', '-trimpath', '-ldflags=-s -w', '-o', 'program', what]],
})

const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
const java: Toolchain = {
  probes: [
    ['javac', '-version'],
    ['mvn', '--version'],
  ],
  steps: [
    ['mvn', '--quiet', '--batch-mode', '--strict-checksums', copyDependencies, '-DoutputDirectory=lib'],
    ['javac', '-cp', 'lib/*', '-d', 'classes', 'Main.java'],
  ],
}

const npm: Toolchain = {
  probes: [['npm', '--version']],
  steps: [['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']],
}

const toolchains = {
  moto: python,
  minio: go('github.com/minio/minio'),
  'azure-identity': npm,
  'oidc-provider': npm,
  zitadel: go('.'),
  pyjwt: python,
  'go-oidc': go('.'),
  terraform: go('.'),
  nimbus: java,
} as const satisfies Record<string, Toolchain>

/** What a test needs to know: where it is, or why the test cannot run here. */
export interface Prepared {
  readonly folder: string
  readonly skip: string | false
}

/**
 * Builds a folder of this directory, or finds it built. A toolchain that is missing is a reason to skip, unless
 * MAYFLY_REQUIRE_TOOLCHAINS=1 says that all are here; a build that fails is always an error.
 */
export async function prepare(name: keyof typeof toolchains): Promise<Prepared> {
  const { probes, steps } = toolchains[name]
  const versions = await Promise.all(probes.map((probe) => printed(probe))).catch((error: Error) => error)
  if (versions instanceof Error) return { folder: '', skip: missing(name, versions) }
  const source = fileURLToPath(new URL(`${name}/`, import.meta.url))
  const folder = join(cacheFolder(), `${name}-${keyOf(source, [...versions, JSON.stringify(steps)])}`)
  if (!existsSync(folder)) await build(name, source, folder, steps)
  return { folder, skip: false }
}

function missing(name: string, { message }: Error): string {
  const reason = `the toolchain of ${name} is not here: ${message.split('\n', 1)[0]}`
  if (process.env.MAYFLY_REQUIRE_TOOLCHAINS === '1') throw new Error(reason)
  return reason
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mayfly', 'test-servers')
}

function keyOf(source: string, texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text}\0`)
  const files = readdirSync(source, { withFileTypes: true }).filter((each) => each.isFile())
  for (const { name } of files.sort((one, other) => (one.name < other.name ? -1 : 1)))
    hash.update(`${name}\0`).update(readFileSync(join(source, name)))
  return hash.digest('hex').slice(0, 16)
}

/** In a folder of its own that gets its name when all is done, so that whatever has the name is whole. */
async function build(name: string, source: string, folder: string, steps: readonly Command[]): Promise<void> {
  const began = performance.now()
  console.error(`preparing ${name} (once) …`)
  mkdirSync(cacheFolder(), { recursive: true })
  const workshop = mkdtempSync(join(cacheFolder(), `.${name}-`))
  try {
    cpSync(source, workshop, { recursive: true })
    for (const step of steps) await printed(step, workshop)
    renameSync(workshop, folder)
  } catch (error) {
    rmSync(workshop, { recursive: true, force: true })
    // Somebody else may have been quicker.
    if (!existsSync(folder)) throw error
  }
  console.error(`prepared ${name} in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

const execute = promisify(execFile)

async function printed([program = '', ...args]: Command, cwd?: string): Promise<string> {
  const { stdout } = await execute(program, args, { ...(cwd && { cwd }), maxBuffer: 64 * 1024 * 1024 })
  return stdout
}
